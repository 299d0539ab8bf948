"""Rows that would teach nothing or harm are left out, and what was mended is told."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from engine.schema import Example, Issue, Message, example_id

# Control characters (not tab and line feed), the byte order mark, single surrogates and code points that are no
# characters. Direction marks and joiners stay: Arabic, Hebrew and emoji need them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff\ufffe\uffff]")


def clean(examples: Iterable[Example]) -> tuple[list[Example], list[Issue]]:
    """(examples kept, issues), in order.

    Mended and kept: control characters are taken out. Left out: an empty question or answer, an answer equal to its
    question, an exact duplicate of an earlier row (same id). Kept as it is and told: a question that an earlier row
    answers otherwise.
    """
    kept: list[Example] = []
    issues: list[Issue] = []
    first_by_id: dict[str, int | None] = {}
    first_by_prompt: dict[tuple, int | None] = {}
    for given in examples:
        example = without_control_characters(given)
        number = example.source_row
        if example is not given:
            issues.append(Issue(number, "control_characters", f"Row {number}: control characters removed.", False))
        problem = _problem(example)
        if not problem and example.id in first_by_id:
            problem = "duplicate", f"says the same as row {first_by_id[example.id]}"
        if problem:
            issues.append(Issue(number, problem[0], f"Row {number} {problem[1]}.", True))
            continue
        first_by_id[example.id] = number
        asked = tuple((m.role, fold(m.content)) for m in example.prompt)
        if asked in first_by_prompt:
            message = f"Row {number} asks the same as row {first_by_prompt[asked]} and answers otherwise."
            issues.append(Issue(number, "contradiction", message, False))
        first_by_prompt.setdefault(asked, number)
        kept.append(example)
    return kept, issues


def without_control_characters(example: Example) -> Example:
    """The same object where there is nothing to remove, else a copy without, with its new id."""
    texts = [*(m.content for m in example.prompt), example.completion, example.group or "", *example.choices]
    if not any(map(_CONTROL.search, texts)):
        return example
    prompt = tuple(Message(m.role, _CONTROL.sub("", m.content)) for m in example.prompt)
    completion = _CONTROL.sub("", example.completion)
    return replace(
        example,
        id=example_id(prompt, completion, example.suite),
        prompt=prompt,
        completion=completion,
        group=_CONTROL.sub("", example.group or "") or None,
        choices=tuple(_CONTROL.sub("", choice) for choice in example.choices),
    )


def fold(text: str) -> str:
    """The text as it is compared for equality: width, case and white space ignored.

    >>> fold("Ａre  you open?")
    'are you open?'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _problem(example: Example) -> tuple[str, str] | None:
    if not example.question.strip():
        return "empty", "has no question once control characters are removed"
    if not example.completion.strip():
        return "empty", "has no answer once control characters are removed"
    if fold(example.question) == fold(example.completion):
        return "answer_is_question", "has an answer equal to its question"
    return None

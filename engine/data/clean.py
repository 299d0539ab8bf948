"""Rows that would teach nothing or harm are left out, and what was mended is told."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from engine.data.mojibake import mend
from engine.schema import Example, Issue, Message, identified, one_line

# Control characters (not tab and line feed), the byte order mark, single surrogates and code points that are no
# characters. Direction marks and joiners stay: Arabic, Hebrew and emoji need them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff\ufffe\uffff]")

Folded = tuple[tuple[str, str], ...]  # the role and the folded text of each message of a prompt


def clean(examples: Iterable[Example]) -> tuple[list[Example], list[Issue]]:
    """(examples kept, issues), in order.

    Mended and kept: letters read in the wrong encoding are put right, control characters are taken out. Left out: an
    empty question or answer, an answer equal to its question, two equal answers to prefer between, an exact duplicate
    of an earlier row (same id). Kept as it is and told: a row that an earlier one contradicts (see `_claims`).
    """
    issues: list[Issue] = []
    return list(clean_rows(examples, issues)), issues


def clean_rows(examples: Iterable[Example], issues: list[Issue]) -> Iterator[Example]:
    """The examples kept, one at a time as they are asked for; their issues are put into `issues`. See `clean`.

    Of the rows before only hashes are held (Python's own of 64 bits, with a secret), not their texts.
    """
    first_by_id: dict[int, int | None] = {}
    first_by_claim: dict[int, int | None] = {}
    for given in examples:
        number = given.source_row
        readable = with_texts(given, mend)  # first: control characters may be half of a letter here
        if readable is not given:
            message = f"Row {number}: letters read in the wrong encoding put right{_shown(given, readable)}."
            issues.append(Issue(number, "mojibake", message, False))
        example = without_control_characters(readable)
        if example is not readable:
            issues.append(Issue(number, "control_characters", f"Row {number}: control characters removed.", False))
        prompt, answer = tuple((m.role, fold(m.content)) for m in example.prompt), fold(example.completion)
        problem = _problem(example, prompt, answer, kind=given.kind)
        known = hash(example.id)
        if not problem and known in first_by_id:
            problem = "duplicate", f"says the same as row {first_by_id[known]}"
        if problem:
            issues.append(Issue(number, problem[0], f"Row {number} {problem[1]}.", True))
            continue
        first_by_id[known] = number
        if claims := _claims(example, prompt, answer):
            claim, opposite, words = hash(claims[0]), hash(claims[1]), claims[2]
            if opposite in first_by_claim:
                message = f"Row {number} {words.format(first_by_claim[opposite])}."
                issues.append(Issue(number, "contradiction", message, False))
            first_by_claim.setdefault(claim, number)
        yield example


def without_control_characters(example: Example) -> Example:
    """The same object where there is nothing to remove, else a copy without, with its new id."""
    return with_texts(example, lambda text: text if text.isprintable() else _CONTROL.sub("", text))


def with_texts(example: Example, change: Callable[[str], str]) -> Example:
    """The row with every text of it changed, and its new id; the same object where nothing changes."""
    texts = [*[m.content for m in example.prompt], example.completion, *example.choices]
    texts += [example.rejected or "", example.group or ""]
    made = [change(text) for text in texts]
    if texts == made:
        return example
    new = dict(zip(texts, made, strict=True))
    return identified(
        replace(
            example,
            prompt=tuple(Message(m.role, new[m.content]) for m in example.prompt),
            completion=new[example.completion],
            rejected=None if example.rejected is None else new[example.rejected],
            group=new[example.group or ""] or None,
            choices=tuple(new[choice] for choice in example.choices),
        )
    )


def _shown(before: Example, after: Example) -> str:
    """The first word that changed, before and after; "" where that cannot be told."""
    pairs = zip(_words(before), _words(after), strict=False)
    changed = next(((old, new) for old, new in pairs if old != new), None)
    return f", as “{changed[0][:20]}” to “{changed[1][:20]}”" if changed else ""


def _words(example: Example) -> list[str]:
    return " ".join((*(m.content for m in example.prompt), example.completion)).split()


def fold(text: str) -> str:
    """The text as it is compared for equality: width, case and white space ignored.

    >>> fold("Ａre  you open?")
    'are you open?'
    """
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return one_line(text.casefold())


def _problem(example: Example, prompt: Folded, answer: str, *, kind: str) -> tuple[str, str] | None:
    """The code and the reason why a row is left out. `kind` is what it was before control characters went."""
    question = next((text for role, text in reversed(prompt) if role == "user"), "")
    if kind != "text" and not question:
        return "empty", "has no question once control characters are removed"
    if kind != "prompts" and not answer:
        return "empty", "has no answer once control characters are removed"
    if question and question == answer:
        return "answer_is_question", "has an answer equal to its question"
    if kind == "pairs" and not fold(example.rejected or ""):
        return "empty", "has no rejected answer once control characters are removed"
    if kind == "pairs" and fold(example.rejected or "") == answer:
        return "same_answers", "has the same answer as chosen and as rejected"
    return None


def _claims(example: Example, asked: Folded, answer: str) -> tuple[tuple, tuple, str] | None:
    """(what the row says, what would contradict it, the words for that with the other row's number to fill in); None
    where nothing can."""
    if example.kind == "pairs":
        rejected = fold(example.rejected or "")
        return (asked, answer, rejected), (asked, rejected, answer), "prefers the answer that row {} rejects"
    if example.kind == "labels":
        words = "labels the answer that row {} labels the other way"
        return (asked, answer, example.label), (asked, answer, not example.label), words
    if example.kind == "completion":
        return asked, asked, "asks the same as row {} and answers otherwise"
    return None

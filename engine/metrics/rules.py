"""Does the answer keep the rules the task names: a greeting, a length, no promise, the order number copied right?

The rules are the run's own (`RunSpec.rules`), a pattern each, so that anybody can see what was asked for.
"""

from functools import lru_cache
from typing import Any

import regex

from engine.metrics._words import KANA, generated, split_words
from engine.schema import Example, Metric, MetricFailed, Output, Rule

SECONDS = 2.0  # for one pattern on one answer: a pattern that goes astray must not hold up a run


def kept(answer: str, example: Example) -> dict[str, bool]:
    """For each rule of the example that applies, by name, whether the answer keeps it; an empty answer keeps none.

    >>> from engine.schema import Message
    >>> rules = (Rule("polite", needs="please"), Rule("number", copies=r"TM-\\d+"))
    >>> kept("Please wait for TM-1.", Example("x", (Message("user", "Where is TM-1?"),), "", rules=rules))
    {'polite': True, 'number': True}
    """
    applying = [rule for rule in example.rules if applies(rule, example)]
    return {rule.name: bool(answer.strip()) and _keeps(rule, answer, example) for rule in applying}


def applies(rule: Rule, example: Example) -> bool:
    """Whether the rule says anything about answers to this example: decided by the example alone."""
    if rule.when and not _found(rule.when, example.question):
        return False
    return not rule.copies or bool(_found(rule.copies, example.question))


def score(output: Output, example: Example) -> float | None:
    """The share (0..1) of the rules that apply to the item which its answer keeps; 0.0 where it is empty.

    None where no rule applies, where the right reply is to decline, for an item with choices, for an answer labelled
    bad, and where nothing was generated. Raises MetricFailed where a pattern takes too long.
    """
    if not example.answerable or example.choices or example.label is False or not generated(output, example):
        return None
    found = kept(output.text, example)
    return sum(found.values()) / len(found) if found else None


def _keeps(rule: Rule, answer: str, example: Example) -> bool:
    if rule.needs:
        return bool(_found(rule.needs, answer))
    if rule.avoids:
        return not _found(rule.avoids, answer)
    if rule.copies:
        wanted, given = ({text.casefold() for text in _found(rule.copies, text)} for text in (example.question, answer))
        return wanted <= given
    return rule.least <= _length(answer, example) <= (rule.most or float("inf"))


def _length(answer: str, example: Example) -> int:
    """Words, or characters other than white space where the task is in Japanese, whatever the answer is in."""
    japanese = KANA.search(example.question + example.completion)
    return len("".join(answer.split())) if japanese else len(split_words(answer))


def _found(pattern: str, text: str) -> list[str]:
    """Every match of the pattern in the text, letter case ignored."""
    try:
        return [match.group() for match in _compiled(pattern).finditer(text, timeout=SECONDS)]
    except TimeoutError:
        raise MetricFailed(f"the pattern '{pattern[:60]}' took more than {SECONDS:g} s on one text") from None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    return regex.compile(pattern, regex.IGNORECASE | regex.VERSION0)


METRIC = Metric(name="rules", title="Rules kept", better="higher", score=score)

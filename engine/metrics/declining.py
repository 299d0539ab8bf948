"""Answers where it can and declines where it cannot: the decision, not the wording."""

import re
from collections.abc import Sequence

from engine.items import NOT_JUDGED
from engine.metrics._refusal import CANONICAL, declines
from engine.metrics._words import CJK, generated
from engine.schema import Example, Metric, Output

_CJK = re.compile(f"[{CJK}]")
_LATIN = re.compile("[A-Za-z]")


def score(output: Output, example: Example) -> float | None:
    """1.0 where the answer declines an unanswerable item or does not decline an answerable one, else 0.0.

    An empty answer is never right: it neither answers nor says that it cannot. None where nothing was generated.
    """
    if not generated(output, example):
        return None
    if not output.text.strip():
        return 0.0
    return float(declines(output.text) != example.answerable)


def refusals(examples: Sequence[Example], metrics: Sequence[str]) -> list[str | None]:
    """For each example the refusal whose likelihood is to be taken, in the language of its question; None where it is
    not asked for.

    Asked for are questions of the task: no multiple choice, no general knowledge, no trained rows. Nothing is asked
    for where `metrics` (all, where it is empty) leave out declining, or where the examples are all answerable or all
    not: then there is nothing to tell apart.
    """
    if metrics and METRIC.name not in metrics:
        return [None] * len(examples)
    applies = [
        bool(example.prompt) and not example.choices and example.suite not in {"general", *NOT_JUDGED}
        for example in examples
    ]
    kinds = {example.answerable for example, asked in zip(examples, applies, strict=True) if asked}
    return [
        CANONICAL[_language(example.question)] if asked and len(kinds) == 2 else None
        for example, asked in zip(examples, applies, strict=True)
    ]


def _language(question: str) -> str:
    return "ja" if len(_CJK.findall(question)) > len(_LATIN.findall(question)) else "en"


METRIC = Metric(name="declining", title="Answers or declines rightly", better="higher", score=score, binary=True)

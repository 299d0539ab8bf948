"""Short character sequences shared with the reference: forgiving of word endings, and at home in any language."""

from functools import cache
from typing import Any

from engine.metrics._words import has_text
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """Sentence chrF (0..1; sacrebleu's 0..100 divided by 100). None: see `has_text`. Source: Popović 2015."""
    if not has_text(example):
        return None
    return _chrf().sentence_score(output.text, [example.completion]).score / 100


@cache
def _chrf() -> Any:
    from sacrebleu.metrics import CHRF

    return CHRF()


METRIC = Metric(name="chrf", title="Character overlap (chrF)", better="higher", score=score)

"""The longest run of words that answer and reference have in the same order."""

from functools import cache
from typing import Any

from engine.metrics._words import has_text, split_words
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """ROUGE-L F-measure (0..1) without stemming. None: see `has_text`. Source: Lin 2004, as in rouge_score."""
    if not has_text(example):
        return None
    return _scorer().score(example.completion, output.text)["rougeL"].fmeasure


@cache
def _scorer() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"], tokenizer=_Tokenizer())


class _Tokenizer:
    """What rouge_score asks for. Its own tokenizer keeps a to z only and gives Japanese 0."""

    def tokenize(self, text: str) -> list[str]:
        return split_words(text)


METRIC = Metric(name="rouge_l", title="Wording in order (ROUGE-L)", better="higher", score=score)

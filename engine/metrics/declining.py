"""Answers where it can and declines where it cannot: the decision, not the wording."""

from engine.metrics._refusal import declines
from engine.metrics._words import generated
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """1.0 where the answer declines an unanswerable item or does not decline an answerable one, else 0.0.

    An empty answer is never right: it neither answers nor says that it cannot. None where nothing was generated.
    """
    if not generated(output, example):
        return None
    if not output.text.strip():
        return 0.0
    return float(declines(output.text) != example.answerable)


METRIC = Metric(name="declining", title="Answers or declines rightly", better="higher", score=score, binary=True)

"""The answer equals the reference, as in SQuAD."""

from engine.metrics._words import has_text, normal_words
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """1.0 where answer and reference are the same words in the same order, else 0.0. None: see `has_text`.

    Source: https://rajpurkar.github.io/SQuAD-explorer/ (evaluate-v2.0.py, compute_exact).
    """
    if not has_text(example):
        return None
    return float(normal_words(output.text) == normal_words(example.completion))


METRIC = Metric(name="exact_match", title="Exact match", better="higher", score=score, binary=True)

"""Words shared with the reference, as in SQuAD; characters where the text is Japanese or Chinese."""

from engine.metrics._words import has_text, normal_words, shared_f1
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """F1 of the words (0..1) of answer and reference, counted with repetition. None: see `has_text`.

    Source: https://rajpurkar.github.io/SQuAD-explorer/ (evaluate-v2.0.py, compute_f1).
    """
    if not has_text(example):
        return None
    return shared_f1(normal_words(output.text), normal_words(example.completion))


METRIC = Metric(name="token_f1", title="Word overlap (token F1)", better="higher", score=score)

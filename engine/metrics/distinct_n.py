"""How varied an answer's words are: shown beside the scores, since a short answer is always varied."""

from engine.metrics._words import generated, split_words
from engine.schema import Example, Metric, Output

SIZE = 2


def score(output: Output, example: Example) -> float | None:
    """Share (0..1) of the answer's word pairs that differ from each other; characters count in Japanese.

    1.0 where the answer has no pair: nothing is said twice. None where nothing was generated. Source: distinct-2 of Li
    et al. 2016, https://arxiv.org/abs/1510.03055, per answer.
    """
    if not generated(output, example):
        return None
    words = split_words(output.text)
    pairs = list(zip(words, words[1:], strict=False))
    return len(set(pairs)) / len(pairs) if pairs else 1.0


METRIC = Metric(name="distinct_n", title="Varied wording (distinct-2)", better="neither", score=score)

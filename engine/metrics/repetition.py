"""Answers that turn in circles: a common way for a small tuned model to go wrong."""

from engine.metrics._words import generated, split_words
from engine.schema import Example, Metric, Output

SIZE = 4


def score(output: Output, example: Example) -> float | None:
    """Share (0..1) of the answer's 4-word sequences that it had already said; characters count in Japanese.

    0.0 where the answer is too short to repeat any. None where nothing was generated. Source: the seq-rep-4 measure
    of Welleck 2020 (Neural Text Generation with Unlikelihood Training).
    """
    if not generated(output, example):
        return None
    words = split_words(output.text)
    sequences = [tuple(words[i : i + SIZE]) for i in range(len(words) - SIZE + 1)]
    return 1 - len(set(sequences)) / len(sequences) if sequences else 0.0


METRIC = Metric(name="repetition", title="Repetition", better="lower", score=score)

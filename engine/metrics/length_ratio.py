"""How long the answer is beside the reference: shown beside the scores, since overlap rewards some lengths."""

from engine.metrics._words import has_text, split_words
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """Words of the answer divided by words of the reference (characters in Japanese). 1.0: equally long.

    None where the item's text is not compared (see `has_text`) or where the reference has no word.
    """
    wanted = len(split_words(example.completion))
    if not has_text(example) or not wanted:
        return None
    return len(split_words(output.text)) / wanted


METRIC = Metric(name="length_ratio", title="Length against the reference", better="neither", score=score, unit="x")

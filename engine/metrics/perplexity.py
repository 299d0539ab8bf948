"""How many words the model wavers between, on average, at each word of a text: what pretraining makes smaller."""

import math

from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """e to the mean negative log-likelihood per token of the reference: 1 is certainty. None: not taken.

    Source: Jelinek et al. 1977; per text, so that texts can be paired. Comparable only between models with the same
    tokenizer.
    """
    return None if output.answer_loss is None else math.exp(min(output.answer_loss, 50.0))


METRIC = Metric(name="perplexity", title="Perplexity", better="lower", score=score, minimum=0.1, unit="ppl")

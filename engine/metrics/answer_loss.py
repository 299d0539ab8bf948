"""How surprised the model is by the reference answer: continuous, so it moves before the wording of answers does."""

from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """Mean negative log-likelihood of the reference answer in nats per token, lower is better.

    None where it was not taken, and for an answer labelled bad, which ought to become less likely.
    """
    return None if example.label is False else output.answer_loss


METRIC = Metric(
    name="answer_loss",
    title="Loss on the reference answer",
    better="lower",
    score=score,
    minimum=0.05,
    unit="nats/token",
)

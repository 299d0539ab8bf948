"""By how much the preferred answer is likelier than the rejected one."""

from engine.metrics.preference_accuracy import losses_of_pair
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """log p(chosen) - log p(rejected) of the whole answers, in nats. None: no pair.

    Its difference tuned - base is the margin of DPO's implicit reward divided by beta, whatever the lengths.
    Source: Rafailov et al. 2023, https://arxiv.org/abs/2305.18290, equation 5.

    >>> from engine.schema import Message
    >>> pair = Example("x", (Message("user", "q"),), "yes", rejected="no")
    >>> score(Output("", choice_losses=(0.5, 2.0), choice_tokens=(4, 3)), pair)
    4.0
    """
    losses = losses_of_pair(output, example)
    if losses is None:
        return None
    return losses[1] * output.choice_tokens[1] - losses[0] * output.choice_tokens[0]


METRIC = Metric(
    name="preference_margin",
    title="Margin of the preferred answer",
    better="higher",
    score=score,
    minimum=1.0,
    unit="nats",
)

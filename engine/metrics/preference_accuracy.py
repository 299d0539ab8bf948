"""Which of two answers the model finds likelier: the one that was preferred, or the one that was rejected."""

from engine.schema import Example, Metric, Output


def losses_of_pair(output: Output, example: Example) -> tuple[float, float] | None:
    """The losses per token of the chosen and of the rejected answer, in nats. None where the item is no pair, or where
    none were taken. Raises ValueError where their number is not that of a pair."""
    losses = output.choice_losses
    if example.rejected is None or example.choices or not losses:
        return None
    if len(losses) != 2:
        raise ValueError(f"item {example.id}: {len(losses)} losses for a pair")
    return losses[0], losses[1]


def score(output: Output, example: Example) -> float | None:
    """1.0 where the chosen answer has the lower loss per token, 0.0 where not or where they tie. None: no pair.

    Per token, so that a long answer is not at a disadvantage. It asks what the model itself prefers, before and after
    alike; the accuracy of the reward in training asks how it moved against the reference.
    """
    losses = losses_of_pair(output, example)
    return None if losses is None else float(losses[0] < losses[1])


METRIC = Metric(
    name="preference_accuracy", title="Preferred answer likelier", better="higher", score=score, binary=True
)

"""Multiple choice by likelihood: nothing is generated, so a small model is judged by what it knows."""

from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """1.0 where the right answer has the lowest loss per token of all choices, 0.0 where not or where it only ties.

    None where no losses were taken. Raises ValueError where their number is not that of the choices. Per token, so
    that a long choice is not at a disadvantage (length normalisation as in PIQA's acc_norm, lm-evaluation-harness).
    """
    losses = output.choice_losses
    if not losses or not example.choices:
        return None
    if len(losses) != 1 + len(example.choices):
        raise ValueError(f"item {example.id}: {len(losses)} losses for {1 + len(example.choices)} choices")
    return float(losses[0] < min(losses[1:]))


METRIC = Metric(name="choice_accuracy", title="Right choice", better="higher", score=score, binary=True)

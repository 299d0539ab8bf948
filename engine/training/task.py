"""What a training loop needs to know of a method's data: the rows, the loss of some of them, and a held-out measure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Part:
    """The loss of some rows: `total` (a scalar with its gradient) is a sum, `weight` what it is to be divided by.

    Kept apart, so that a step over several parts weighs every answer token, or pair, as one step over all would.
    `measures` are sums over `rows`, for the log.
    """

    total: Any
    weight: float
    rows: int
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """What is trained on. `lengths`: the tokens of each row, so that rows of like length share a step.

    `loss(indices)` gives the Part of those rows. `held_out()` measures data not trained on: {"loss": lower is better,
    ...}, or None where there is none. `facts()` goes into training.json at the end. `begin(step)` is told which step
    (from 0) comes next: what is random in a step must follow from its number, or a resumed run would go another way.
    `divides`: the rows of a step may be taken in parts at the same time, as they hang neither on each other nor on the
    random state. `before_seconds` is, in a forecast, how long the work before the first step takes. `measured` is
    how often `held_out` is asked over a run.
    """

    lengths: Sequence[int]
    loss: Callable[[Sequence[int]], Part]
    held_out: Callable[[], dict[str, float]] | None = None
    facts: Callable[[], dict[str, Any]] = dict
    begin: Callable[[int], None] = lambda step: None
    before_seconds: float = 0.0
    measured: int = 12
    divides: bool = False

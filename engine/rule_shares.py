"""The run's rules one by one: in how many answers each was kept, before and after."""

from collections.abc import Sequence
from typing import Any

from engine.items import Pair
from engine.metrics.rules import METRIC, kept
from engine.schema import Rule


def rule_shares(pairs: Sequence[Pair], rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """For each of the run's rules, in their order: {"name", "says", "n", "before", "after"}, the share (0..1) of the n
    items it applies to whose answer keeps it. To read, never to judge: the metric `rules` judges over all of them.

    A rule that applied to no item, or that was not measured, is left out.
    """
    judged = [pair for pair in pairs if pair.scores(METRIC.name) is not None]
    answers = [[kept(row.output.text, pair.example) for row in (pair.base, pair.tuned)] for pair in judged]
    found = []
    for rule in rules:
        both = [(before[rule.name], after[rule.name]) for before, after in answers if rule.name in before]
        if both:
            before, after = (sum(side) / len(both) for side in zip(*both, strict=True))
            found.append({"name": rule.name, "says": rule.says, "n": len(both), "before": before, "after": after})
    return found

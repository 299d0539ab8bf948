"""The items of a benchmark as lm-evaluation-harness logs them, paired and put through our statistics. No torch.

The harness reports two means and their standard errors; what changed is a question about pairs, so its items are used.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import stats
from engine.compare import to_change
from engine.schema import Example, Metric, Output, UserError

MINIMUM = 0.02  # the smallest difference worth a verdict where a score is a share; elsewhere the scale is not known
HASHES = ("doc_hash", "prompt_hash", "target_hash")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a task as one arm answered it. `content` is a hash each of the item, its prompt and its target."""

    content: tuple[str, ...]
    group: str | None
    scores: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class TaskScores:
    """One task as one arm answered it: the items by their number in the task.

    `better` says of each metric which direction is good; `left_out` why others take no part: a code under
    benchmark.why in text.yaml. `few_shot` is how many examples stood before each item.
    """

    items: Mapping[int, Item]
    better: Mapping[str, stats.Better]
    left_out: Mapping[str, str]
    few_shot: int


def task_scores(
    samples: Iterable[Mapping[str, Any]],
    *,
    higher_is_better: Mapping[str, bool | None],
    averaged: Mapping[str, bool],
    few_shot: int = 0,
) -> TaskScores:
    """The samples of one task, as the harness logs them: one per item and filter.

    A metric is called METRIC,FILTER where the task has several filters. Metrics whose result is no mean over the items
    (`averaged`; a mean where nothing is said) are left out: their items' scores do not add up to what they report.
    """
    samples = list(samples)
    several = len({sample["filter"] for sample in samples}) > 1
    items: dict[int, Item] = {}
    better: dict[str, stats.Better] = {}
    left_out: dict[str, str] = {}
    for sample in samples:
        scores: dict[str, float | None] = {}
        for metric in sample["metrics"]:
            name = f"{metric},{sample['filter']}" if several else metric
            if not averaged.get(metric, True):
                left_out[name] = "no_mean"
                continue
            better[name] = {True: "higher", False: "lower"}.get(higher_is_better.get(metric), "neither")
            scores[name] = _number(sample[metric])
        before = items.get(sample["doc_id"])
        content = tuple(sample[name] for name in HASHES)
        items[sample["doc_id"]] = Item(content, _group(sample["doc"]), (before.scores if before else {}) | scores)
    return TaskScores(items, better, left_out, few_shot)


def _number(value: Any) -> float | None:
    """A finite number (numpy's too, and yes or no as 1 or 0), or None for anything else."""
    value = value.item() if hasattr(value, "item") else value
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _group(item: Any) -> str | None:
    """What keeps items together in our own rows, where the task's rows have it too."""
    group = item.get("group") if isinstance(item, Mapping) else None
    return group if isinstance(group, str) and group else None


def compared(base: Mapping[str, TaskScores], tuned: Mapping[str, TaskScores], *, seed: int) -> dict[str, Any]:
    """The same tasks answered by two arms: {"changes", "not_measured", "tasks", "items"}, ready for JSON.

    Each change is a Change as a dictionary, its suite the task, with the metric's `better` and `unit`; Holm's method
    adjusts all of them together. Not measured: {"task", "metric", "why"}. A metric that has no number for some item in
    some arm is left out whole: dropping the item would favour the arm that cannot be scored. Raises UserError where
    the arms were not asked the same.
    """
    found: dict[tuple[str, str], tuple[Metric, stats.Paired]] = {}
    missing: list[dict[str, str]] = []
    for task, before in base.items():
        after = tuned[task]
        _expect_same(task, before, after)
        missing += [{"task": task, "metric": name, "why": why} for name, why in before.left_out.items()]
        groups = [item.group for item in before.items.values()]
        for name, better in before.better.items():
            arms = [[arm.items[number].scores.get(name) for number in before.items] for arm in (before, after)]
            if any(value is None for values in arms for value in values):
                missing.append({"task": task, "metric": name, "why": "no_number"})
                continue
            metric = _metric(name, better, [*arms[0], *arms[1]])
            result = stats.paired(*arms, groups=groups, binary=metric.binary, better=better, seed=seed)
            found[name, task] = (metric, result)
    judged = [key for key, (metric, _) in found.items() if metric.better != "neither"]
    adjusted = dict(zip(judged, stats.holm([found[key][1].p for key in judged]), strict=True))
    return {
        "changes": [_shown(key, *found[key], adjusted.get(key)) for key in found],
        "not_measured": missing,
        "tasks": {task: {"items": len(arm.items), "few_shot": arm.few_shot} for task, arm in base.items()},
        "items": [_item(task, number, arm.items[number], tuned) for task, arm in base.items() for number in arm.items],
    }


def _item(task: str, number: int, before: Item, tuned: Mapping[str, TaskScores]) -> dict[str, Any]:
    scores = {"base": dict(before.scores), "tuned": dict(tuned[task].items[number].scores)}
    return {"task": task, "item": number, "hash": before.content[0], "group": before.group} | scores


def _metric(name: str, better: stats.Better, values: Sequence[float]) -> Metric:
    """What is known of a metric that only the harness knows: from the scores it gave."""
    share = all(0 <= value <= 1 for value in values)
    return Metric(
        name=name,
        title=name,
        better=better,
        score=_scored_already,
        binary=all(value in (0, 1) for value in values),
        minimum=MINIMUM if share else 0.0,
        unit="" if share else "number",
    )


def _scored_already(output: Output, example: Example) -> float | None:
    return None  # the harness has scored it


def _shown(key: tuple[str, str], metric: Metric, result: stats.Paired, p_adjusted: float | None) -> dict[str, Any]:
    change = to_change(key, result, metric, p_adjusted, minimum=metric.minimum, primary=False)
    return change.to_dict() | {"better": metric.better, "unit": metric.unit}


def _expect_same(task: str, base: TaskScores, tuned: TaskScores) -> None:
    if not base.items:
        raise UserError(f"The benchmark '{task}' has no item.")
    asked, again = ({number: item.content for number, item in arm.items.items()} for arm in (base, tuned))
    differ = sum(asked.get(number) != again.get(number) for number in asked.keys() | again.keys())
    if differ:
        raise UserError(
            f"The benchmark '{task}' did not ask both models the same: {differ} of its items differ. Its file must "
            "give the same items and the same prompts every time it is read."
        )

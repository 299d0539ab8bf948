"""The test items one by one: before beside after, and what became of each. No torch."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.schema import EvalRow, Example, Metric

Outcome = Literal["fixed", "improved", "same", "worsened", "broken", "not_measured"]

RIGHT = 0.8  # a score of at least this, or of at most 1 - this where lower is better, counts as right
SAME = 1e-9
FALLBACK = ("token_f1", "exact_match")
FIRST_SUITES = ("reworded", "unseen", "open_book", "unanswerable", "general", "plain_text")
GENERAL, PLAIN_TEXT = "general", "plain_text"
FORGETTING = (("choice_accuracy", GENERAL), ("answer_loss", GENERAL), ("bits_per_byte", PLAIN_TEXT))  # (metric, suite)
NOT_JUDGED = frozenset({"trained"})  # asks what was trained on in the trained words: to be read, never to be judged by


@dataclass(frozen=True, slots=True)
class Pair:
    """One test item with what each arm made of it."""

    example: Example
    base: EvalRow
    tuned: EvalRow

    def scores(self, metric: str) -> tuple[float, float] | None:
        """Before and after, or None where the metric does not apply to the item.

        Raises ValueError where it applies to one arm alone, or where a score is not finite: no item is left out.
        """
        before, after = self.base.scores.get(metric), self.tuned.scores.get(metric)
        if before is None and after is None:
            return None
        if before is None or after is None or not (math.isfinite(before) and math.isfinite(after)):
            raise ValueError(f"item {self.example.id}: {metric} is {before} before and {after} after")
        return before, after


def pair(examples: Sequence[Example], base: Sequence[EvalRow], tuned: Sequence[EvalRow]) -> list[Pair]:
    """Every test item with its two answers, in the examples' order.

    Raises ValueError where an arm lacks an item's answer, has one for an item that is not in the test, or was scored
    by other metrics than the other arm.
    """
    arms = [_by_item(name, rows, examples) for name, rows in (("base", base), ("tuned", tuned))]
    pairs = [Pair(example, *(arm[example.suite, example.id] for arm in arms)) for example in examples]
    for item in pairs:
        if set(item.base.scores) != set(item.tuned.scores):
            raise ValueError(f"item {item.example.id} was scored by different metrics before and after")
    return pairs


def _by_item(arm: str, rows: Sequence[EvalRow], examples: Sequence[Example]) -> dict[tuple[str, str], EvalRow]:
    answers = {row.item: row for row in rows}
    asked = {(example.suite, example.id) for example in examples}
    for what, odd in (("has no answer", asked - set(answers)), ("is not in the test", set(answers) - asked)):
        if odd:
            suite, example = min(odd)
            raise ValueError(f"{arm}: item {example} of {suite} {what} ({len(odd)} such items)")
    return answers


def suites(pairs: Sequence[Pair], *, first: str) -> list[str]:
    """The suites in the order they are shown: the deciding one, the known ones, the user's own, the trained rows."""
    order = [first, *FIRST_SUITES]
    return sorted(
        {item.example.suite for item in pairs},
        key=lambda suite: (suite in NOT_JUDGED, order.index(suite) if suite in order else len(order), suite),
    )


def headline(item: Pair, *, primary: str, metrics: Mapping[str, Metric]) -> str | None:
    """The metric that says whether this item is right: the run's deciding one where it applies.

    Else `declining` for an unanswerable item, `choice_accuracy` for one with choices, then word overlap, then any
    other metric with a good direction. None where there is none.
    """
    special = ["declining"] if not item.example.answerable else ["choice_accuracy"] if item.example.choices else []
    others = [name for name, metric in metrics.items() if metric.better != "neither"]
    return next((name for name in [primary, *special, *FALLBACK, *others] if item.scores(name) is not None), None)


def outcome(before: float, after: float, *, metric: Metric) -> Outcome:
    """fixed: wrong before, right now; broken: the reverse; improved, worsened: changed without crossing that line.

    A score of 0.8 is right (0.2 where lower is better). A metric with a unit of its own, such as a loss, has no such
    line: its items improve or worsen.
    """
    if abs(after - before) < SAME:
        return "same"
    was, now = _right(before, metric), _right(after, metric)
    if was is not now:
        return "fixed" if now else "broken"
    return "improved" if (after > before) == (metric.better == "higher") else "worsened"


def _right(score: float, metric: Metric) -> bool | None:
    if metric.unit:
        return None
    return score >= RIGHT - SAME if metric.better == "higher" else score <= 1 - RIGHT + SAME


def item_dict(item: Pair, *, primary: str, metrics: Mapping[str, Metric]) -> dict[str, Any]:
    """The item as comparison.json holds it: question, reference, both answers with scores, and its outcome."""
    name = headline(item, primary=primary, metrics=metrics)
    both = item.scores(name) if name else None
    example, outputs = item.example, (item.base.output, item.tuned.output)
    return {
        "example_id": example.id,
        "suite": example.suite,
        "group": example.group,
        "answerable": example.answerable,
        "prompt": [{"role": message.role, "content": message.content} for message in example.prompt],
        "question": example.question,
        "reference": example.completion,
        "base": outputs[0].text,
        "tuned": outputs[1].text,
        "base_scores": dict(item.base.scores),
        "tuned_scores": dict(item.tuned.scores),
        "metric": name,
        "outcome": outcome(*both, metric=metrics[name]) if name and both else "not_measured",
        "truncated": [output.truncated for output in outputs],
        "tokens": [output.tokens for output in outputs],
        "seconds": [output.seconds for output in outputs],
    }


def count_outcomes(items: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """How many items of each suite were fixed, improved, ...: {suite: {outcome: n}}, every outcome named."""
    counts: dict[str, Counter[str]] = {}
    for item in items:
        counts.setdefault(item["suite"], Counter(fixed=0, improved=0, same=0, worsened=0, broken=0))
        counts[item["suite"]][item["outcome"]] += 1
    return {suite: dict(counter) for suite, counter in counts.items()}


def declining_cells(pairs: Sequence[Pair]) -> dict[str, dict[str, dict[str, int]]] | None:
    """{"before"|"after": {"answerable"|"unanswerable": {"answered": n, "declined": n}}}, over all judged suites.

    None where declining was not scored.
    """
    scored = [(item, item.scores("declining")) for item in pairs if item.example.suite not in NOT_JUDGED]
    if not any(both for _, both in scored):
        return None
    cells = {
        when: {kind: {"answered": 0, "declined": 0} for kind in ("answerable", "unanswerable")}
        for when in ("before", "after")
    }
    for item, both in scored:
        kind = "answerable" if item.example.answerable else "unanswerable"
        for when, score in zip(cells, both or (), strict=False):  # no scores, no answer: not counted
            right = score == 1
            cells[when][kind]["answered" if right == item.example.answerable else "declined"] += 1
    return cells

"""Several finished runs beside each other, only where they answered the same frozen test. No torch; writes nothing."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from engine import registry, stats
from engine.items import NOT_JUDGED
from engine.rundir import Run
from engine.schema import EvalRow, Example, UserError
from engine.verdict import by_place

MOST_RUNS = 8  # 28 pairs
NOT_SETTINGS = ("title", "metrics", "primary", "arms", "decoding")  # of the test or of the words, not of the training


def side_by_side(runs: Sequence[Run]) -> dict[str, Any]:
    """{"tests": [...]}: the runs by the test they answered, one table each; different tests never meet in one.

    Each test: `test` (its hash), `suites` ({suite: n}), `max_new_tokens`, `runs` (id, title, method, model, verdict),
    `settings` (the training settings that differ: name -> a value per run), `rows` (every metric on every suite, a
    Change of comparison.json per run or None: base to tuned) and `pairs`: for each two runs and each figure that
    decides one of them, the first's tuned answers against the second's, with difference, low, high, wins, ties,
    losses, n, p, the p adjusted by Holm's method over this test's pairs, and the verdict on the second.
    Raises UserError for fewer than two runs, more than MOST_RUNS, or one that is not finished.
    """
    runs = list({run.id: run for run in runs}.values())
    if not 2 <= len(runs) <= MOST_RUNS:
        raise UserError(f"{len(runs)} run(s) to compare: give 2 to {MOST_RUNS} different ones.")
    for run in runs:
        if run.comparison() is None:
            raise UserError(f"Run {run.id} has no result yet. Let it finish, or resume it; then compare.")
    groups: dict[tuple[str, int], list[Run]] = {}
    for run in runs:
        groups.setdefault((hash_of_test(run.examples("test")), run.spec().decoding.max_new_tokens), []).append(run)
    return {"tests": [_test(test, longest, group) for (test, longest), group in groups.items()]}


def hash_of_test(examples: Sequence[Example]) -> str:
    """The SHA-256 of what is asked and what counts as right, whatever the rows' order or place in their file."""
    content = sorted(json.dumps(example.to_dict() | {"source_row": None}, sort_keys=True) for example in examples)
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


def _test(test: str, longest: int, runs: Sequence[Run]) -> dict[str, Any]:
    examples = runs[0].examples("test")
    suites = list(dict.fromkeys(example.suite for example in examples))
    return {
        "test": test,
        "suites": {suite: sum(example.suite == suite for example in examples) for suite in suites},
        "max_new_tokens": longest,
        "runs": [_told(run) for run in runs],
        "settings": _differing({run.id: _settings(run) for run in runs}),
        "rows": _rows(runs),
        "pairs": _pairs(runs, examples),
    }


def _told(run: Run) -> dict[str, Any]:
    spec, found = run.spec(), run.comparison() or {}
    named = {name: getattr(spec, name) for name in ("title", "use_case", "method", "model")}
    return {"run": run.id, **named, "verdict": found["verdict"]["word"]}


def _settings(run: Run) -> dict[str, Any]:
    """What the run was told, flat: settings by their own names, its data by the hash of its content."""
    values = run.spec().model_dump(mode="json", exclude=set(NOT_SETTINGS))
    data, settings = values.pop("data"), values.pop("settings")
    kept = {name: data[name] for name in ("validation_share", "max_length")}
    rows = {name: (data[name] or {}).get("sha256") for name in ("train", "mix")}
    return values | kept | settings | {f"data.{name}": value for name, value in rows.items()}


def _differing(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The names whose value is not the same in all runs: name -> a value per run, None where a run has no such."""
    names = dict.fromkeys(name for values in settings.values() for name in values)
    columns = {name: [values.get(name) for values in settings.values()] for name in names}
    return {name: column for name, column in columns.items() if any(value != column[0] for value in column)}


def _rows(runs: Sequence[Run]) -> list[dict[str, Any]]:
    by_run = [by_place([c for c in (run.comparison() or {})["changes"] if c["n"]]) for run in runs]
    places = dict.fromkeys(place for changes in by_run for place in changes)
    return [
        {"metric": metric, "suite": suite, "changes": [changes.get((metric, suite)) for changes in by_run]}
        for metric, suite in places
        if metric in registry.metrics()
    ]


def _pairs(runs: Sequence[Run], examples: Sequence[Example]) -> list[dict[str, Any]]:
    answers = {run.id: {row.item: row for row in run.answers("tuned")} for run in runs}
    deciding = {(spec.primary.metric, spec.primary.suite): spec.primary.minimum for spec in (r.spec() for r in runs)}
    found = []
    for (metric, suite), minimum in deciding.items():
        for first, second in combinations(runs, 2):
            result = _paired(examples, answers[first.id], answers[second.id], metric=metric, suite=suite)
            if result and suite not in NOT_JUDGED:
                found.append(
                    ({"first": first.id, "second": second.id, "metric": metric, "suite": suite}, result, minimum)
                )
    adjusted = stats.holm([result.p for _, result, _ in found])
    return [
        place | _numbers(result, p, better=registry.metrics()[place["metric"]].better, minimum=minimum)
        for (place, result, minimum), p in zip(found, adjusted, strict=True)
    ]


def _paired(
    examples: Sequence[Example],
    first: Mapping[tuple[str, str], EvalRow],
    second: Mapping[tuple[str, str], EvalRow],
    *,
    metric: str,
    suite: str,
) -> stats.Paired | None:
    """The two runs' tuned answers by that metric; None where one of them has no score for an item the other has."""
    asked = [example for example in examples if example.suite == suite]
    both = [[arm[suite, example.id].scores.get(metric) for arm in (first, second)] for example in asked]
    scored = [(example.group, *scores) for example, scores in zip(asked, both, strict=True) if scores != [None, None]]
    if metric not in registry.metrics() or not scored or any(None in line for line in (line[1:] for line in scored)):
        return None
    groups, before, after = zip(*scored, strict=True)
    known = registry.metrics()[metric]
    return stats.paired(before, after, groups=groups, binary=known.binary, better=known.better)


def _numbers(result: stats.Paired, p_adjusted: float, *, better: stats.Better, minimum: float) -> dict[str, Any]:
    names = ("before", "after", "difference", "low", "high", "n", "groups", "wins", "ties", "losses", "p")
    word = stats.verdict(result, p_adjusted=p_adjusted, better=better, minimum=minimum)
    return {name: getattr(result, name) for name in names} | {"p_adjusted": p_adjusted, "verdict": word}

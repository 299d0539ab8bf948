"""The comparison of a run: what changed, how sure that is, which items, at what cost. No torch; writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine import auroc, chain, evaluate_metric, guards, registry, stats
from engine.arms import ARMS
from engine.atomic import read_json
from engine.items import NOT_JUDGED, Pair, count_outcomes, declining_cells, item_dict, pair, suites
from engine.rule_shares import rule_shares
from engine.rundir import Run
from engine.schema import Change, EvalRow, Example, Metric, RunSpec
from engine.slices import slices
from engine.style import style

TRAINING = (
    "trainable_parameters",
    "total_parameters",
    "train_seconds",
    "peak_bytes",
    "base_bytes",
    "tokens",
    "tokens_per_second",
    "adapter_bytes",
    "steps",
    "best_step",
)


def compare(run: Run, *, train: Sequence[Example] | None = None) -> dict[str, Any]:
    """The content of comparison.json, from the files of a run whose two arms have answered.

    Every Change (the deciding one first), every item with its outcome, the four cells of declining, efficiency,
    leakage, slices, style, the proof that base is base, what was not measured, and the verdict. `train` holds the
    training rows where they are not the run's own. Raises ValueError where an item has no answer in one arm: nothing
    is left out of the count without a word.
    """
    spec = run.spec()
    pairs = pair(run.examples("test"), *evaluate_metric.in_all(run.answers("base"), run.answers("tuned")))
    metrics = _metrics(spec, pairs)
    training = read_json(run.file("training"), default={})
    report = read_json(run.file("report"), default={})
    declining = _declining(pairs, seed=spec.seed)
    changes = judge(pairs, metrics=metrics, spec=spec)
    others = {arm: rows for arm in ARMS if (rows := run.answers(arm))}
    said = {arm: {row.item: row.output.text for row in rows} for arm, rows in others.items()}
    items = [
        item_dict(item, primary=spec.primary.metric, metrics=metrics)
        | {"others": {arm: texts[item.tuned.item] for arm, texts in said.items() if item.tuned.item in texts}}
        for item in pairs
    ]
    leakage = _leakage(report, pairs, spec=spec, metrics=metrics)
    beside = _arms(others, pairs, metrics=metrics, spec=spec)
    warnings = guards.warnings(changes, pairs, metrics=metrics, leakage=leakage, arms=beside)
    return {
        "verdict": _overall(changes, warnings),
        "changes": [change.to_dict() for change in changes],
        "items": items,
        "counts": count_outcomes(items),
        "declining": declining,
        "efficiency": _efficiency(training, pairs),
        "stages": run.status().get("seconds", {}),
        "leakage": leakage,
        "rules": rule_shares(pairs, spec.rules),
        "slices": slices(items, metric=spec.primary.metric, suite=spec.primary.suite, seed=spec.seed),
        "style": style(run.examples("train") if train is None else train, pairs, seed=spec.seed),
        "base_proof": training.get("base_proof"),
        "not_measured": [
            *_not_measured(changes, metrics=metrics, spec=spec, training=training, report=report),
            *_unranked(declining),
        ],
        "title": spec.title,
        "use_case": spec.use_case,
        "method": spec.method,
        "model": spec.model,
        "made_by": chain.made_by(spec.model),
        "chain": _chain(run.answers("earlier"), pairs, metrics=metrics, spec=spec),
        "arms": beside,
        "seed": spec.seed,
        "illustrative": changes[0].illustrative,
    }


def _chain(
    earlier: Sequence[EvalRow], pairs: Sequence[Pair], *, metrics: Mapping[str, Metric], spec: RunSpec
) -> list[dict[str, Any]]:
    """In a chain of runs, the models before the one trained here, the first first: {"model", "method", "changes"} from
    each of them to the model this run ends with, on the same items. Empty where a run starts from a base model.

    `method` is what made that model, "" for the base model at the start.
    """
    answers: dict[str, list[EvalRow]] = {}
    for row in earlier:
        answers.setdefault(row.arm, []).append(row)
    return [
        {
            "model": model,
            "method": chain.made_by(model),
            "changes": _to_tuned(rows, pairs, metrics=metrics, spec=spec),
        }
        for model, rows in answers.items()
    ]


def _arms(
    others: Mapping[str, Sequence[EvalRow]], pairs: Sequence[Pair], *, metrics: Mapping[str, Metric], spec: RunSpec
) -> list[dict[str, Any]]:
    """What else could have been done: {"arm", "changes"} from base with instructions and examples ("prompted"), and
    from the nearest training answer ("nearest"), to the tuned model, on the items and by the metrics they have."""
    found = []
    for arm, rows in others.items():
        answered = {row.item for row in rows}
        asked = [item for item in pairs if item.tuned.item in answered]
        scored = {name: metrics[name] for name in metrics if any(row.scores.get(name) is not None for row in rows)}
        found.append({"arm": arm, "changes": _to_tuned(rows, asked, metrics=scored, spec=spec)})
    return found


def _to_tuned(
    rows: Sequence[EvalRow], pairs: Sequence[Pair], *, metrics: Mapping[str, Metric], spec: RunSpec
) -> list[dict[str, Any]]:
    """What was measured of the changes from what another arm answered to the same items, to the tuned model."""
    both = evaluate_metric.in_all(rows, [item.tuned for item in pairs])
    changes = judge(pair([item.example for item in pairs], *both), metrics=metrics, spec=spec)
    return [change.to_dict() for change in changes if change.n]


def judge(pairs: Sequence[Pair], *, metrics: Mapping[str, Metric], spec: RunSpec) -> list[Change]:
    """Every metric on every suite it applies to, the deciding one first.

    The deciding metric is tested alone. The guards (see `guards.is_guard`) and all others are each adjusted for their
    own number by Holm's method, so that many side figures do not hide a loss. Figures that have no good direction, and
    those of the suites in NOT_JUDGED, are shown without a verdict: "not_measured", without p.
    """
    primary = (spec.primary.metric, spec.primary.suite)
    found: dict[tuple[str, str], stats.Paired] = {}
    for suite in suites(pairs, first=spec.primary.suite):
        for name, metric in metrics.items():
            result = _paired(pairs, metric, suite, seed=spec.seed)
            if result:
                found[name, suite] = result
    adjusted = _adjusted(found, primary=primary, metrics=metrics)
    minimum = {key: spec.primary.minimum if key == primary else metrics[key[0]].minimum for key in found}
    changes = [
        to_change(key, found[key], metrics[key[0]], adjusted.get(key), minimum=minimum[key], primary=key == primary)
        for key in sorted(found, key=lambda key: key != primary)
    ]
    return changes if primary in found else [_unmeasured(primary), *changes]


def _paired(pairs: Sequence[Pair], metric: Metric, suite: str, *, seed: int) -> stats.Paired | None:
    scored = [(item.example.group, item.scores(metric.name)) for item in pairs if item.example.suite == suite]
    scored = [(group, both) for group, both in scored if both]
    if not scored:
        return None
    groups, values = zip(*scored, strict=True)
    before, after = zip(*values, strict=True)
    return stats.paired(before, after, groups=groups, binary=metric.binary, better=metric.better, seed=seed)


def _adjusted(
    found: Mapping[tuple[str, str], stats.Paired], *, primary: tuple[str, str], metrics: Mapping[str, Metric]
) -> dict[tuple[str, str], float]:
    judged = [key for key in found if key[1] not in NOT_JUDGED and metrics[key[0]].better != "neither"]
    families: dict[Any, list[tuple[str, str]]] = {}
    for key in judged:
        families.setdefault("primary" if key == primary else guards.is_guard(*key), []).append(key)
    return {
        key: p
        for family in families.values()
        for key, p in zip(family, stats.holm([found[key].p for key in family]), strict=True)
    }


def to_change(
    key: tuple[str, str],
    result: stats.Paired,
    metric: Metric,
    p_adjusted: float | None,
    *,
    minimum: float,
    primary: bool,
) -> Change:
    """The paired statistics of a (metric, suite) as a Change with its verdict; not judged without an adjusted p."""
    change = Change(
        metric=key[0],
        suite=key[1],
        **{name: getattr(result, name) for name in ("before", "after", "difference", "low", "high", "n", "groups")},
        **{name: getattr(result, name) for name in ("wins", "ties", "losses", "detectable", "illustrative")},
        p=None if p_adjusted is None else result.p,
        p_adjusted=p_adjusted,
        needed=None,
        primary=primary,
        verdict="not_measured",
    )
    if p_adjusted is None:
        return change
    word = stats.verdict(result, p_adjusted=p_adjusted, better=metric.better, minimum=minimum)
    more = stats.needed(result, p_adjusted=p_adjusted, minimum=minimum) if word == "cannot_tell" else None
    return replace(change, verdict=word, needed=more)


def _unmeasured(primary: tuple[str, str]) -> Change:
    numbers = dict.fromkeys(("before", "after", "difference", "low", "high", "p", "p_adjusted", "detectable", "needed"))
    counts = dict.fromkeys(("n", "groups", "wins", "ties", "losses"), 0)
    return Change(
        metric=primary[0],
        suite=primary[1],
        **numbers,
        **counts,
        illustrative=True,
        primary=True,
        verdict="not_measured",
    )


def _metrics(spec: RunSpec, pairs: Sequence[Pair]) -> dict[str, Metric]:
    """The metrics the answers were scored by, the deciding one first, then in the order of the spec."""
    members = registry.metrics()
    scored = {name for item in pairs for name in item.base.scores}
    order = [spec.primary.metric, *spec.metrics, *members]
    return {name: members[name] for name in dict.fromkeys(order) if name in scored}


def _overall(changes: Sequence[Change], warnings: list[dict[str, Any]]) -> dict[str, Any]:
    """The verdict on the deciding metric, qualified where a guard found a loss; none where only leaked items gained."""
    primary = changes[0]
    word = "better_but" if primary.verdict == "better" and warnings else primary.verdict
    if word == "better_but" and any(found["code"] == "leakage" and found["clean"] != "better" for found in warnings):
        word = "cannot_tell"
    numbers = ("metric", "suite", "before", "after", "difference", "low", "high")
    counts = ("wins", "losses", "ties", "n", "needed", "detectable")
    return {
        "word": word,
        **{name: getattr(primary, name) for name in (*numbers, *counts)},
        "warnings": warnings,
    }


def _leakage(
    report: Mapping[str, Any], pairs: Sequence[Pair], *, spec: RunSpec, metrics: Mapping[str, Metric]
) -> dict[str, Any]:
    """How many items training gave away, per suite and for the deciding one, and its result without them.

    {} where the data was not checked. `clean` holds before, after, difference, low, high, n and the verdict on what is
    left; None with no such item.
    """
    by_suite = {
        suite: {"n": found["test"], "leaked": len(found["ids"]), "share": found["share"]}
        for suite, found in report.get("leakage", {}).items()
    }
    suite, metric = spec.primary.suite, metrics.get(spec.primary.metric)
    if suite not in by_suite:
        return {"suites": by_suite} if by_suite else {}
    known = set(report["leakage"][suite]["ids"])
    clean = [item for item in pairs if item.example.id not in known]
    result = _paired(clean, metric, suite, seed=spec.seed) if metric and known else None
    numbers = ("before", "after", "difference", "low", "high", "n")
    judged = {"better": metric.better, "minimum": spec.primary.minimum} if metric else {}
    word = stats.verdict(result, p_adjusted=result.p, **judged) if result else ""
    return {
        "suite": suite,
        **by_suite[suite],
        "clean": {name: getattr(result, name) for name in numbers} | {"verdict": word} if result else None,
        "suites": by_suite,
    }


def _efficiency(training: Mapping[str, Any], pairs: Sequence[Pair]) -> dict[str, Any]:
    """What training cost, from its own account, and how fast and how long each arm answers.."""
    found = {name: training[name] for name in TRAINING if training.get(name) is not None}
    if found.get("total_parameters"):
        found["trainable_percent"] = 100 * found["trainable_parameters"] / found["total_parameters"]
    for arm in ("base", "tuned"):
        outputs = [getattr(item, arm).output for item in pairs]
        found[arm] = {
            "items": len(outputs),
            "tokens": sum(output.tokens for output in outputs),
            "seconds": sum(output.seconds for output in outputs),
            "truncated": sum(output.truncated for output in outputs),
        }
    return found


def _declining(pairs: Sequence[Pair], *, seed: int) -> dict[str, Any] | None:
    """The four cells before and after, and under "auroc" what the likelihood of a refusal tells apart (see
    auroc.of_declining). None where declining was not scored."""
    cells = declining_cells(pairs)
    return cells and {**cells, "auroc": auroc.of_declining(pairs, seed=seed)}


def _unranked(declining: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """Where there are items of both kinds, but no likelihood by which to tell them apart."""
    both = declining and all(sum(cell.values()) for cell in declining["after"].values())
    return [{"what": "declining_auroc", "why": "no_refusal"}] if both and not declining["auroc"] else []


def _not_measured(
    changes: Sequence[Change],
    *,
    metrics: Mapping[str, Metric],
    spec: RunSpec,
    training: Mapping[str, Any],
    report: Mapping[str, Any],
) -> list[dict[str, str]]:
    """What did not run, and why: a code under not_measured in text.yaml."""
    measured = {change.metric for change in changes if change.n}
    failed = {name for name in spec.metrics if name not in metrics and not _absent(name)}
    wanted = [name for name in dict.fromkeys([changes[0].metric, *metrics, *spec.metrics]) if name not in measured]
    missing = [
        {"what": name, "why": "failed" if name in failed else _absent(name) or "no_item"}
        for name in wanted
        if name in failed or name in metrics or name == changes[0].metric
    ]
    if not training:
        missing.append({"what": "efficiency", "why": "not_recorded"})
    if "leakage" not in report:
        missing.append({"what": "leakage", "why": "not_checked"})
    return [*missing, *report.get("not_made", ())]


def _absent(name: str) -> str:
    """The code that says what a metric of ours needs and is not here, else ""."""
    metric = registry.metrics().get(name)
    return metric.absent() if metric and metric.absent else ""

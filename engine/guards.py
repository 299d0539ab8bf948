"""What must not get worse while the deciding metric gets better. Named before training, as that metric is. No torch."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import stats
from engine.items import FORGETTING, NOT_JUDGED, Pair
from engine.schema import Change, Metric

LEAKED_AT_MOST = 0.05  # of the deciding suite
CUT_MORE = 0.10  # of all answers, before it is named
REPEATED_MORE = 0.05


def is_guard(metric: str, suite: str) -> bool:
    """Whether a metric on a suite guards against a loss: of general knowledge, of plain language, and every decision to
    decline."""
    return metric == "declining" or (metric, suite) in FORGETTING


def warnings(
    changes: Sequence[Change],
    pairs: Sequence[Pair],
    *,
    metrics: Mapping[str, Metric],
    leakage: Mapping[str, Any],
    arms: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """What got significantly worse, or makes the result doubtful: a list of {"code", "metric", "suite", numbers}.

    Codes: declines_fewer_unanswerable, over_declines, general_worse, truncated, repeats, leakage; prompted and nearest
    where the tuned model is not better than that arm of `arms` (see compare): a model that copies the nearest training
    answer is no gain over a search.
    """
    return [
        *_declining(changes, pairs, metrics=metrics),
        *_worse(changes),
        *_truncated(pairs),
        *_leaked(leakage),
        *_matched(changes[0], arms),
    ]


def _matched(primary: Change, arms: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for arm in arms:
        for change in arm["changes"]:
            here = (change["metric"], change["suite"]) == (primary.metric, primary.suite)
            if here and change["verdict"] in ("cannot_tell", "worse"):
                numbers = ("metric", "suite", "before", "after", "difference", "low", "high", "n")
                found.append({"code": arm["arm"], **{name: change[name] for name in numbers}})
    return found


def _declining(
    changes: Sequence[Change], pairs: Sequence[Pair], *, metrics: Mapping[str, Metric]
) -> list[dict[str, Any]]:
    """Answerable and unanswerable items apart: one number for both would hide a model that now declines everything."""
    found = []
    for change in changes:
        if change.metric != "declining" or change.suite in NOT_JUDGED:
            continue
        for answerable, code in ((False, "declines_fewer_unanswerable"), (True, "over_declines")):
            cell = [item for item in pairs if item.example.suite == change.suite and item.scores("declining")]
            part = [item for item in cell if item.example.answerable == answerable]
            if part and (change.verdict if len(part) == len(cell) else _verdict(part, metrics["declining"])) == "worse":
                declined = [sum(item.scores("declining")[arm] == (not answerable) for item in part) for arm in (0, 1)]
                found.append(
                    {
                        "code": code,
                        "metric": "declining",
                        "suite": change.suite,
                        "before": declined[0],
                        "after": declined[1],
                        "n": len(part),
                    }
                )
    return found


def _verdict(part: Sequence[Pair], metric: Metric) -> str:
    before, after = zip(*(item.scores(metric.name) for item in part), strict=True)
    groups = [item.example.group for item in part]
    result = stats.paired(before, after, groups=groups, binary=metric.binary, better=metric.better)
    return stats.verdict(result, p_adjusted=result.p, better=metric.better, minimum=metric.minimum)


def _worse(changes: Sequence[Change]) -> list[dict[str, Any]]:
    found = []
    for change in changes:
        general = (change.metric, change.suite) in FORGETTING
        repeats = change.metric == "repetition" and (change.difference or 0) >= REPEATED_MORE
        if change.verdict == "worse" and (general or repeats):
            numbers = {name: getattr(change, name) for name in ("before", "after", "difference", "low", "high", "n")}
            code = "general_worse" if general else "repeats"
            found.append({"code": code, "metric": change.metric, "suite": change.suite, **numbers})
    return found


def _truncated(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    judged = [item for item in pairs if item.example.suite not in NOT_JUDGED]
    if not judged:
        return []
    arms = [[float(arm.output.truncated) for arm in (item.base, item.tuned)] for item in judged]
    before, after = ([cut[arm] for cut in arms] for arm in (0, 1))
    result = stats.paired(before, after, groups=[item.example.group for item in judged], binary=True, better="lower")
    if stats.verdict(result, p_adjusted=result.p, better="lower", minimum=CUT_MORE) != "worse":
        return []
    return [
        {
            "code": "truncated",
            "metric": None,
            "suite": None,
            "before": int(sum(before)),
            "after": int(sum(after)),
            "n": len(judged),
        }
    ]


def _leaked(leakage: Mapping[str, Any]) -> list[dict[str, Any]]:
    if leakage.get("share", 0) <= LEAKED_AT_MOST:
        return []
    clean = (leakage["clean"] or {}).get("verdict", "not_measured")
    numbers = {name: leakage[name] for name in ("suite", "share", "leaked", "n")}
    return [{"code": "leakage", "metric": None, **numbers, "clean": clean}]

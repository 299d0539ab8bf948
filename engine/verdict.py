"""A comparison in words and in a table, for the page, the command line and the report alike. No torch."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine import figures, registry
from engine.items import FORGETTING
from engine.schema import Metric
from engine.text import has, text

NO_LOSS = 0.05  # a loss of general knowledge smaller than this, by the interval's lower bound, is called none
Sentence = dict[str, str]


def sentences(comparison: Mapping[str, Any], lang: str = "en") -> list[Sentence]:
    """What the comparison says, plainly: [{"text", "tone"}], tone one of good, bad, neutral; the verdict first.

    Two significant digits; the table has three.
    """
    return [
        *_primary(comparison, lang),
        *_declining(comparison, lang),
        *alternatives(comparison, lang),
        *_general(comparison, lang),
        *_warnings(comparison, lang),
        *_one_seed(comparison, lang),
    ]


def _one_seed(comparison: Mapping[str, Any], lang: str) -> list[Sentence]:
    """That one run is one run; nothing where somebody else trained the model (see remote_run)."""
    seed = comparison["seed"]
    return [] if seed is None else [_sentence("one_seed", "neutral", lang, seed=seed)]


def table(comparison: Mapping[str, Any], lang: str = "en") -> list[dict[str, Any]]:
    """The rows of the before/after table, as text in three significant digits, in the order of the changes.

    metric, suite, before, after, difference (with its unit), interval, outcomes (wins/ties/losses), n, verdict (in
    words), sign (▲ ▼ ≈ –), detectable; and for whoever lays it out the keys metric_name, suite_name, word, primary,
    illustrative.
    """
    return [_row(change, lang) for change in comparison["changes"]]


def columns(lang: str = "en") -> dict[str, str]:
    """The headings of the table's columns, in the order they are shown: key of a row -> heading."""
    keys = ("metric", "suite", "before", "after", "difference", "interval", "outcomes", "n", "verdict")
    return {key: text(f"table.{key}", lang) for key in keys}


def stages(comparison: Mapping[str, Any], lang: str = "en") -> tuple[list[str], list[list[str]]]:
    """For a chain of runs (header, rows), as text: each judged metric at every stage, from the base model to the end,
    then the difference from the first to the last with its interval and verdict. ([], []) where there is no chain."""
    before = comparison.get("chain") or []
    if not before:
        return [], []
    made = [*(stage["method"] for stage in before), comparison["made_by"], comparison["method"]]
    header = [text("table.metric", lang), text("table.suite", lang), *(_stage(name, lang) for name in made)]
    header += [text("table.from_first", lang), text("table.verdict", lang)]
    rows = []
    found = [by_place(stage["changes"]) for stage in before]
    for change in comparison["changes"]:
        at = (change["metric"], change["suite"])
        whole, metric = found[0].get(at), registry.metrics()[change["metric"]]
        if whole is None or whole["verdict"] == "not_measured" or not all(at in stage for stage in found):
            continue
        values = [*(stage[at]["before"] for stage in found), change["before"], change["after"]]
        drawn = _row(whole, lang)
        rows.append(
            [drawn["metric"], drawn["suite"], *(figures.score(value, metric, lang) for value in values)]
            + [f"{drawn['difference']} {drawn['interval']}", f"{drawn['sign']} {drawn['verdict']}"]
        )
    return header, rows


def arms(comparison: Mapping[str, Any], lang: str = "en") -> tuple[list[str], list[list[str]]]:
    """Would prompting do, would looking it up do: (header, rows) as text, each judged figure for base, for base with
    instructions and examples, for the nearest training answer and for the tuned model. ([], []) where not measured."""
    others = {other["arm"]: by_place(other["changes"]) for other in comparison.get("arms") or []}
    if not others:
        return [], []
    header = [text("table.metric", lang), text("table.suite", lang), text("page.arm.base", lang)]
    header += [*(text(f"page.arm.{arm}", lang) for arm in others), text("page.arm.tuned", lang)]
    rows = []
    for change in comparison["changes"]:
        at, metric = (change["metric"], change["suite"]), registry.metrics()[change["metric"]]
        if metric.better == "neither" or not any(at in changes for changes in others.values()):
            continue
        drawn = _row(change, lang)
        values = [
            change["before"],
            *(changes.get(at, {}).get("before") for changes in others.values()),
            change["after"],
        ]
        rows.append([drawn["metric"], drawn["suite"], *(figures.score(value, metric, lang) for value in values)])
    return header, rows


def rules(comparison: Mapping[str, Any], lang: str = "en") -> tuple[list[str], list[list[str]]]:
    """The run's rules one by one: (header, rows) as text: what it asks, of how many answers, the share of base's and of
    the tuned model's that keep it. ([], []) where there are none."""
    shares = comparison.get("rules") or []
    if not shares:
        return [], []
    metric = registry.metrics()["rules"]
    header = [text(f"table.{key}", lang) for key in ("rule", "n", "before", "after")]
    return header, [
        [share["says"].get(lang) or share["name"], str(share["n"])]
        + [figures.score(share[when], metric, lang) for when in ("before", "after")]
        for share in shares
    ]


def not_measured(comparison: Mapping[str, Any], lang: str = "en") -> list[str]:
    """What did not run, and why, one sentence each."""
    said = []
    for missing in comparison.get("not_measured") or ():
        key = f"not_measured.{missing['why']}"
        why = text(key, lang) if has(key) else missing["why"]
        part = f"not_measured.{missing['what']}"  # what is no metric
        what = text(part, lang) if has(part) else figures.metric_title(missing["what"], lang)
        said.append(text("page.result.not_run", lang, what=what, why=why))
    return said


def by_place(changes: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The changes by (metric, suite)."""
    return {(change["metric"], change["suite"]): change for change in changes}


def alternatives(comparison: Mapping[str, Any], lang: str = "en") -> list[Sentence]:
    """How the tuned model stands to prompting and to looking up, on the deciding metric."""
    primary = comparison["changes"][0]
    metric, said = registry.metrics()[primary["metric"]], []
    for other in comparison.get("arms") or []:
        change = by_place(other["changes"]).get((primary["metric"], primary["suite"]))
        if change is None or change["verdict"] == "not_measured":
            continue
        before, after = (figures.score(change[when], metric, lang, digits=2) for when in ("before", "after"))
        tone = (
            "good" if change["verdict"] == "better" else "bad"
        )  # what does as well without training is a reason not to
        interval = _interval(change, lang, digits=2)
        key = f"{other['arm']}.{change['verdict']}"
        said.append(_sentence(key, tone, lang, before=before, after=after, interval=interval))
    return said


def _stage(method: str, lang: str) -> str:
    """The heading of a stage: the base model, or what it was trained by."""
    if not method:
        return text("table.base_model", lang)
    key = f"page.method.{method}.title"
    return text("table.trained_by", lang, method=text(key, lang) if has(key) else method)


def headline(comparison: Mapping[str, Any], lang: str = "en") -> str:
    """The verdict in one line with its sign, as a list of runs shows it.

    >>> headline({"verdict": {"word": "worse"}})
    '▼ worse'
    """
    word = comparison["verdict"]["word"]
    return f"{text(f'verdict.{word}.sign', lang)} {text(f'verdict.{word}.word', lang)}"


def _row(change: Mapping[str, Any], lang: str) -> dict[str, Any]:
    return row(change, registry.metrics()[change["metric"]], lang)


def row(change: Mapping[str, Any], metric: Metric, lang: str = "en") -> dict[str, Any]:
    """One row of the table, of a change by any metric: also one that is not a member of the registry."""
    judged = change["n"] == 0 or change["p"] is not None
    word = change["verdict"] if judged else "not_judged"
    return {
        "metric": figures.metric_title(metric.name, lang),
        "suite": figures.suite_title(change["suite"], lang),
        "before": figures.score(change["before"], metric, lang),
        "after": figures.score(change["after"], metric, lang),
        "difference": figures.difference(change["difference"], metric, lang),
        "interval": figures.interval(change, metric, lang),
        "outcomes": f"{change['wins']}/{change['ties']}/{change['losses']}",
        "n": str(change["n"]),
        "verdict": _in_words(change, word, lang),
        "sign": text(f"verdict.{word}.sign", lang),
        "detectable": figures.difference(change["detectable"], metric, lang).lstrip("+"),
        "metric_name": metric.name,
        "suite_name": change["suite"],
        "word": word,
        "primary": change["primary"],
        "illustrative": change["illustrative"],
    }


def _in_words(change: Mapping[str, Any], word: str, lang: str) -> str:
    said = text(f"verdict.{word}.word", lang)
    if change["needed"]:
        said = text("verdict.needed", lang, verdict=said, needed=_about(change["needed"]))
    return text("verdict.illustrative", lang, verdict=said) if change["illustrative"] and change["n"] else said


def _about(items: int) -> str:
    """A rough number of items: two significant digits, rounded up."""
    step = 10 ** max(0, len(str(items)) - 2)
    return f"{math.ceil(items / step) * step:,}"


def _interval(change: Mapping[str, Any], lang: str, digits: int = 3) -> str:
    return figures.interval(change, registry.metrics()[change["metric"]], lang, digits=digits)


def _sentence(key: str, tone: str, lang: str, **values: Any) -> Sentence:
    return {"text": text(f"sentence.{key}", lang, **values), "tone": tone}


def _primary(comparison: Mapping[str, Any], lang: str) -> list[Sentence]:
    change = comparison["changes"][0]
    metric = registry.metrics()[change["metric"]]
    opening = figures.suite_opening(change["suite"], lang)
    title = figures.metric_title(metric.name, lang)
    word = change["verdict"]
    if not change["n"] or word == "not_measured":
        return [_sentence("not_measured", "neutral", lang, opening=opening, metric=title)]
    tone = {"better": "good", "worse": "bad"}.get(word, "neutral")
    counts = {name: change[name] for name in ("wins", "losses", "n")}
    said = [_sentence(word, tone, lang, opening=opening, **counts)]
    before, after = (figures.score(change[when], metric, lang, digits=2) for when in ("before", "after"))
    amount = figures.difference(change["difference"], metric, lang, digits=2)
    interval = _interval(change, lang, digits=2)
    said.append(
        _sentence("numbers", tone, lang, metric=title, before=before, after=after, difference=amount, interval=interval)
    )
    if change["needed"]:
        said.append(_sentence("needed", "neutral", lang, needed=_about(change["needed"])))
    elif word == "cannot_tell" and change["low"] is not None and change["low"] != change["high"]:
        said.append(_sentence("settled", "neutral", lang))
    if change["illustrative"]:
        said.append(_sentence("illustrative", "neutral", lang, n=change["n"]))
    return said


def _declining(comparison: Mapping[str, Any], lang: str) -> list[Sentence]:
    cells = comparison["declining"]
    if not cells:
        return []
    codes = {warning["code"] for warning in comparison["verdict"]["warnings"]}
    verdicts = {
        change["verdict"]
        for change in comparison["changes"]
        if change["metric"] == "declining" and change["suite"] == "unanswerable"
    }
    said = []
    for kind, key, code in (
        ("unanswerable", "declines", "declines_fewer_unanswerable"),
        ("answerable", "over_declines", "over_declines"),
    ):
        before, after = (cells[when][kind] for when in ("before", "after"))
        n = after["answered"] + after["declined"]
        good = kind == "unanswerable" and "better" in verdicts
        tone = "bad" if code in codes else "good" if good else "neutral"
        if n and (kind == "unanswerable" or code in codes or after["declined"] > before["declined"]):
            said.append(_sentence(key, tone, lang, after=after["declined"], before=before["declined"], n=n))
    return [*said, *_told_apart(cells.get("auroc"), lang)]


def _told_apart(auroc: Mapping[str, Any] | None, lang: str) -> list[Sentence]:
    """Whether a refusal is likelier where it is right; neither good nor bad unless the interval excludes 0."""
    if not auroc:
        return []
    metric = registry.metrics()["declining"]
    before, after = (figures.score(auroc[when], metric, lang, digits=2) for when in ("before", "after"))
    known = auroc["low"] is not None
    tone = "good" if known and auroc["low"] > 0 else "bad" if known and auroc["high"] < 0 else "neutral"
    return [_sentence("told_apart", tone, lang, before=before, after=after)]


def _general(comparison: Mapping[str, Any], lang: str) -> list[Sentence]:
    """General knowledge by right choices; by loss where no choice was asked for, or where that, or the likelihood of
    plain text, alone got worse."""
    said: list[Sentence] = []
    found = by_place(comparison["changes"])
    for name, suite in FORGETTING:
        change = found.get((name, suite))
        if not change or (said and change["verdict"] != "worse"):
            continue
        metric = registry.metrics()[name]
        key, tone = ("no_loss", "good") if _loss_ruled_out(change, metric) else ("unclear", "neutral")
        if change["verdict"] in ("better", "worse"):
            key, tone = change["verdict"], "good" if change["verdict"] == "better" else "bad"
        values = {
            "metric": figures.metric_title(name, lang),
            "difference": figures.difference(change["difference"], metric, lang, digits=2),
            "interval": _interval(change, lang, digits=2),
            "n": change["n"],
        }
        said.append(_sentence(f"general_{key}", tone, lang, **values))
    return said


def _loss_ruled_out(change: Mapping[str, Any], metric: Metric) -> bool:
    """Non-inferiority: "no loss" needs an interval that leaves no room for one worth naming.

    Where no item changed at all the interval has no width; then at most 3 of n can have been missed (95 %, the rule
    of three, Hanley & Lippman-Hand 1983).
    """
    if change["low"] is None:
        return False
    loss = -change["low"] if metric.better == "higher" else change["high"]
    return (max(loss, 3 / change["n"]) if metric.binary else loss) < NO_LOSS


def _warnings(comparison: Mapping[str, Any], lang: str) -> list[Sentence]:
    """What the sentences above have not said: cut answers, repetition, leaked questions."""
    said = []
    for warning in comparison["verdict"]["warnings"]:
        if warning["code"] == "truncated":
            values = {name: warning[name] for name in ("before", "after", "n")}
        elif warning["code"] == "repeats":
            metric = registry.metrics()["repetition"]
            values = {when: figures.score(warning[when], metric, lang, digits=2) for when in ("before", "after")}
            values["opening"] = figures.suite_opening(warning["suite"], lang)
        elif warning["code"] == "leakage":
            values = {name: warning[name] for name in ("leaked", "n")}
        else:
            continue
        said.append(_sentence(warning["code"], "bad", lang, **values))
        if warning["code"] == "leakage":
            said.append(_sentence("leaked_alone" if warning["clean"] != "better" else "clean_too", "neutral", lang))
    return said

"""What the first screen of a result says and draws: the verdict, the deciding figure, what was fixed and broken, what
was lost, declining. Page and report draw the same. No torch.

A picture is {"key", "title", "under", "bars": [{"label", "rows", "line"}], "parts", "none"}: the rows are those of
charts.bars, the parts those of charts.stacked_bar, and "none" says why there is nothing to draw. A pick names the items
that a number stands for.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import charts, figures, stats
from engine.charts import full_bar
from engine.items import FORGETTING
from engine.markup import esc, tag
from engine.registry import metrics
from engine.schema import EvalRow
from engine.text import text
from engine.verdict import Sentence, by_place, sentences, table

OUTCOMES = ("fixed", "improved", "same", "worsened", "broken")
DECIDING_ARMS = ("base", "prompted", "tuned")

Answers = Mapping[str, Mapping[tuple[str, str], EvalRow]]  # every arm's answers by item: items_json.answers
Picture = dict[str, Any]


def first_screen(comparison: Mapping[str, Any], lang: str = "en") -> tuple[Sentence, list[Sentence], list[Sentence]]:
    """The sentences divided: the verdict, what belongs beside it (its figure, and all that got worse), the rest."""
    first, *others = sentences(comparison, lang)
    beside = [line for at, line in enumerate(others) if at == 0 or line["tone"] == "bad"]
    return first, beside, [line for line in others if line not in beside]


def tone(comparison: Mapping[str, Any], lang: str = "en") -> str:
    """How the verdict looks: good, bad, neutral, or warn where it is better with a reservation."""
    return "warn" if comparison["verdict"]["word"] == "better_but" else sentences(comparison, lang)[0]["tone"]


def three(found: Mapping[str, Any], said: Answers, lang: str) -> list[Picture]:
    """The three pictures of the first screen."""
    return [deciding(found, said, lang), fixed_and_broken(found, lang), lost(found, lang)]


def deciding(found: Mapping[str, Any], said: Answers, lang: str) -> Picture:
    """The deciding figure of base, of base with instructions and examples, and of the tuned model, each with the 95 %
    interval of its own mean; under them how far the tuned model is ahead, question by question."""
    change, row = found["changes"][0], table(found, lang)[0]
    metric = metrics()[change["metric"]]
    title = figures.metric_title(change["metric"], lang)
    if not change["n"]:
        return _nothing("deciding", title, text("page.picture.no_item", lang))
    means = {"base": change["before"], "tuned": change["after"]}
    ahead = [text("page.picture.ahead", lang, difference=row["difference"], interval=row["interval"])]
    for other in found.get("arms") or []:
        here = by_place(other["changes"]).get((change["metric"], change["suite"]))
        if other["arm"] == "prompted" and here:
            means["prompted"] = here["before"]
            values = {"difference": figures.difference(here["difference"], metric, lang)}
            values["interval"] = figures.interval(here, metric, lang)
            ahead.append(text("page.picture.ahead_of_prompted", lang, **values))
    ends = {arm: mean_interval(found, said, arm) for arm in means}
    ahead += [text("page.picture.own", lang)] if any(ends.values()) else []
    top = full_bar(metric, [*means.values(), *(end for pair in ends.values() for end in pair or ())])
    rows = []
    for arm in DECIDING_ARMS:
        if arm not in means:
            continue
        low, high = ends[arm] or (None, None)
        rows.append(
            {
                "label": text(f"page.arm.{arm}", lang),
                "arm": arm,
                "share": means[arm] / top,
                "low": None if low is None else low / top,
                "high": None if high is None else high / top,
                "shown": figures.score(means[arm], metric, lang),
                "pick": None if arm == "prompted" else "0:all",
            }
        )
    under = text("page.result.on_suite", lang, suite=figures.suite_title(change["suite"], lang), n=change["n"])
    under += text("page.picture.lower", lang) if metric.better == "lower" else ""
    drawn = rows if min(means.values()) >= 0 else [row | {"share": None} for row in rows]
    return _picture("deciding", title, under, bars=[{"label": "", "rows": drawn, "line": "\n".join(ahead)}])


def mean_interval(found: Mapping[str, Any], said: Answers, arm: str) -> tuple[float, float] | None:
    """The 95 % interval of an arm's mean deciding score by bootstrap over groups. None where the items are of one
    group, where none is scored, or where all score alike, so that nothing is known of their spread."""
    metric, suite = found["changes"][0]["metric"], found["changes"][0]["suite"]
    scored = [
        (item["group"], score)
        for item in found["items"]
        if item["suite"] == suite
        and (row := said.get(arm, {}).get((suite, item["example_id"]))) is not None
        and (score := row.scores.get(metric)) is not None
    ]
    if not scored:
        return None
    groups, scores = zip(*scored, strict=True)
    of = stats.paired([0.0] * len(scores), scores, groups=groups, seed=found["seed"] or 0)
    return None if of.low is None or of.low == of.high else (of.low, of.high)


def fixed_and_broken(found: Mapping[str, Any], lang: str) -> Picture:
    """What became of each item of the deciding suite."""
    change, title = found["changes"][0], text("page.result.items_title", lang)
    counts = found["counts"].get(change["suite"])
    if not counts:
        return _nothing("outcomes", title, text("page.picture.no_item", lang))
    parts = [(name, counts.get(name, 0), text(f"outcome.{name}", lang), f"outcome:{name}") for name in OUTCOMES]
    under = text("page.result.on_suite", lang, suite=figures.suite_title(change["suite"], lang), n=sum(counts.values()))
    return _picture("outcomes", title, under, parts=parts)


def lost(found: Mapping[str, Any], lang: str) -> Picture:
    """What training cost elsewhere: general knowledge by right choices, or by loss where no choice was asked, and the
    likelihood of plain text."""
    title = text("page.result.forgetting", lang)
    places = {(c["metric"], c["suite"]): at for at, c in enumerate(found["changes"]) if c["n"] and at}
    there = [key for key in FORGETTING if key in places]
    if there[:2] == list(FORGETTING[:2]):
        del there[1]  # the choices say it; the loss stands in the table
    if not there:
        return _nothing("lost", title, text("page.picture.lost_none", lang))
    groups = [_before_and_after(found, places[key], lang) for key in there]
    return _picture("lost", title, text("page.picture.lost_help", lang), bars=groups)


def _before_and_after(found: Mapping[str, Any], place: int, lang: str) -> dict[str, Any]:
    """Base and tuned as bars; the line on tuned is the interval of the difference, drawn from where base ends."""
    change, row = found["changes"][place], table(found, lang)[place]
    metric = metrics()[change["metric"]]
    top = full_bar(metric, (change["before"], change["after"]))
    rows: list[dict[str, Any]] = [
        {
            "label": text(f"page.arm.{arm}", lang),
            "arm": arm,
            "share": change[when] / top,
            "shown": row[when],
            "pick": f"{place}:all",
        }
        for arm, when in (("base", "before"), ("tuned", "after"))
    ]
    if change["low"] is not None:
        rows[1] |= {end: (change["before"] + change[end]) / top for end in ("low", "high")}
    label = text("page.picture.figure", lang, metric=row["metric"], suite=row["suite"], n=row["n"])
    label += text("page.picture.lower", lang) if metric.better == "lower" else ""
    said = text("page.result.difference_line", lang, difference=row["difference"], interval=row["interval"])
    return {"label": label, "rows": rows, "line": f"{row['sign']} {said}"}


def declining(found: Mapping[str, Any], lang: str) -> Picture | None:
    """How many questions each model declined, those it cannot know and those it can; None where that was not scored."""
    cells = found.get("declining")
    if not cells:
        return None
    groups = []
    for kind in ("unanswerable", "answerable"):
        rows = []
        for arm, when in (("base", "before"), ("tuned", "after")):
            cell = cells[when][kind]
            n = cell["answered"] + cell["declined"]
            rows.append(
                {
                    "label": text(f"page.arm.{arm}", lang),
                    "arm": arm,
                    "share": cell["declined"] / n if n else 0,
                    "shown": text("page.result.of", lang, k=cell["declined"], n=n),
                    "pick": f"declined:{arm}:{kind}" if cell["declined"] else None,
                }
            )
        groups.append({"label": text(f"page.result.declining_{kind}", lang), "rows": rows, "line": ""})
    if cells.get("auroc"):
        groups.append(_told_apart(cells["auroc"], lang))
    title, under = text("page.result.declining", lang), text("page.result.declining_help", lang)
    return _picture("declining", title, under, bars=groups)


def _told_apart(auroc: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """How often either model finds a refusal likelier where it is right, with the interval of the difference."""
    metric = metrics()["declining"]
    rows: list[dict[str, Any]] = [
        {
            "label": text(f"page.arm.{arm}", lang),
            "arm": arm,
            "share": auroc[when],
            "shown": figures.score(auroc[when], metric, lang),
        }
        for arm, when in (("base", "before"), ("tuned", "after"))
    ]
    line = ""
    if auroc["low"] is not None:
        rows[1] |= {end: auroc["before"] + auroc[end] for end in ("low", "high")}
        said = {"difference": figures.difference(auroc["difference"], metric, lang)}
        line = text("page.result.difference_line", lang, **said, interval=figures.interval(auroc, metric, lang))
    return {"label": text("page.result.declining_told_apart", lang), "rows": rows, "line": line}


def draw(picture: Picture, *, see: str = "") -> str:
    """A picture as HTML. With `see`, a hint, its numbers are buttons whose data-pick names their items."""
    inside = tag("p", esc(picture["none"]), cls="k-muted") if picture["none"] else ""
    for group in picture["bars"]:
        label = tag("p", esc(group["label"]), cls="k-picture-part") if group["label"] else ""
        line = tag("p", esc(group["line"]), cls="k-muted k-numbers") if group["line"] else ""
        inside += label + charts.bars(group["rows"], described(group), see=see) + line
    if picture["parts"]:
        inside += charts.stacked_bar(picture["parts"], picture["title"], see=see)
    head = tag("h3", esc(picture["title"])) + tag("p", esc(picture["under"]), cls="k-muted")
    return tag("section", head + inside, cls=f"k-picture k-picture-{picture['key']}")


def described(group: Mapping[str, Any]) -> str:
    """A group of bars in words: each label with its number."""
    return ", ".join(f"{row['label']} {row['shown']}" for row in group["rows"])


def _picture(key: str, title: str, under: str, *, bars: Sequence[Any] = (), parts: Sequence[Any] = ()) -> Picture:
    return {"key": key, "title": title, "under": under, "bars": list(bars), "parts": list(parts), "none": ""}


def _nothing(key: str, title: str, why: str) -> Picture:
    return _picture(key, title, "") | {"none": why}

"""Would prompting do? Base, base with instructions and examples, and the tuned model in three columns."""

from collections.abc import Mapping
from typing import Any

from engine import figures
from engine import verdict as verdict_of
from engine.charts import full_bar, two_bars
from engine.registry import metrics
from engine.schema import EvalRow
from engine.text import text
from ui import html
from ui.html import esc, heading, tag

Answers = Mapping[str, Mapping[tuple[str, str], EvalRow]]
COLUMNS = ("base", "prompted", "tuned")
LONGEST = 600  # characters of an example's answer


def section(found: Mapping[str, Any], said: Answers, lang: str) -> str:
    """The deciding figure of the three with what the tuned model is ahead by, the sentence, one typical question.

    `said` is every arm's answers by item (items_json.answers). One line where base was not asked with instructions and
    examples; nothing where nothing was measured or the run asked no other arm."""
    primary = found["changes"][0]
    changes = {"base": primary} | {
        other["arm"]: here
        for other in found.get("arms") or []
        if (here := verdict_of.by_place(other["changes"]).get((primary["metric"], primary["suite"])))
    }
    if not primary["n"]:
        return ""
    suite = figures.suite_title(primary["suite"], lang)
    named = {"metric": figures.metric_title(primary["metric"], lang), "suite": suite, "n": primary["n"]}
    top = heading(text("page.result.prompting.title", lang), text("page.result.prompting.help", lang, **named))
    if "prompted" not in changes:
        missing = text("page.result.prompting.not_asked", lang)
        return tag("section", top + tag("p", esc(missing), cls="k-muted"), cls="k-prompting")
    example = _typical(said, primary)
    columns = "".join(_column(arm, changes, primary, said, example, lang) for arm in COLUMNS)
    words = (line for line in verdict_of.alternatives(found, lang))
    lines = "".join(tag("p", esc(line["text"]), cls=f"k-line-{esc(line['tone'])}") for line in words)
    question = next((item["question"] for item in found["items"] if _key(item) == example), "")
    asked = tag("small", esc(text("page.result.prompting.example", lang))) + tag("p", esc(question))
    three = tag("div", columns, cls="k-three")
    between = tag("div", asked, cls="k-asked k-typical") if example else ""
    return tag("section", top + lines + between + three + _every(found, lang), cls="k-prompting")


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["suite"], item["example_id"]


def _column(
    arm: str,
    changes: Mapping[str, Mapping[str, Any]],
    primary: Mapping[str, Any],
    said: Answers,
    example: tuple[str, str] | None,
    lang: str,
) -> str:
    metric, change = metrics()[primary["metric"]], changes.get(arm)
    value = change["before"] if change else primary["after"]
    every = [primary["after"], *(one["before"] for one in changes.values())]
    top = full_bar(metric, every)
    head = tag("header", tag("h3", esc(text(f"page.arm.{arm}", lang))))
    described = figures.score(value, metric, lang)
    number = tag("p", esc(described), cls="k-three-value")
    ends: dict[str, float | None] = {"low": None, "high": None}
    words = tag("p", "")  # the columns' rows stand level
    if change:
        row = verdict_of.row(change, metric, lang)
        if change["low"] is not None:
            ends = {end: (change["before"] + change[end]) / top for end in ends}
        ahead = text("page.result.prompting.ahead", lang, difference=row["difference"])
        interval = text("page.result.prompting.interval", lang, interval=row["interval"])
        words = tag("p", esc(ahead) + tag("small", esc(interval)), cls="k-three-ahead k-numbers")
    bar = two_bars(value / top, None, **ends, described=described, arm=arm) if min(every) >= 0 else ""
    answer = said.get(arm, {}).get(example) if example else None
    told = tag("p", esc(html.short(answer.output.text, lang, most=LONGEST)), cls="k-answer") if answer else ""
    kind = "k-pane-tuned" if arm == "tuned" else "k-pane-base"
    return tag("section", head + number + bar + words + told, cls=f"k-pane {kind} k-column")


def _typical(said: Answers, primary: Mapping[str, Any]) -> tuple[str, str] | None:
    """The item of the deciding suite whose three scores are nearest to the three averages: chosen by a rule, so that
    neither side is flattered. None where the arms have no scores in common."""
    scores = {
        key: [said[arm][key].scores.get(primary["metric"]) for arm in COLUMNS]
        for key in said.get("tuned", {})
        if key[0] == primary["suite"] and all(key in said.get(arm, {}) for arm in COLUMNS)
    }
    known = {key: values for key, values in scores.items() if None not in values}
    if not known:
        return None
    means = [sum(values[at] for values in known.values()) / len(known) for at in range(len(COLUMNS))]
    return min(known, key=lambda key: (sum((a - b) ** 2 for a, b in zip(known[key], means, strict=True)), key))


def _every(found: Mapping[str, Any], lang: str) -> str:
    """All figures of all arms, folded."""
    header, lines = verdict_of.arms(found, lang)
    drawn = html.texts(header, lines, cls="k-across", numeric=range(2, len(header)))
    return tag("details", tag("summary", esc(text("page.result.arms.all", lang))) + drawn, cls="k-more")

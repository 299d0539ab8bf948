"""Where it helped and where it did not: the difference within each part of the test, as dots with their intervals.

Parts are for looking around; none gets a verdict or a verdict's colour."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import figures
from engine.charts import nice_ticks
from engine.figures import MINUS, UNITS
from engine.items import NOT_JUDGED
from engine.registry import metrics
from engine.slices import SMALLEST, members
from engine.slices import slices as cut
from engine.text import text
from ui import html
from ui.html import esc, heading, tag
from ui.items_view import listing

Row = Mapping[str, Any]


def choices(found: Mapping[str, Any], lang: str) -> list[tuple[str, str]]:
    """The figures that can be cut, the deciding one first: (what a person reads, "metric suite")."""
    measured = [change for change in found["changes"] if change["n"] and change["suite"] not in NOT_JUDGED]
    return [
        (
            f"{figures.metric_title(change['metric'], lang)} · {figures.suite_title(change['suite'], lang)}",
            f"{change['suite']} {change['metric']}",
        )
        for change in measured
    ]


def of(found: Mapping[str, Any], chosen: str) -> dict[str, Any] | None:
    """The slices of a figure, given as in `choices`: the deciding one's from the file, others made now. None where
    the comparison has no such figure."""
    suite, _, metric = chosen.partition(" ")
    if not any((change["metric"], change["suite"]) == (metric, suite) for change in found["changes"] if change["n"]):
        return None
    kept = found.get("slices") or {}
    if (kept.get("metric"), kept.get("suite")) == (metric, suite):
        return kept
    return cut(found["items"], metric=metric, suite=suite, seed=found["seed"] or 0)


def title(lang: str) -> str:
    return heading(text("page.slices.title", lang), text("page.slices.help", lang))


def draw(found: Mapping[str, Any], chosen: str, lang: str) -> str:
    """The dots and intervals, what is too small for one, a word of caution, and the table behind a click."""
    slices = of(found, chosen)
    if slices is None:
        return ""
    if not slices["rows"]:
        return tag("p", esc(text("page.slices.none", lang)), cls="k-muted")
    change = next(c for c in found["changes"] if (c["metric"], c["suite"]) == (slices["metric"], slices["suite"]))
    shown = [row for row in slices["rows"] if row["n"] >= SMALLEST]
    small = [row for row in slices["rows"] if row["n"] < SMALLEST]
    notes = [text("page.slices.caution", lang, n=len(slices["rows"]))]
    if small:
        names = "、" if lang == "ja" else ", "
        said = names.join(f"{name(row, lang)} ({row['n']})" for row in small)
        notes.insert(0, text("page.slices.small", lang, least=SMALLEST, names=said))
    if slices["topics_left_out"]:
        notes.insert(-1, text("page.slices.left_out", lang, n=slices["topics_left_out"]))
    drawn = _forest(shown, change, lang) if shown else ""
    under = tag("div", "".join(tag("p", esc(note)) for note in notes), cls="k-notes")
    return drawn + under + _behind(slices, lang)


def inside(found: Mapping[str, Any], chosen: str, pick: str, lang: str) -> str:
    """The items of a part that was clicked, given as "by=name": a line each. Nothing where there is no such part."""
    slices, (by, _, called) = of(found, chosen), pick.partition("=")
    row = next((row for row in slices["rows"] if (row["by"], row["name"]) == (by, called)), None) if slices else None
    if row is None:
        return ""
    at = {"metric": slices["metric"], "suite": slices["suite"], "by": by, "name": called}
    title = tag("h4", esc(text("page.slices.items", lang, part=name(row, lang), n=row["n"])))
    return title + listing(members(found["items"], **at), "", lang)


def name(row: Row, lang: str) -> str:
    """What a slice is called: a topic by its own name, which is the user's."""
    if row["by"] == "topic":
        return row["name"]
    key = f"page.slices.{row['by']}.{row['name']}"
    return text(key, lang, **{end: row[end] for end in ("shortest", "longest") if end in row})


def _forest(rows: Sequence[Row], change: Mapping[str, Any], lang: str) -> str:
    """A line per slice under the line of all items; one scale for all, zero in sight."""
    metric = metrics()[change["metric"]]
    scale = 1 if metric.unit else 100
    ends = [row[end] for row in [*rows, change] for end in ("low", "high", "difference") if row[end] is not None]
    ticks = nice_ticks(min(0, *ends) * scale, max(0, *ends) * scale, about=5)
    place = lambda value: 100 * (value * scale - ticks[0]) / (ticks[-1] - ticks[0])  # noqa: E731 - percent of the width
    lines = [_line({**change, "by": ""}, text("page.slices.all", lang), change, place, lang)]
    by = ""
    for row in rows:
        if row["by"] != by:
            by = row["by"]
            lines.append(tag("div", esc(text(f"page.slices.by.{by}", lang)), cls="k-slice-by"))
        lines.append(_line(row, name(row, lang), change, place, lang))
    return tag("div", "".join(lines) + _axis(ticks, metric, place, lang), cls="k-forest")


def _line(row: Row, called: str, change: Mapping[str, Any], place: Any, lang: str) -> str:
    metric = metrics()[change["metric"]]
    said = text(
        "page.slices.line",
        lang,
        **{when: figures.score(row[when], metric, lang) for when in ("before", "after")},
        difference=figures.difference(row["difference"], metric, lang),
        interval=figures.interval(row, metric, lang),
        n=row["n"],
    )
    marks = f'<line class="k-axis" x1="{place(0):.2f}%" x2="{place(0):.2f}%" y1="0" y2="24"/>'
    at, whole = place(row["difference"]), place(change["difference"])
    if row["by"]:
        marks += f'<line class="k-forest-all" x1="{whole:.2f}%" x2="{whole:.2f}%" y1="0" y2="24"/>'
    if row["low"] is not None:
        low, high = place(row["low"]), place(row["high"])
        marks += f'<line class="k-forest-line" x1="{low:.2f}%" x2="{high:.2f}%" y1="12" y2="12"/>'
    known = "" if row["low"] is not None else " k-forest-unknown"
    marks += f'<circle class="k-forest-dot{known}" cx="{at:.2f}%" cy="12" r="{4.5 if row["by"] else 5.5}"/>'
    drawn = tag("svg", marks, cls="k-forest-track", role="img", aria_label=said)
    inside = tag("span", esc(called), cls="k-forest-name") + drawn
    inside += tag("span", esc(text("page.slices.n", lang, n=row["n"])), cls="k-muted k-numbers k-forest-n")
    if not row["by"]:
        return tag("div", inside, cls="k-forest-row k-forest-whole", title=said)
    pick = f"{row['by']}={row['name']}"
    return tag("button", inside, type="button", cls="k-forest-row k-forest-part", title=said, data_pick=pick)


def _axis(ticks: Sequence[float], metric: Any, place: Any, lang: str) -> str:
    scale = 1 if metric.unit else 100
    marks = ""
    for tick in ticks:
        shown = f"{tick:+g}".replace("-", MINUS) if tick else "0"
        marks += f'<text class="k-tick" x="{place(tick / scale):.2f}%" y="14" text-anchor="middle">{esc(shown)}</text>'
    unit = text(f"unit.{UNITS[metric.unit]}.difference", lang, n="").strip() if metric.unit in UNITS else metric.unit
    said = text(f"page.slices.axis.{metric.better}", lang, unit=unit)
    drawn = tag("svg", marks, cls="k-forest-track", aria_hidden="true")
    row = tag("div", tag("span") + drawn + tag("span"), cls="k-forest-row")
    return row + tag("p", esc(said), cls="k-muted k-forest-unit")


def _behind(slices: Mapping[str, Any], lang: str) -> str:
    metric = metrics()[slices["metric"]]
    keys = ("n", "before", "after", "difference", "interval", "outcomes")
    head = [text("page.slices.part", lang), *(text(f"table.{key}", lang) for key in keys)]
    rows = [
        [
            text("page.slices.part_of", lang, by=text(f"page.slices.by.{row['by']}", lang), name=name(row, lang)),
            str(row["n"]),
            *(figures.score(row[when], metric, lang) for when in ("before", "after")),
            figures.difference(row["difference"], metric, lang),
            figures.interval(row, metric, lang),
            f"{row['wins']} / {row['ties']} / {row['losses']}",
        ]
        for row in slices["rows"]
    ]
    drawn = html.texts(head, rows, cls="k-across", numeric=range(1, len(head)))
    return tag("details", tag("summary", esc(text("page.slices.table", lang))) + drawn, cls="k-more")

"""Standard benchmarks in the result: a table of what both models scored on the harness's tasks, item by item."""

from collections.abc import Mapping
from typing import Any

from engine import harness_table
from engine.text import text
from engine.verdict import columns
from ui.html import esc, heading, scroll, tag

NUMERIC = ("before", "after", "difference", "outcomes", "n")


def section(found: Mapping[str, Any] | None, lang: str) -> str:
    """The content of eval/harness.json, laid out like the table of changes; nothing where no benchmark was asked."""
    if not found:
        return ""
    titles, rows = columns(lang), harness_table.rows(found, lang)
    shown = ("metric", *NUMERIC, "verdict")
    numeric = {name: "k-num" for name in NUMERIC}
    head = "".join(tag("th", esc(titles[name]), scope="col", cls=numeric.get(name)) for name in shown)
    body = []
    for task in dict.fromkeys(row["suite"] for row in rows):
        name = tag("th", tag("b", esc(task)), colspan=len(shown), scope="rowgroup")
        body.append(tag("tr", name, cls="k-suite-row"))
        body += [_row(row, titles) for row in rows if row["suite"] == task]
    drawn = tag("table", tag("thead", tag("tr", head)) + tag("tbody", "".join(body)), cls="k-table k-changes")
    notes = "".join(tag("p", esc(note)) for note in harness_table.notes(found, lang))
    titled = heading(text("benchmark.title", lang), text("benchmark.help", lang))
    inside = titled + scroll(drawn) + tag("div", notes, cls="k-notes")
    return tag("section", inside, cls="k-benchmarks")


def _row(row: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    cells = {name: esc(row[name]) for name in NUMERIC}
    cells["after"] = tag("b", cells["after"])
    cells["difference"] += tag("small", esc(row["interval"]))
    drawn = "".join(tag("td", cell, cls="k-num", data_column=titles[name]) for name, cell in cells.items())
    verdict = tag("span", esc(f"{row['sign']} {row['verdict']}"), cls=f"k-v-{row['word']}")
    name = tag("td", esc(row["metric"]), cls="k-metric")
    return tag("tr", name + drawn + tag("td", verdict, cls="k-verdict-cell"))

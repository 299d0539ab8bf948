"""The before/after table: bars with intervals, sorted and filtered in the browser, every number a way to its items."""

from collections.abc import Mapping
from typing import Any

from engine.charts import two_bars
from engine.registry import metrics
from engine.text import text
from engine.verdict import columns, table
from ui import harness_view
from ui.data_view import suite_summary
from ui.html import esc, scroll, tag
from ui.result_view import metric_summary, notes

SHOWN = ("metric", "bars", "before", "after", "difference", "outcomes", "n", "verdict")
NUMERIC = ("before", "after", "difference", "outcomes", "n")
WORST_FIRST = ("worse", "cannot_tell", "better", "not_measured", "not_judged")


def change_table(found: Mapping[str, Any], lang: str) -> str:
    """Every metric on every suite: before, after, difference with its interval, wins/ties/losses, n, the verdict.

    Sorting and the choice of a suite happen in page.js. A number's data-pick is "PLACE:WAY": the place of its change in
    found["changes"], and which of its items are meant (clicked.WAYS)."""
    titles = columns(lang) | {"bars": text("page.result.bars", lang)}
    head = "".join(_heading(name, titles[name], lang) for name in SHOWN)
    rows = [(place, row) for place, row in enumerate(table(found, lang)) if row["n"] != "0"]
    suites = list(dict.fromkeys(row["suite_name"] for _, row in rows))
    body = []
    for suite in suites:
        here = [(place, row) for place, row in rows if row["suite_name"] == suite]
        name = tag("b", esc(here[0][1]["suite"])) + tag("small", esc(suite_summary(suite, lang)))
        cell = tag("th", name, colspan=len(SHOWN), scope="rowgroup")
        body.append(tag("tr", cell, cls="k-suite-row", data_suite=suite))
        body += [_row(place, row, found["changes"][place], titles, lang) for place, row in here]
    drawn = tag("table", tag("thead", tag("tr", head)) + tag("tbody", "".join(body)), cls="k-table k-changes")
    chosen = _suites({row["suite_name"]: row["suite"] for _, row in rows}, lang) if len(suites) > 1 else ""
    benchmarks = harness_view.section(found.get("benchmarks"), lang)
    return chosen + scroll(drawn) + notes(found, lang) + benchmarks


def _heading(name: str, title: str, lang: str) -> str:
    right = "k-num" if name in NUMERIC else None
    if name == "bars":
        return tag("th", esc(title), scope="col", cls="k-bars-head", title=text("page.result.bars_help", lang))
    sort = text("page.result.sort", lang, column=title)
    broken = esc(title).replace("/", "/\u200b")  # where a narrow column may break the line
    button = tag("button", broken, type="button", cls="k-sort", data_sort="", title=sort)
    return tag("th", button, scope="col", cls=right, aria_sort="none")


def _suites(suites: Mapping[str, str], lang: str) -> str:
    every = {"": text("page.items.all_suites", lang), **suites}
    chips = (
        tag(
            "button",
            esc(title),
            type="button",
            cls="k-chip",
            data_show_suite=name,
            aria_pressed="false" if name else "true",
        )
        for name, title in every.items()
    )
    label = text("page.items.suite", lang)
    return tag("div", "".join(chips), cls="k-chips k-table-suites", role="group", aria_label=label)


def _row(place: int, row: Mapping[str, Any], change: Mapping[str, Any], titles: Mapping[str, str], lang: str) -> str:
    name = tag("span", esc(row["metric"]), title=metric_summary(row["metric_name"], lang))
    if row["primary"]:
        name += tag("span", esc(text("page.result.primary", lang)), cls="k-badge")
    name += tag("small", esc(row["suite"]), cls="k-of-suite")
    cells = {key: _see(place, "all", row[key], lang) for key in ("before", "after", "difference", "n")}
    cells["after"] = tag("b", cells["after"])
    cells["difference"] += tag("small", esc(row["interval"]))
    counts = (("wins", change["wins"]), ("ties", change["ties"]), ("losses", change["losses"]))
    cells["outcomes"] = "/".join(_see(place, way, str(count), lang, off=not count) for way, count in counts)
    values = {"before": change["before"], "after": change["after"], "difference": change["difference"]}
    scale = 1 if metrics()[row["metric_name"]].unit else 100
    values = {key: scale * value for key, value in values.items()}
    values |= {"outcomes": change["wins"] - change["losses"], "n": change["n"]}
    drawn = "".join(
        tag("td", cells[key], cls=f"k-num k-{key}", data_column=titles[key], data_value=f"{values[key]:.9g}")
        for key in NUMERIC
    )
    verdict = tag("span", esc(f"{row['sign']} {row['verdict']}"), cls=f"k-v-{row['word']}")
    rank = WORST_FIRST.index(row["word"]) if row["word"] in WORST_FIRST else len(WORST_FIRST)
    first = tag("td", name, cls="k-metric", data_value=row["metric"])
    bars = tag("td", _bars(row, change, lang), cls="k-bars-cell")
    last = tag("td", verdict, cls="k-verdict-cell", data_value=str(-rank))
    return tag("tr", first + bars + drawn + last, data_suite=row["suite_name"])


def _see(place: int, way: str, shown: str, lang: str, *, off: bool = False) -> str:
    if off:
        return tag("span", esc(shown))
    title = text("page.result.see", lang)
    return tag("button", esc(shown), type="button", cls="k-see", data_pick=f"{place}:{way}", title=title)


def _bars(row: Mapping[str, Any], change: Mapping[str, Any], lang: str) -> str:
    """Base above tuned, with the interval of the difference; nothing where a score is below zero."""
    if min(change["before"], change["after"]) < 0:
        return ""
    metric = metrics()[change["metric"]]
    ends = [change["before"] + (change[end] or 0) for end in ("low", "high")]
    top = 1.0 if not metric.unit else 1.05 * max(change["before"], change["after"], *ends, 1e-9)
    low, high = (end / top for end in ends) if change["low"] is not None else (None, None)
    said = text("page.result.bars_alt", lang, before=row["before"], after=row["after"])
    return two_bars(change["before"] / top, change["after"] / top, low=low, high=high, described=said)

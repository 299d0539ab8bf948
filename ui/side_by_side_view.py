"""Several runs side by side: ticked in the list of runs, shown in place of the steps until closed."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from engine import side_by_side, side_by_side_words
from engine.schema import UserError
from engine.text import text
from ui import html, runs
from ui.html import area, esc, heading, notice, tag

TO_TOP = "() => kurabeShow('k-side-by-side')"


def build() -> gr.HTML:
    """The room for it above the steps; empty until runs are compared."""
    return area(classes="k-beside", elem_id="k-side-by-side")


def bind(held: Any) -> None:
    """`held` is the page's Frame: clicks in the list of runs, and the way back."""
    quiet = {"show_progress": "hidden", "concurrency_limit": None}
    held.side.click(picked, held.lang, held.beside, **quiet).then(None, js=TO_TOP)
    held.beside.click(lambda: "", None, held.beside, **quiet)


def picked(lang: str, event: gr.EventData) -> str:
    """The comparison, where the click asks for one; nothing where a run was opened: then the steps are shown again."""
    pick = str(event._data["pick"])
    if not pick.startswith(runs.COMPARE):
        return ""
    found = [run for name in pick.removeprefix(runs.COMPARE).split(",") if (run := runs.find(name))]
    try:
        drawn = draw(side_by_side.side_by_side(found), lang)
    except UserError as problem:
        drawn = notice(str(problem), tone="bad", title=text("side_by_side.cannot", lang))
    back = tag("button", esc(text("side_by_side.close", lang)), type="button", cls="k-step", data_pick="close")
    return tag("section", tag("p", back) + drawn, cls="k-side-by-side")


def draw(found: Mapping[str, Any], lang: str) -> str:
    """A table for each test: what differs first, then the results, then each two runs."""
    top = heading(text("side_by_side.title", lang), text("side_by_side.help", lang))
    tests = found["tests"]
    if len(tests) > 1:
        top += notice(text("side_by_side.apart", lang, n=len(tests)), tone="warn")
    return top + "".join(_test(test, lang) for test in tests)


def _test(test: Mapping[str, Any], lang: str) -> str:
    names = [_name(run, lang) for run in test["runs"]]
    parts = [tag("h3", esc(side_by_side_words.heading(test, lang)), cls="k-test-head")]
    if len(names) < 2:
        parts.append(notice(text("side_by_side.one_run", lang)))
    elif test["settings"]:
        parts += [_title("settings", lang), _table(*side_by_side_words.settings(test, lang, names=names))]
    else:
        parts.append(tag("p", esc(text("side_by_side.settings_same", lang)), cls="k-muted"))
    header, rows = side_by_side_words.results(test, lang, names=names)
    signs = [runs.sign(run["verdict"], lang) for run in test["runs"]]
    heads = [esc(name) for name in header[:2]] + [s + esc(n) for s, n in zip(signs, header[2:], strict=True)]
    cells = [[esc(row[0]), esc(row[1]), *(_cell(cell) for cell in row[2:])] for row in rows]
    parts += [_title("results", lang), html.table(heads, cells, cls="k-across k-runs-table")]
    if test["pairs"]:
        parts += [_title("pairs", lang), _table(*side_by_side_words.pairs(test, lang, names=names), cls="k-pair-table")]
    return tag("section", "".join(parts), cls="k-test")


def _title(name: str, lang: str) -> str:
    key = text("side_by_side.pairs_help", lang) if name == "pairs" else ""
    under = tag("p", esc(key), cls="k-muted") if key else ""
    return tag("h4", esc(text(f"side_by_side.{name}_title", lang))) + under


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], *, cls: str = "") -> str:
    return html.texts(header, rows, cls=f"k-across k-runs-table {cls}".strip())


def _cell(cell: side_by_side_words.Cell) -> str:
    return tag("b", esc(cell[0])) + tag("small", esc(cell[1]))


def _name(run: Mapping[str, Any], lang: str) -> str:
    """How a run is called in a heading: method and when, as in the list of runs."""
    return f"{runs.short_method(run['method'], lang)} · {runs.when(run['run'])}"

"""Several runs side by side: ticked in the list of runs, shown in place of the steps until closed."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from engine import about, charts, rundir, side_by_side, side_by_side_words
from engine.schema import UserError
from engine.sentences import told
from engine.text import has, text
from ui import html, runs, train_view
from ui.events import PICK, QUICK
from ui.html import area, esc, heading, notice, tag

TO_TOP = "() => kurabeShow('k-side-by-side')"
LONGEST = 400  # characters of the ids in an address
ADDRESS = "(compared) => kurabeParameter('compare', compared)"


def build() -> tuple[gr.HTML, gr.Textbox]:
    """The room for it above the steps, empty until runs are compared; and which they are."""
    return area(classes="k-beside", elem_id="k-side-by-side"), gr.Textbox(visible="hidden", elem_id="k-compared")


def bind(held: Any, app: gr.Blocks) -> None:
    """`held` is the page's Frame: clicks in the lists of runs, the address, and the way back."""
    shown = [held.beside, held.compared]
    app.load(load, held.lang, shown, **QUICK)
    for listed in (held.side, held.history.table):
        listed.click(picked, held.lang, shown, **PICK).then(None, js=TO_TOP)
    held.beside.click(lambda: ["", ""], None, shown, **QUICK)
    held.compared.change(None, held.compared, None, js=ADDRESS, **QUICK)


def load(lang: str, request: gr.Request) -> list[Any]:
    """A page was opened whose address compares runs."""
    wanted = str(request.query_params.get("compare") or "")
    return beside(wanted[:LONGEST], lang) if wanted else [gr.skip(), gr.skip()]


def picked(lang: str, event: gr.EventData) -> list[Any]:
    """The comparison, where the click asks for one; nothing where a run was opened: then the steps are shown again."""
    pick = str(event._data["pick"])
    if pick.startswith(runs.COMPARE):
        return beside(pick.removeprefix(runs.COMPARE)[:LONGEST], lang)
    opens = pick == "new" or runs.find(pick) is not None
    return ["", ""] if opens else [gr.skip(), gr.skip()]


def beside(wanted: str, lang: str) -> list[str]:
    """The comparison of the runs "ID,ID" as HTML, and which they are; else why they cannot be compared."""
    names = wanted.split(",")
    found = [run for name in names if (run := runs.find(name))]
    try:
        if missing := [name for name in names if runs.find(name) is None]:
            raise UserError(text("side_by_side.missing", lang, runs=", ".join(missing)[:200]))
        drawn = draw(side_by_side.side_by_side(found), lang)
    except UserError as problem:
        drawn = notice(told(problem, lang), tone="bad", title=text("side_by_side.cannot", lang))
    back = tag("button", esc(text("side_by_side.close", lang)), type="button", cls="k-step", data_pick="close")
    return [tag("section", tag("p", back) + drawn, cls="k-side-by-side"), ",".join(run.id for run in found)]


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
    parts.append(curves([run["run"] for run in test["runs"]], names, lang))
    header, rows = side_by_side_words.results(test, lang, names=names)
    signs = [runs.sign(run["verdict"], lang) for run in test["runs"]]
    heads = [esc(name) for name in header[:2]] + [s + esc(n) for s, n in zip(signs, header[2:], strict=True)]
    cells = [[esc(row[0]), esc(row[1]), *(_cell(cell) for cell in row[2:])] for row in rows]
    parts += [_title("results", lang), html.table(heads, cells, cls="k-across k-runs-table")]
    if test["pairs"]:
        parts += [_title("pairs", lang), _table(*side_by_side_words.pairs(test, lang, names=names), cls="k-pair-table")]
    return tag("section", "".join(parts), cls="k-test")


def curves(ids: Sequence[str], names: Sequence[str], lang: str) -> str:
    """The runs' losses over each other, those of one kind in one drawing: training (smoothed) and held out."""
    by_unit: dict[str, list[tuple[str, Any]]] = {}
    for run_id, name in zip(ids, names, strict=True):
        if run := runs.find(run_id):
            unit = train_view.loss_words(runs.spec(run).method, "loss_axis", lang)
            by_unit.setdefault(unit, []).append((name, rundir.training_log(run)))
    drawn = "".join(_curves(unit, logs, lang) for unit, logs in by_unit.items() if len(logs) > 1)
    if not drawn:
        return ""
    apart = tag("p", esc(text("side_by_side.curves_apart", lang)), cls="k-muted") if len(by_unit) > 1 else ""
    return _title("curves", lang) + apart + drawn


def _curves(unit: str, logs: Sequence[tuple[str, Any]], lang: str) -> str:
    called, figures = [name for name, _ in logs], []
    for kind in charts.KINDS:
        series = [charts.points(log, "loss", kind) for _, log in logs]
        if kind == "train":
            series = [_smoothed(points) for points in series]
        if sum(len(points) > 1 for points in series) < 2:
            continue
        head = text(f"side_by_side.curves_{kind}", lang)
        described = text("side_by_side.curves_alt", lang, what=head, runs=", ".join(called))
        options = {"lang": lang, "unit": unit, "described": described}
        drawing = charts.curves(series, 540, 300, **options)
        figures.append(tag("figure", tag("figcaption", esc(head)) + drawing, cls="k-measure"))
    return charts.key(called) + tag("div", "".join(figures), cls="k-measures") if figures else ""


def _smoothed(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return list(zip((step for step, _ in points), charts.smooth([loss for _, loss in points]), strict=True))


def _title(name: str, lang: str) -> str:
    help_key = f"side_by_side.{name}_help"
    under = tag("p", esc(text(help_key, lang)), cls="k-muted") if has(help_key) else ""
    return tag("h4", esc(text(f"side_by_side.{name}_title", lang))) + under


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], *, cls: str = "") -> str:
    return html.texts(header, rows, cls=f"k-across k-runs-table {cls}".strip())


def _cell(cell: side_by_side_words.Cell) -> str:
    return tag("b", esc(cell[0])) + tag("small", esc(cell[1]))


def _name(run: Mapping[str, Any], lang: str) -> str:
    """How a run is called in a heading: the name people gave it, else its method; and when, as in the list of runs."""
    found = runs.find(run["run"])
    renamed = about.read(found).title if found else ""
    return f"{renamed or runs.short_method(run['method'], lang)} · {runs.when(run['run'])}"

"""Take home: the model, the code and the papers of a run, made on request, checked, and downloaded."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from engine import rundir
from engine.export import make
from engine.export.code import code
from engine.export.process import ChildFailed
from engine.rundir import Run
from engine.schema import Progress, UserError
from engine.sentences import told
from engine.text import text
from ui import downloads, runs
from ui import take_home_view as view
from ui.events import slow
from ui.frame import Frame
from ui.html import area, heading, notice
from ui.tabs import report

DRAWN_EVERY = 0.3  # seconds
# Once a file is ready the browser fetches it, as by a click on the hidden button; nothing where something went wrong.
FETCH = "(file) => { if (file) kurabeFetch('k-take-file'); }"


@dataclass(frozen=True)
class Tab:
    empty: gr.HTML
    body: gr.Column
    note: gr.HTML
    report: report.Report
    model: gr.HTML
    code: gr.HTML
    script: gr.Code
    file: gr.DownloadButton


def build(lang: str) -> Tab:
    empty = area(view.nothing(lang), elem_id="k-nothing-to-take")
    with gr.Column(visible=False) as body:
        note = area()
        papers = report.build(lang)
        help_text = text("export.page.model_help", lang, n=make.QUESTIONS)
        area(heading(text("export.page.model", lang), help_text))
        model = area(elem_id="k-take-model")
        area(heading(text("export.page.code", lang), text("export.page.code_help", lang)))
        found = area(elem_id="k-take-code")
        script = gr.Code(
            language="python",
            interactive=False,
            lines=12,
            max_lines=36,
            label=text("export.page.code", lang),
            buttons=["copy"],
            show_line_numbers=False,  # measured while the tab is hidden, they stand beside other lines than their own
            elem_id="k-script",
        )
        file = gr.DownloadButton("", visible="hidden", elem_id="k-take-file")
    return Tab(empty, body, note, papers, model, found, script, file)


def outputs(tab: Tab) -> list[Any]:
    return [tab.empty, tab.body, tab.note, tab.model, tab.code, tab.script, *report.outputs(tab.report)]


def show(run: Run | None, lang: str) -> list[Any]:
    """What there is of the run, and its code; the invitation where none is open."""
    if run is None:
        return [gr.update(visible=True), gr.update(visible=False), "", "", "", "", *report.show(False)]
    waiting = rundir.state(run) in ("queued", "running")
    note = notice(text("export.page.training", lang)) if waiting else ""
    lists = [view.cards(run, names, lang) for names in (view.MODEL, view.CODE)]
    try:
        script = gr.update(value=code(run), visible=True)
    except UserError:  # the cards say why
        script = gr.update(value="", visible=False)
    finished = runs.comparison(run) is not None
    return [gr.update(visible=False), gr.update(visible=True), note, *lists, script, *report.show(finished)]


def act(lang: str, run_id: str, event: gr.EventData) -> Iterator[list[Any]]:
    """A button of a card was clicked: "make:merged", "download:merged", "again:merged" or "drop:merged"."""
    what, _, name = str(event._data["pick"]).partition(":")
    run = runs.find(run_id)
    if run is None or name not in (*view.MODEL, *view.CODE):
        return
    names = view.MODEL if name in view.MODEL else view.CODE
    try:
        if what == "drop":
            make.drop(run, name)
            yield [view.cards(run, names, lang), None]
            return
        path, drawn = downloads.place(f"kurabe-{run.id}-{name}.zip"), 0.0
        for progress in _packed(run, name, path, lang, anew=what == "again"):
            if time.monotonic() - drawn > DRAWN_EVERY:
                drawn = time.monotonic()
                yield [view.cards(run, names, lang, busy={name: progress}), gr.skip()]
    except (UserError, ChildFailed, OSError) as problem:
        yield [view.cards(run, names, lang, failed={name: told(problem, lang)}), None]
        return
    yield [view.cards(run, names, lang), str(path)]


def _packed(run: Run, name: str, path: Path, lang: str, *, anew: bool) -> Iterator[Progress]:
    """Make it, and pack it at `path`. What takes long is kept with the run and not made again, the rest is not kept."""
    if make.kind_named(name).slow:
        if anew or make.made(run, name) is None:
            yield from make.export(run, name, run.exports / name, lang=lang, replace=True)
        yield Progress("zip")
        make.zipped(run.exports / name, path)
        return
    with tempfile.TemporaryDirectory(dir=path.parent) as aside:
        yield from make.export(run, name, Path(aside) / name, lang=lang)
        make.zipped(Path(aside) / name, path)


def bind(tab: Tab, frame: Frame) -> None:
    report.bind(tab.report, frame)
    for area_of in (tab.model, tab.code):
        asked = [frame.lang, frame.run]
        area_of.click(act, asked, [area_of, tab.file], **slow(2)).then(None, tab.file, None, js=FETCH)

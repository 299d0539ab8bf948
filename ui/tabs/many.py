"""A part of Compare: many questions at once, pasted or from a file, both answers as a table, to download."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from engine import answers_csv, atomic, chat, questions, rundir, showcase
from engine import talk as talks
from engine.schema import UserError
from engine.sentences import told
from engine.text import text
from ui import many_view as view
from ui import runs
from ui.events import QUICK, slow
from ui.frame import Frame
from ui.html import area, heading
from ui.tabs import sides as chosen

DRAWN_EVERY = 0.7  # seconds: a table of hundreds of rows is drawn less often than two panes


@dataclass(frozen=True)
class Many:
    text: gr.Textbox
    file: gr.File
    ask: gr.Button
    stop: gr.Button
    csv: gr.DownloadButton
    message: gr.HTML
    table: gr.HTML


def build(lang: str) -> Many:
    area(heading(text("page.many.title", lang), text("page.many.help", lang, most=chat.MAX_QUESTIONS)))
    with gr.Row(elem_classes="k-fields"):
        pasted = gr.Textbox(
            label=text("page.many.paste", lang), placeholder=text("page.many.placeholder", lang), lines=6, max_lines=12,
            max_length=questions.MAX_PASTED, elem_id="k-many-text",
        )  # fmt: skip
        file = gr.File(
            label=text("page.many.file", lang),
            file_types=list(questions.SUFFIXES),
            height=150,
            visible=not showcase.on(),
            elem_id="k-many-file",
        )
    with gr.Row(elem_classes="k-actions"):
        small = {"scale": 0, "min_width": 120}
        ask = gr.Button(text("page.many.ask", lang), variant="primary", elem_id="k-many-ask", **small)
        stop = gr.Button(text("page.compare.stop", lang), visible=False, elem_id="k-many-stop", **small)
        csv = gr.DownloadButton(text("page.many.csv", lang), visible=False, elem_id="k-many-csv", **small)
    message, table = area(), area(elem_id="k-many")
    return Many(pasted, file, ask, stop, csv, message, table)


def outputs(part: Many) -> list[Any]:
    return [part.message, part.table, part.csv]


def show() -> list[Any]:
    """Nothing asked yet, as for a run that has just been opened."""
    return ["", "", gr.update(visible=False)]


def answer(request: gr.Request, lang: str, run_id: str, pasted: str, path: str | None, *values: Any) -> Iterator[Any]:
    """Every question's two answers as they come: message, table, download, and Stop in the place of Ask."""
    working, as_they_are = [gr.update(visible=False), gr.update(visible=True)], [gr.skip(), gr.skip()]
    run, shown = runs.find(run_id), ""
    try:
        asked = questions.read(Path(path)) if path else questions.lines(pasted or "")
        begun = chosen.wanted(*values)
        heads = chosen.heads(run, begun.sides, lang)
        request_of_all = talks.asked(begun, asked, owner=f"many-{request.session_hash}")
        shown = view.table(asked, {"state": "loading"}, heads, lang)
        yield ["", shown, gr.update(visible=False), *working]
        drawn, last = time.monotonic(), {}
        for last in chat.answers(request_of_all):
            if time.monotonic() - drawn >= DRAWN_EVERY:
                drawn = time.monotonic()
                shown = view.table(asked, last, heads, lang)
                yield ["", shown, gr.update(visible=False), *working]
    except UserError as problem:
        yield [view.failed(told(problem, lang), lang), shown, gr.update(visible=False), *as_they_are]
        return
    names = [f"{head.title} ({head.under})" for head in heads]
    file = _file(run_id, answers_csv.answers_csv(asked, last["answers"], names, begun))
    said = view.message(last, lang)
    yield [said, view.table(asked, last, heads, lang), gr.update(value=str(file), visible=True), *as_they_are]


def _file(run_id: str, content: str) -> Path:
    """Where the page may be given the download from."""
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or rundir.home() / "cache" / "gradio") / run_id
    path = folder / f"kurabe-{run_id}-answers-{time.strftime('%H%M%S')}.csv"
    atomic.write_text(path, content)
    return path


def stop(request: gr.Request) -> None:
    """Ask the inference process to stop; the table keeps what it has."""
    chat.stop(f"many-{request.session_hash}")


def bind(part: Many, frame: Frame, both: chosen.Sides) -> None:
    inputs = [frame.lang, frame.run, part.text, part.file, *chosen.inputs(both)]
    buttons = [part.ask, part.stop]
    asked = part.ask.click(answer, inputs, [part.message, part.table, part.csv, *buttons], **slow(4))
    asked.then(lambda: [gr.update(visible=True), gr.update(visible=False)], None, buttons, **QUICK)
    part.stop.click(stop, None, None, **QUICK)

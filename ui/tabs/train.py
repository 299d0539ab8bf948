"""Train: watch a run from its files; stop it, or let it go on. Closing the page changes nothing."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine import launch, rundir, showcase
from engine.rundir import Run
from engine.schema import UserError
from engine.sentences import told
from engine.text import text
from ui import method_view, runs, train_view
from ui.events import QUICK
from ui.frame import Frame
from ui.html import area

AGAIN = ("stopped", "lost", "failed")


@dataclass(frozen=True)
class Tab:
    panel: gr.HTML
    stop: gr.Button
    sure: gr.Row
    yes: gr.Button
    no: gr.Button
    resume: gr.Button
    result: gr.Button
    message: gr.HTML
    chart: gr.HTML
    log_box: gr.Accordion
    log: gr.HTML


def build(lang: str) -> Tab:
    panel = area(train_view.nothing(lang), elem_id="k-train")
    with gr.Row(elem_classes="k-actions"):
        stop = gr.Button(text("page.train.stop", lang), visible=False, scale=0, min_width=120, elem_id="k-stop")
        resume = gr.Button(
            text("page.train.resume", lang),
            variant="primary",
            visible=False,
            scale=0,
            min_width=150,
            elem_id="k-resume",
        )
        result = gr.Button(
            text("page.train.see_result", lang),
            variant="primary",
            visible=False,
            scale=0,
            min_width=180,
            elem_id="k-see-result",
        )
    with gr.Row(visible=False, elem_classes="k-actions k-sure") as sure:
        area(f"<p>{text('page.train.sure', lang)}</p>")
        yes = gr.Button(text("page.train.sure_yes", lang), variant="stop", scale=0, min_width=120, elem_id="k-stop-yes")
        no = gr.Button(text("page.train.sure_no", lang), scale=0, min_width=120)
    message = area()
    chart = area(elem_id="k-loss")
    with gr.Accordion(text("page.train.log", lang), open=False, visible=False, elem_classes="k-accordion") as log_box:
        log = area()
    return Tab(panel, stop, sure, yes, no, resume, result, message, chart, log_box, log)


def outputs(tab: Tab) -> list[Any]:
    """What `show` fills while a run goes on."""
    return [tab.panel, tab.chart, tab.log]


def show(run: Run | None, lang: str) -> list[Any]:
    if run is None:
        return [train_view.nothing(lang), "", ""]
    state = rundir.state(run)
    return [train_view.panel(run, state, lang), train_view.chart(run, lang), train_view.log_tail(run, lang)]


def button_outputs(tab: Tab) -> list[Any]:
    return [tab.stop, tab.sure, tab.resume, tab.result, tab.log_box, tab.message]


def show_buttons(run: Run | None) -> list[Any]:
    """What can be done in the run's state: filled only when the state changes, so a question stays open."""
    state = rundir.state(run) if run else ""
    active = state in ("running", "queued")
    may = not showcase.on()
    visible = [active and may, False, state in AGAIN and may, state == "done", run is not None]
    return [*(gr.update(visible=shown) for shown in visible), ""]


def stop(lang: str, run_id: str) -> list[Any]:
    """Ask the worker to stop; it keeps a checkpoint and says so in its status."""
    run = runs.find(run_id)
    try:
        if run is not None:
            launch.stop(run)
        words = train_view.notice(text("page.train.stopping", lang))
    except UserError as problem:
        words = method_view.problem(told(problem, lang), lang)
    return [gr.update(visible=False), gr.update(visible=False), words]


def resume(lang: str, run_id: str) -> list[Any]:
    run = runs.find(run_id)
    if run is None:
        return [gr.skip(), ""]
    try:
        launch.resume(run)
    except UserError as problem:
        return [gr.skip(), method_view.problem(told(problem, lang), lang)]
    return [gr.update(visible=False), train_view.notice(text("page.train.resuming", lang))]


def question(shown: bool) -> list[Any]:
    return [gr.update(visible=not shown), gr.update(visible=shown)]


def ask_first() -> list[Any]:
    return question(True)


def go_on() -> list[Any]:
    return question(False)


def bind(tab: Tab, frame: Frame) -> None:
    tab.stop.click(ask_first, None, [tab.stop, tab.sure], **QUICK)
    tab.no.click(go_on, None, [tab.stop, tab.sure], **QUICK)
    tab.yes.click(stop, [frame.lang, frame.run], [tab.stop, tab.sure, tab.message], **QUICK)
    tab.resume.click(resume, [frame.lang, frame.run], [tab.resume, tab.message], **QUICK)

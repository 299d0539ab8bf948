"""Compare: one question, two answers at once, streamed from an inference process of its own."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import gradio as gr

from engine import chat, rundir
from engine.registry import methods
from engine.rundir import Run
from engine.schema import UserError
from engine.text import text
from ui import compare_view as view
from ui import runs, use_case_view, usecases
from ui.events import QUICK, slow
from ui.frame import Frame
from ui.html import area

LONGEST_QUESTION = 4000
LONGEST_EXAMPLE = 120
LONGEST_ANSWER = 1024
DRAWN_EVERY = 0.15  # seconds: a browser that gets every token of a quick model falls behind, and so does its Stop


@dataclass(frozen=True)
class Tab:
    empty: gr.HTML
    body: gr.Column
    examples: gr.HTML
    question: gr.Textbox
    length: gr.Slider
    ask: gr.Button
    stop: gr.Button
    message: gr.HTML
    panes: gr.HTML
    proof: gr.HTML
    reminder: gr.HTML  # what the use case's answers must not be used for


def build(lang: str) -> Tab:
    empty = area(view.nothing(lang, training=False))
    with gr.Column(visible=False) as body:
        reminder = area(elem_id="k-compare-notice")
        with gr.Row(elem_classes="k-ask", equal_height=True):
            question = gr.Textbox(
                label=text("page.compare.question", lang),
                placeholder=text("page.compare.placeholder", lang),
                lines=1,
                max_lines=6,
                max_length=LONGEST_QUESTION,
                scale=6,
                elem_id="k-question",
            )
            ask = gr.Button(text("page.compare.ask", lang), variant="primary", scale=0, min_width=120, elem_id="k-ask")
            stop = gr.Button(
                text("page.compare.stop", lang), scale=0, min_width=120, visible=False, elem_id="k-chat-stop"
            )
        examples = area(classes="k-examples")
        message = area()
        panes = area(view.panes(None, lang), elem_id="k-panes")
        proof = area()
        with gr.Accordion(text("page.compare.options", lang), open=False, elem_classes="k-accordion"):
            length = gr.Slider(8, LONGEST_ANSWER, value=128, step=8, label=text("page.compare.length", lang),
                               info=text("page.compare.length_help", lang))  # fmt: skip
    return Tab(empty, body, examples, question, length, ask, stop, message, panes, proof, reminder)


def outputs(tab: Tab) -> list[gr.components.Component]:
    return [tab.empty, tab.body, tab.examples, tab.proof, tab.panes, tab.message, tab.reminder]


def show(run: Run | None, lang: str) -> list[Any]:
    """What stands here for a run: an invitation before it is trained, else the question box with its examples."""
    blank = [view.panes(None, lang), ""]
    if run is None or rundir.state(run) != "done":
        training = run is not None and rundir.state(run) in ("running", "queued")
        return [
            gr.update(value=view.nothing(lang, training=training), visible=True),
            gr.update(visible=False),
            "",
            "",
            *blank,
            "",
        ]
    shown = [gr.update(visible=False), gr.update(visible=True), view.examples(questions(run), lang), proof(run, lang)]
    return [*shown, *blank, use_case_view.reminder(usecases.presets().get(runs.spec(run).use_case), lang)]


def questions(run: Run) -> tuple[str, ...]:
    """Examples to click: the use case's own, else held-out questions of the run that fit on a line."""
    preset = usecases.presets().get(runs.spec(run).use_case)
    if preset:
        return (*preset.demo, *preset.limits[:1])
    held_out = (one for one in run.examples("test") if one.suite == runs.spec(run).primary.suite)
    short = (one.question for one in held_out if len(one.question) <= LONGEST_EXAMPLE)
    return tuple(islice(dict.fromkeys(short), 6))


def proof(run: Run, lang: str) -> str:
    member = methods().get(runs.spec(run).method)
    return view.proof(chat.proof(run), full=member is not None and not member.adapter, lang=lang)


def ask(lang: str, run_id: str, question: str, length: float) -> Iterator[list[Any]]:
    """Both answers as they grow: message, panes, proof and which button stands there."""
    run = runs.find(run_id)
    working, idle = (
        [gr.update(visible=False), gr.update(visible=True)],
        [gr.update(visible=True), gr.update(visible=False)],
    )
    if run is None or not question.strip():
        yield [view.notice(text("page.compare.no_question", lang)), gr.skip(), gr.skip(), *idle]
        return
    last: dict[str, Any] = {"state": "loading"}
    yield ["", view.panes(last, lang), gr.skip(), *working]
    try:
        drawn = 0.0
        for last in chat.ask(run, question.strip()[:LONGEST_QUESTION], max_new_tokens=int(length)):
            if time.monotonic() - drawn >= DRAWN_EVERY:
                drawn = time.monotonic()
                yield ["", view.panes(last, lang), proof(run, lang), *working]
    except UserError as problem:
        last = {**last, "state": "failed", "message": str(problem)}
    yield [view.message(last, lang), view.panes(last, lang), proof(run, lang), *idle]


def stop(run_id: str) -> None:
    """Ask the inference process to stop answering; the panes keep what they have."""
    run = runs.find(run_id)
    if run is not None:
        chat.stop(run)


def pick_example(event: gr.EventData) -> str:
    return str(event._data["pick"])


def bind(tab: Tab, frame: Frame) -> None:
    inputs = [frame.lang, frame.run, tab.question, tab.length]
    shown = [tab.message, tab.panes, tab.proof, tab.ask, tab.stop]
    gr.on([tab.ask.click, tab.question.submit], ask, inputs, shown, **slow(8))
    tab.examples.click(pick_example, None, tab.question, **QUICK).then(ask, inputs, shown, **slow(8))
    tab.stop.click(stop, frame.run, None, **QUICK)

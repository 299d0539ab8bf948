"""A part of Compare: one question, two answers at once, streamed; and what follows from them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import gradio as gr

from engine import chat, sides
from engine import talk as talks
from engine.rundir import Run
from engine.schema import UserError
from engine.sentences import told
from engine.talk import Said, Talk, Turn
from engine.text import text
from ui import compare_view as view
from ui import runs, usecases
from ui.events import PICK, QUICK, slow
from ui.frame import Frame
from ui.html import area
from ui.tabs import sides as chosen

T = TypeVar("T")

LONGEST_EXAMPLE = 120
DRAWN_EVERY = 0.15  # seconds: a browser that gets every token of a quick model falls behind, and so does its Stop
ASKED = "(...asked) => { kurabeAsked(...asked); }"
COPY = "(...asked) => { kurabeCopyLink(...asked); }"
# The buttons as an answer leaves them: they change back when its stream has closed (see ui/events.py).
AS_THEY_ARE = [gr.skip(), gr.skip(), gr.skip()]


@dataclass(frozen=True)
class Ask:
    question: gr.Textbox
    ask: gr.Button
    stop: gr.Button
    examples: gr.HTML
    message: gr.HTML
    panes: gr.HTML
    after: gr.Row  # what can be done with an answer
    follow: gr.Button
    link: gr.Button
    proof: gr.HTML
    talk: gr.Textbox  # the conversation so far, as JSON; empty before the first answer


def build(lang: str, *, beside: Callable[[], T]) -> tuple[Ask, T]:
    """Question box, panes, and what can be done with an answer, to which `beside` adds widgets of its own."""
    with gr.Row(elem_classes="k-ask", equal_height=True):
        question = gr.Textbox(
            label=text("page.compare.question", lang),
            placeholder=text("page.compare.placeholder", lang),
            lines=1,
            max_lines=6,
            max_length=sides.MAX_CHARACTERS,
            scale=6,
            elem_id="k-question",
        )
        small = {"scale": 0, "min_width": 120}
        ask = gr.Button(text("page.compare.ask", lang), variant="primary", elem_id="k-ask", **small)
        stop = gr.Button(text("page.compare.stop", lang), visible=False, elem_id="k-chat-stop", **small)
    examples = area(classes="k-examples")
    message = area()
    panes = area(elem_id="k-panes")
    with gr.Row(elem_classes="k-actions", visible=False) as after:
        small = {"size": "sm", "scale": 0, "min_width": 120}
        follow = gr.Button(text("page.compare.follow", lang), elem_id="k-follow", **small)
        link = gr.Button(text("page.compare.link", lang), elem_id="k-link", **small)
        added = beside()
    proof = area()
    held = gr.Textbox(visible="hidden", elem_id="k-talk")
    return Ask(question, ask, stop, examples, message, panes, after, follow, link, proof, held), added


def outputs(part: Ask) -> list[Any]:
    return [part.examples, part.question, *begun_outputs(part)]


def show(run: Run | None, lang: str, *, keys: Sequence[str] = (), question: str = "") -> list[Any]:
    """Before the first question to these sides: the run's examples, and the question that a link holds."""
    if run is None:
        return ["", "", *[""] * 3, gr.update(visible=False), ""]
    return [view.examples(questions(run), lang), question[: sides.MAX_CHARACTERS], *begin(run, keys, lang)]


def questions(run: Run) -> tuple[str, ...]:
    """Examples to click: the use case's own, else held-out questions of the run that fit on a line."""
    preset = usecases.presets().get(runs.spec(run).use_case)
    if preset:
        return (*preset.demo, *preset.limits[:1])
    held_out = (one for one in run.examples("test") if one.suite == runs.spec(run).primary.suite)
    short = (one.question for one in held_out if len(one.question) <= LONGEST_EXAMPLE)
    return tuple(islice(dict.fromkeys(short), 6))


def begun_outputs(part: Ask) -> list[Any]:
    return [part.message, part.panes, part.proof, part.after, part.talk]


def begin(run: Run, keys: Sequence[str], lang: str) -> list[Any]:
    """Two empty panes for these sides, and no conversation."""
    try:
        drawn = view.panes(chosen.heads(run, keys, lang), [], lang)
        return ["", drawn, proof(keys, None, lang), gr.update(visible=False), ""]
    except UserError as problem:
        return [view.message(_failed(problem, lang), lang), "", "", gr.update(visible=False), ""]


def proof(keys: Sequence[str], found: dict[str, Any] | None, lang: str) -> str:
    """Whether base was proved to be base by the process that answers these sides now."""
    both = [sides.side(key) for key in keys]
    return view.proof(found or chat.proof(both), kind=chosen.proof_kind(keys), lang=lang)


def change_sides(lang: str, run_id: str, left: str, right: str) -> list[Any]:
    """Another side was chosen: the conversation begins anew; the question stays where it is, to be asked again."""
    run = runs.find(run_id)
    return [gr.skip()] * 5 if run is None else begin(run, (left, right), lang)


def answer(request: gr.Request, lang: str, run_id: str, follow: bool, held: str, question: str, *values: Any) -> Any:
    """Both answers as they grow: message, panes, proof, what can be done next, the conversation, and Stop in the place
    of Ask. With `follow` the question goes on where the conversation is, else it begins a new one."""
    working = [gr.update(visible=False), gr.update(visible=True), gr.update(visible=False), ""]
    run, before = runs.find(run_id), held if follow else ""
    shown = [gr.skip(), gr.skip()]  # panes, proof; from the first yield on values, since Gradio sends only what differs
    try:
        begun = chosen.wanted(*values)
        earlier = talks.read(before)
        if earlier and begun.follows(earlier):
            begun = begun.model_copy(update={"turns": earlier.turns})
        asked = talks.asked(begun, [question], owner=str(request.session_hash))
        heads = chosen.heads(run, begun.sides, lang)
        shown = _drawn(heads, begun, question, {"state": "loading"}, lang)
        yield ["", *shown, *working]
        drawn, last = time.monotonic(), {}
        for last in chat.answers(asked):
            if time.monotonic() - drawn >= DRAWN_EVERY:
                drawn = time.monotonic()
                shown = _drawn(heads, begun, question, last, lang)
                yield ["", *shown, *working]
    except UserError as problem:
        yield [view.message(_failed(problem, lang), lang), *shown, *AS_THEY_ARE, before]
        return
    whole = _with(begun, question, last)
    held = whole.model_dump_json() if whole else before  # what failed does not end the conversation before it
    shown = _drawn(heads, begun, question, last, lang)
    yield [view.message(last, lang), *shown, *AS_THEY_ARE, held]


def _failed(problem: UserError, lang: str) -> dict[str, str]:
    return {"state": "failed", "message": told(problem, lang)}


def _drawn(heads: Sequence[Any], begun: Talk, question: str, state: dict[str, Any], lang: str) -> list[str]:
    """Panes and proof."""
    turns = [turn.model_dump() for turn in begun.turns]
    turns.append({"question": sides.plain(question), "answers": state.get("answers", [[None, None]])[0]})
    drawn = view.panes(heads, turns, lang, state=state["state"])
    return [drawn, proof(begun.sides, state.get("proof"), lang)]


def _with(begun: Talk, question: str, last: dict[str, Any]) -> Talk | None:
    """The conversation with what was said just now; None where a side said nothing at all."""
    both = last.get("answers", [[None, None]])[0]
    if last.get("state") not in ("done", "stopped") or None in both:
        return None
    turn = Turn(question=sides.plain(question), answers=tuple(Said(**one) for one in both))
    return begun.model_copy(update={"turns": (*begun.turns, turn)})


def stop(request: gr.Request) -> None:
    """Ask the inference process to stop what this page asked; the panes keep what they have."""
    chat.stop(str(request.session_hash))


def idle(held: str) -> list[Any]:
    """Ask in the place of Stop again, and what can be done next where there is a conversation."""
    return [gr.update(visible=True), gr.update(visible=False), gr.update(visible=bool(held))]


def pick_example(event: gr.EventData) -> str:
    return str(event._data["pick"])


def bind(part: Ask, frame: Frame, both: chosen.Sides) -> None:
    buttons = [part.ask, part.stop, part.after]
    shown = [part.message, part.panes, part.proof, *buttons, part.talk]

    def bind_answer(asked: Any, *, follow: bool) -> None:
        inputs = [frame.lang, frame.run, gr.State(follow), part.talk, part.question, *chosen.inputs(both)]
        asked(answer, inputs, shown, **slow(8)).then(idle, part.talk, buttons, **QUICK)

    linked = [part.question, frame.run, both.left, both.right]
    bind_answer(partial(gr.on, [part.ask.click, part.question.submit]), follow=False)
    gr.on([part.ask.click, part.question.submit, part.follow.click], None, linked, None, js=ASKED, **QUICK)
    bind_answer(part.follow.click, follow=True)
    picked = part.examples.click(pick_example, None, part.question, **PICK)
    picked.then(None, linked, None, js=ASKED, **QUICK)
    bind_answer(picked.then, follow=False)
    part.link.click(None, linked, None, js=COPY, **QUICK)
    part.stop.click(stop, None, None, **QUICK)
    gr.on(
        [both.left.input, both.right.input],
        change_sides,
        [frame.lang, frame.run, both.left, both.right],
        begun_outputs(part),
        **QUICK,
    )

"""A part of Compare: keep the pair of answers that is shown, with a note; the kept ones below, to open, ask again,
delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine import pairs, showcase, sides
from engine import talk as talks
from engine.rundir import Run
from engine.schema import UserError
from engine.sentences import told
from engine.text import text
from ui import runs
from ui.compare_view import Head
from ui.events import QUICK
from ui.frame import Frame
from ui.html import area, notice
from ui.kept_pairs_view import listing
from ui.tabs import ask
from ui.tabs import sides as chosen


@dataclass(frozen=True)
class Kept:
    note: gr.Textbox
    keep: gr.Button
    message: gr.HTML
    list: gr.HTML


def build_keep(lang: str) -> tuple[gr.Textbox, gr.Button]:
    """The note and the button, beside what else can be done with an answer."""
    note = gr.Textbox(
        show_label=False, label=text("page.kept.note", lang), placeholder=text("page.kept.note", lang),
        max_length=pairs.MAX_NOTE, container=False, scale=2, min_width=180, visible=not showcase.on(), elem_id="k-note",
    )  # fmt: skip
    small = {"size": "sm", "scale": 0, "min_width": 120, "visible": not showcase.on()}
    keep = gr.Button(text("page.kept.keep", lang), elem_id="k-keep", **small)
    return note, keep


def build_list() -> tuple[gr.HTML, gr.HTML]:
    return area(), area(elem_id="k-kept", classes="k-kept-list")


def outputs(part: Kept) -> list[Any]:
    return [part.message, part.list, part.note]


def show(run: Run | None, lang: str, *, deleted: str = "") -> list[Any]:
    """The kept pairs of a run."""
    if run is None:
        return ["", "", ""]
    return ["", listing(pairs.read(run), lambda keys: _heads(run, keys, lang), lang, deleted=deleted), ""]


def _heads(run: Run, keys: Sequence[str], lang: str) -> list[Head]:
    """As above the panes; a side whose run is gone is called by its arm."""
    found = []
    for key in keys:
        try:
            found += chosen.heads(run, [key], lang)
        except UserError:
            run_id, _, arm = key.partition(":")
            name = text(f"page.arm.{arm}", lang) if arm in (sides.BASE, sides.PROMPTED, sides.TUNED) else arm
            found.append(Head(name, text("page.kept.gone", lang, run=run_id), arm == sides.TUNED))
    return found


def keep(lang: str, run_id: str, held: str, note: str) -> list[Any]:
    """Keep the conversation that is shown; the note stays where it could not be kept."""
    run = runs.find(run_id)
    try:
        talk = talks.read(held)
        if run is None or talk is None:
            raise UserError(text("page.kept.nothing", lang))
        pairs.keep(run, talk, note or "")
    except UserError as problem:
        return [notice(told(problem, lang), tone="bad"), gr.skip(), gr.skip()]
    return show(run, lang)


def act(lang: str, run_id: str, event: gr.EventData) -> list[Any]:
    """A button of a kept pair: "delete=ID", "undo=ID", "again=ID". Also the question, the sides and the system prompt,
    which are those of the pair that is to be asked again."""
    run = runs.find(run_id)
    word, _, name = str(event._data["pick"]).partition("=")
    still = [gr.skip()] * 3, [gr.skip()] * 4
    if run is None:
        return [*still[0], *still[1]]
    try:
        if word == "delete":
            pairs.delete(run, name)
            return [*show(run, lang, deleted=name), *still[1]]
        if word == "undo":
            pairs.restore(run, name)
            return [*show(run, lang), *still[1]]
        talk = next(pair.talk for pair in pairs.read(run) if pair.id == name)
        for key in talk.sides:
            sides.side(key)
    except (UserError, StopIteration) as problem:
        return [notice(told(problem, lang) or text("page.kept.nothing", lang), tone="bad"), *still[0][1:], *still[1]]
    return [*still[0], talk.turns[0].question, *talk.sides, talk.system]


def bind(part: Kept, frame: Frame, asked: ask.Ask, both: chosen.Sides) -> None:
    part.keep.click(keep, [frame.lang, frame.run, asked.talk, part.note], outputs(part), **QUICK)
    filled = [asked.question, both.left, both.right, both.system]
    acted = part.list.click(act, [frame.lang, frame.run], [*outputs(part), *filled], **QUICK)
    acted.then(None, js="() => kurabeShowAsked()")

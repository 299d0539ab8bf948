"""Compare: two sides of a run, or of several, asked the same; many questions at once; and a blind vote."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine import rundir, showcase
from engine.rundir import Run
from engine.text import text
from ui import compare_view as view
from ui import runs, use_case_view, usecases
from ui.events import QUICK
from ui.frame import Frame
from ui.html import area
from ui.tabs import ask, kept_pairs, many, sides, vote

PARTS = ("ask", "many", "vote")


@dataclass(frozen=True)
class Tab:
    empty: gr.HTML
    body: gr.Column
    reminder: gr.HTML  # what the use case's answers must not be used for
    tabs: gr.Tabs
    parts: dict[str, gr.Tab]
    how: gr.Column  # how both sides answer
    sides: sides.Sides
    ask: ask.Ask
    kept: kept_pairs.Kept
    many: many.Many
    vote: vote.Vote


def build(lang: str) -> Tab:
    empty = area(view.nothing(lang, training=False))
    parts: dict[str, gr.Tab] = {}
    with gr.Column(visible=False) as body:
        reminder = area(elem_id="k-compare-notice")
        choice = sides.build_choice(lang)
        with gr.Tabs(selected="ask", elem_id="k-parts") as tabs:
            for name in PARTS:
                there = name != "vote" or not showcase.on()  # a vote is written into the run
                parts[name] = gr.Tab(text(f"page.compare.part_{name}", lang), id=name, visible=there)
        with parts["ask"]:
            asked, keep = ask.build(lang, beside=lambda: kept_pairs.build_keep(lang))
        with parts["many"]:
            asked_many = many.build(lang)
        with parts["vote"]:
            voted = vote.build(lang)
        with gr.Column() as how:
            options = sides.build_options(lang)
        listed = kept_pairs.build_list()
    kept = kept_pairs.Kept(*keep, *listed)
    both = sides.Sides(*choice, *options)
    return Tab(empty, body, reminder, tabs, parts, how, both, asked, kept, asked_many, voted)


def outputs(tab: Tab) -> list[Any]:
    own = [tab.empty, tab.body, tab.reminder, tab.tabs, *part_outputs(tab)]
    rooms = (sides, tab.sides), (ask, tab.ask), (kept_pairs, tab.kept), (many, tab.many), (vote, tab.vote)
    return [*own, *(one for room, part in rooms for one in room.outputs(part))]


def show(run: Run | None, lang: str, link: Mapping[str, str] | None = None) -> list[Any]:
    """What stands here for a run: an invitation before it is trained, else the question box with its examples. `link`
    is what the page's address says: q, left, right, part."""
    there = run is not None and rundir.state(run) == "done"
    training = run is not None and rundir.state(run) in ("running", "queued")
    nothing = gr.update(value=view.nothing(lang, training=training), visible=not there)
    own, link = [nothing, gr.update(visible=there)], link or {}
    part = link.get("part", "")
    opened = [gr.update(selected=part), *show_part(part)] if part in PARTS else [gr.skip()] * 3
    shown = run if there else None
    choice = sides.show(shown, lang, left=link.get("left", ""), right=link.get("right", ""))
    keys = [update["value"] for update in choice[:2]]
    reminder = use_case_view.reminder(usecases.presets().get(runs.spec(run).use_case), lang) if there else ""
    rooms = [*choice, *ask.show(shown, lang, keys=keys, question=link.get("q", "")), *kept_pairs.show(shown, lang)]
    return [*own, reminder, *opened, *rooms, *many.show(), *vote.show(shown, lang)]


def part_outputs(tab: Tab) -> list[Any]:
    """What stands around the parts: a vote is on the run's own two answers, as they were given in its test."""
    return [tab.sides.row, tab.how]


def show_part(part: str) -> list[Any]:
    return [gr.update(visible=part != "vote")] * 2


def bind(tab: Tab, frame: Frame) -> None:
    for name, part in tab.parts.items():
        noted = f"part => {{ kurabePart('{name}'); return part; }}"
        part.select(show_part, gr.State(name), part_outputs(tab), js=noted, **QUICK)
    sides.bind(tab.sides, frame)
    ask.bind(tab.ask, frame, tab.sides)
    kept_pairs.bind(tab.kept, frame, tab.ask, tab.sides)
    many.bind(tab.many, frame, tab.sides)
    vote.bind(tab.vote, frame)

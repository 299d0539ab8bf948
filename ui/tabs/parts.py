"""A section of Result: the test part by part, for a figure one may choose, and the style of the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine.text import text
from ui import runs, slices_view, style_view
from ui.events import PICK, QUICK
from ui.frame import Frame
from ui.html import area


@dataclass(frozen=True)
class Parts:
    figure: gr.Dropdown
    slices: gr.HTML
    items: gr.HTML
    style: gr.HTML


def build(lang: str) -> Parts:
    area(slices_view.title(lang))
    # The choices come with the run; Gradio would check a choice against those laid out, of which there are none.
    free = {"allow_custom_value": True, "interactive": True}
    figure = gr.Dropdown([], label=text("page.slices.figure", lang), elem_id="k-slices-figure", **free)
    slices, items, style = (area(elem_id=name) for name in ("k-slices", "k-slice-items", "k-style"))
    return Parts(figure, slices, items, style)


def outputs(parts: Parts) -> list[Any]:
    return [parts.figure, parts.slices, parts.items, parts.style]


def nothing() -> list[Any]:
    return [gr.update(choices=[], value=None), "", "", ""]


def show(found: Mapping[str, Any], lang: str) -> list[Any]:
    """The deciding figure part by part, the figures there are to choose from, and the style."""
    options = slices_view.choices(found, lang)
    first = options[0][1] if options else None
    chooser = gr.update(choices=options, value=first, visible=len(options) > 1)
    return [chooser, slices_view.draw(found, first or "", lang), "", style_view.draw(found, lang)]


def choose_figure(lang: str, run_id: str, chosen: str | None) -> list[Any]:
    """Another figure was chosen."""
    found = _found(run_id)
    return [slices_view.draw(found, chosen, lang), ""] if found and chosen else [gr.skip(), gr.skip()]


def open_part(lang: str, run_id: str, chosen: str | None, event: gr.EventData) -> Any:
    """A part was clicked: its items are listed below."""
    found = _found(run_id)
    return slices_view.inside(found, chosen, str(event._data["pick"]), lang) if found and chosen else gr.skip()


def _found(run_id: str) -> dict[str, Any] | None:
    run = runs.find(run_id)
    return runs.comparison(run) if run else None


def bind(parts: Parts, frame: Frame) -> None:
    asked = [frame.lang, frame.run, parts.figure]
    parts.figure.input(choose_figure, asked, [parts.slices, parts.items], **QUICK)
    parts.slices.click(open_part, asked, parts.items, **PICK)

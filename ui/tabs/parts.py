"""A section of Result: the test part by part, for a figure one may choose, and the style of the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine.text import text
from ui import runs, slices_view, style_view
from ui.frame import Frame
from ui.html import area


@dataclass(frozen=True)
class Parts:
    figure: gr.Dropdown
    slices: gr.HTML
    style: gr.HTML


def build(lang: str) -> Parts:
    area(slices_view.title(lang))
    figure = gr.Dropdown([], label=text("page.slices.figure", lang), interactive=True, elem_id="k-slices-figure")
    return Parts(figure, area(elem_id="k-slices"), area(elem_id="k-style"))


def outputs(parts: Parts) -> list[Any]:
    return [parts.figure, parts.slices, parts.style]


def nothing() -> list[Any]:
    return [gr.update(choices=[], value=None), "", ""]


def show(found: Mapping[str, Any], lang: str) -> list[Any]:
    """The deciding figure part by part, the figures there are to choose from, and the style."""
    options = slices_view.choices(found, lang)
    first = options[0][1] if options else None
    chooser = gr.update(choices=options, value=first, visible=len(options) > 1)
    return [chooser, slices_view.draw(found, first or "", lang), style_view.draw(found, lang)]


def choose(lang: str, run_id: str, chosen: str | None) -> Any:
    """Another figure was chosen."""
    run = runs.find(run_id)
    found = runs.comparison(run) if run else None
    return slices_view.draw(found, chosen, lang) if found and chosen else gr.skip()


def bind(parts: Parts, frame: Frame) -> None:
    asked = [frame.lang, frame.run, parts.figure]
    parts.figure.input(choose, asked, parts.slices, show_progress="hidden", concurrency_limit=None)

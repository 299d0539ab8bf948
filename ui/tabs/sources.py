"""Which sheet of a workbook is read, and how much each of several files counts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from engine import uploads
from engine.data.files import TABLES, suffix_of
from engine.text import text
from ui import own_view, row_choices
from ui.html import area, esc, tag

MOST_OTHERS = 5  # files beside the first; more than that are read as one


@dataclass(frozen=True)
class Sources:
    sheet: gr.Dropdown
    help: gr.HTML
    weights: tuple[gr.Number, ...]  # of the other files; the first counts once


def build(lang: str) -> Sources:
    sheet = gr.Dropdown(
        [],
        label=text("page.own.sheet", lang),
        info=text("page.own.sheet_help", lang),
        visible=False,
        interactive=True,
        elem_id="k-sheet",
    )
    under = area(elem_id="k-sources")
    with gr.Row(elem_classes="k-fields"):
        weights = tuple(
            gr.Number(1, minimum=0.01, maximum=100, visible=False, min_width=180, elem_id=f"k-weight-{at}")
            for at in range(MOST_OTHERS)
        )
    return Sources(sheet, under, weights)


def outputs(part: Sources) -> list[Any]:
    """What other files change."""
    return [part.sheet, part.help, *part.weights]


def keep(paths: list[Path]) -> tuple[str, str]:
    """(the word for what was brought, the choices it comes with). Tables are sources of their own, the first leading;
    anything else that is several is one archive. Raises UserError as `uploads.keep` does."""
    apart = 2 <= len(paths) <= 1 + MOST_OTHERS and all(suffix_of(path.name) in TABLES for path in paths)
    if not apart:
        return uploads.keep(paths), ""
    first, *others = [uploads.keep([path]) for path in paths]
    more = [{"upload": token, "weight": 1} for token in dict.fromkeys(others) if token != first]
    return first, row_choices.picked("", more=more) if more else ""


def shown(token: str, choices: str, lang: str) -> list[Any]:
    """The sheets of the first file where they are several, and a weight for each other file."""
    names, first = own_view.sheets(token) if token else ([], "")
    named = row_choices.sheet(choices) or first
    sheet = gr.update(choices=names, value=named if len(names) > 1 else None, visible=len(names) > 1)
    more = row_choices.more(choices)
    words = text("page.own.weights_help", lang, file=uploads.name(token)) if more else ""
    fields = [
        gr.update(
            value=one["weight"], label=text("page.own.weight", lang, file=uploads.name(one["upload"])), visible=True
        )
        for one in more[:MOST_OTHERS]
    ]
    fields += [gr.update(visible=False, value=1)] * (MOST_OTHERS - len(fields))
    return [sheet, tag("p", esc(words), cls="k-muted") if words else "", *fields]


def weighed(choices: str, *weights: float | None) -> str:
    """Another weight was written; one that is no weight leaves the one before."""
    more = [
        {**one, "weight": weight if _is_weight(weight) else one["weight"]}
        for one, weight in zip(row_choices.more(choices), weights, strict=False)
    ]
    return row_choices.picked(choices, more=more) if more else choices


def _is_weight(weight: Any) -> bool:
    return isinstance(weight, int | float) and 0 < weight <= 100

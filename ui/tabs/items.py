"""A section of Result: every item of the test, filtered by chips, by words and by a number that was clicked."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

from engine import atomic, items_json, rundir
from engine.items_csv import items_csv
from engine.rundir import Run
from engine.text import text
from ui import items_view, runs
from ui.clicked import clicked
from ui.events import PICK, QUICK
from ui.frame import Frame
from ui.html import area, heading
from ui.items_view import Chosen

FIRST_SHOWN = ("fixed", "broken", "improved", "worsened")
TO_LIST = "() => kurabeShow('k-filters')"


@dataclass(frozen=True)
class Items:
    outcome: gr.Textbox
    suite: gr.Textbox
    item: gr.Textbox
    number: gr.Textbox  # the number that was clicked
    back: gr.Textbox  # outcome and suite from before that click
    filters: gr.HTML
    search: gr.Textbox
    searched: gr.Textbox  # what the list was last searched for
    list: gr.HTML
    detail: gr.HTML
    csv: gr.DownloadButton
    json: gr.DownloadButton


def build(lang: str) -> Items:
    area(heading(text("page.items.title", lang), text("page.items.help", lang)))
    held = [gr.Textbox(visible="hidden") for _ in range(5)]
    filters = area(classes="k-filters", elem_id="k-filters")
    searched = gr.Textbox("", visible="hidden")
    search = gr.Textbox(
        "", show_label=False, placeholder=text("page.items.search", lang), max_length=200, elem_id="k-search"
    )
    with gr.Row(elem_classes="k-items"):
        listing = area(classes="k-items-list", elem_id="k-items")
        detail = area(classes="k-items-detail", elem_id="k-item")
    with gr.Row(elem_classes="k-actions"):
        small = {"size": "sm", "scale": 0, "min_width": 120}
        csv = gr.DownloadButton(text("page.items.download", lang), elem_id="k-items-csv", **small)
        json = gr.DownloadButton(text("page.items.download_json", lang), elem_id="k-items-json", **small)
    return Items(*held, filters, search, searched, listing, detail, csv, json)


def outputs(part: Items) -> list[Any]:
    return [*shown_outputs(part), part.search, part.searched, part.csv, part.json]


def shown_outputs(part: Items) -> list[Any]:
    """What another choice of items changes."""
    return [part.outcome, part.suite, part.item, part.number, part.back, part.filters, part.list, part.detail]


def nothing() -> list[Any]:
    return [*[""] * 10, None, None]


def show(run: Run, found: Mapping[str, Any], lang: str) -> list[Any]:
    """The items of the deciding suite, first those that were fixed; both downloads."""
    suite = found["changes"][0]["suite"]
    outcome = next((name for name in FIRST_SHOWN if found["counts"].get(suite, {}).get(name)), "")
    shown = _shown(run, found, Chosen(outcome, suite), lang)
    return [*shown, "", "", *(str(path) for path in _files(run, found))]


def _files(run: Run, found: Mapping[str, Any]) -> list[Path]:
    """Every item as CSV and as JSON, where the page may be given them from; written once, a result does not change."""
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or rundir.home() / "cache" / "gradio") / run.id
    made = {"csv": lambda: items_csv(found["items"]), "json": lambda: items_json.items_json(run)}
    paths = {kind: folder / f"kurabe-{run.id}-items.{kind}" for kind in made}
    for kind, path in paths.items():
        if not path.exists():
            atomic.write_text(path, made[kind]())
    return list(paths.values())


@lru_cache(maxsize=8)
def _answers(run: Run, changed: int) -> items_view.Answers:
    return items_json.answers(run)


def answers(run: Run) -> items_view.Answers:
    """Every arm's answers, read again only when the run's result changed."""
    return _answers(run, run.file("comparison").stat().st_mtime_ns)


def _shown(run: Run, found: Mapping[str, Any], chosen: Chosen, lang: str) -> list[Any]:
    """The items that fit, the one asked for open, else the first."""
    fitting = items_view.select(found, chosen)
    ids = [one["example_id"] for one in fitting]
    item = chosen.item if chosen.item in ids else next(iter(ids), "")
    drawn = items_view.filters(found, chosen, lang), items_view.listing(fitting, item, lang)
    detail = items_view.detail(fitting, item, lang, answers(run))
    return [chosen.outcome, chosen.suite, item, chosen.number, chosen.back, *drawn, detail]


def at(lang: str, run_id: str, chosen: Chosen) -> list[Any]:
    """The items so chosen of the run that is open."""
    run = runs.find(run_id)
    found = runs.comparison(run) if run else None
    return [gr.skip() for _ in range(8)] if found is None else _shown(run, found, chosen, lang)


def filter_items(lang: str, run_id: str, event: gr.EventData, *held: Any) -> list[Any]:
    """A chip was clicked: "suite=reworded", "outcome=fixed", or "back=" to undo a clicked number."""
    chosen = Chosen(*held)
    kind, _, value = str(event._data["pick"]).partition("=")
    if kind == "back":
        outcome, _, suite = chosen.back.partition("|")
        return at(lang, run_id, replace(chosen, outcome=outcome, suite=suite, number="", back=""))
    return at(lang, run_id, replace(chosen, **({"suite": value} if kind == "suite" else {"outcome": value})))


def see_number(lang: str, run_id: str, event: gr.EventData, *held: Any) -> list[Any]:
    """A number was clicked: its items alone, none of them left out by a search or an outcome."""
    chosen, pick = Chosen(*held), str(event._data["pick"])
    run = runs.find(run_id)
    found = runs.comparison(run) if run else None
    named = clicked(found, pick, lang) if found else None
    if named is None:
        return [gr.skip() for _ in range(10)]
    back = chosen.back if chosen.number else f"{chosen.outcome}|{chosen.suite}"
    return [*at(lang, run_id, Chosen(suite=named.suite, number=pick, back=back)), "", ""]


def search_anew(lang: str, run_id: str, searched: str, *values: Any) -> list[Any]:
    """The search box holds other words than the list was searched for. The page setting it itself changes nothing."""
    chosen = Chosen(*values)
    if chosen.search == searched:
        return [gr.skip() for _ in range(9)]
    return [*at(lang, run_id, chosen), chosen.search]


def open_item(lang: str, run_id: str, event: gr.EventData, *held: Any) -> list[Any]:
    """A line of the list, or the way to the next item, was clicked."""
    return at(lang, run_id, replace(Chosen(*held), item=str(event._data["pick"])))


def bind(part: Items, frame: Frame, numbers: Sequence[gr.HTML]) -> None:
    """Chips, list, detail and search; and the areas whose numbers lead to their items."""
    chosen = [part.outcome, part.suite, part.search, part.item, part.number, part.back]  # in the order of Chosen
    asked, shown = [frame.lang, frame.run, *chosen], shown_outputs(part)
    part.filters.click(filter_items, asked, shown, **PICK)
    part.list.click(open_item, asked, shown, **PICK)
    part.detail.click(open_item, asked, shown, **PICK)
    for told in numbers:
        told.click(see_number, asked, [*shown, part.search, part.searched], **PICK).then(None, js=TO_LIST)
    # Not `input`: Gradio's fires on key presses only, so not for what is pasted, deleted or composed (Japanese).
    searching = [frame.lang, frame.run, part.searched, *chosen]
    part.search.change(search_anew, searching, [*shown, part.searched], trigger_mode="always_last", **QUICK)

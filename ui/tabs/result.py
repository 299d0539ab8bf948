"""Result: did it help? The verdict first, pictures and the table next, then every item to click through."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from engine import rundir
from engine.items_csv import items_csv
from engine.rundir import Run
from engine.text import text
from ui import items_view, judge_view, result_view, runs
from ui.frame import Frame
from ui.html import area, heading
from ui.tabs import parts

FIRST_SHOWN = ("fixed", "broken", "improved", "worsened")
TO_ITEM = "() => document.getElementById('k-item')?.scrollIntoView({ behavior: 'smooth', block: 'center' })"


@dataclass(frozen=True)
class Tab:
    empty: gr.HTML
    body: gr.Column
    verdict: gr.HTML
    pictures: gr.HTML
    table: gr.HTML
    cost: gr.HTML
    outcome: gr.Textbox
    suite: gr.Textbox
    item: gr.Textbox
    filters: gr.HTML
    search: gr.Textbox
    searched: gr.Textbox  # what the list was last searched for
    list: gr.HTML
    detail: gr.HTML
    ask: gr.Button
    go_on: gr.Button
    stages: gr.HTML
    take: gr.DownloadButton
    parts: parts.Parts


def build(lang: str) -> Tab:
    empty = area(result_view.nothing(None, lang), elem_id="k-no-result")
    with gr.Column(visible=False) as body:
        verdict = area(elem_id="k-verdict")
        pictures = area()
        area(heading(text("page.result.table", lang), text("page.result.table_help", lang)))
        table = area(elem_id="k-changes")
        stages = area(elem_id="k-stages")
        part_by_part = parts.build(lang)
        area(heading(text("page.items.title", lang), text("page.items.help", lang)))
        outcome, suite, item = (gr.Textbox(visible="hidden") for _ in range(3))
        filters = area(classes="k-filters", elem_id="k-filters")
        searched = gr.Textbox("", visible="hidden")
        search = gr.Textbox(
            "", show_label=False, placeholder=text("page.items.search", lang), max_length=200, elem_id="k-search"
        )
        with gr.Row(elem_classes="k-items"):
            listing = area(classes="k-items-list", elem_id="k-items")
            detail = area(classes="k-items-detail", elem_id="k-item")
        with gr.Row(elem_classes="k-actions"):
            take = gr.DownloadButton(
                text("page.items.download", lang), size="sm", scale=0, min_width=120, elem_id="k-items-csv"
            )
        area(heading(text("page.result.cost.title", lang), text("page.result.cost.help", lang)))
        cost = area(elem_id="k-cost")
        with gr.Row(elem_classes="k-actions"):
            ask = gr.Button(
                text("page.result.ask", lang), variant="primary", scale=0, min_width=120, elem_id="k-to-compare"
            )
            go_on = gr.Button(text("page.result.go_on", lang), scale=0, min_width=120, elem_id="k-go-on")
    return Tab(
        *(
            empty,
            body,
            verdict,
            pictures,
            table,
            cost,
            outcome,
            suite,
            item,
            filters,
            search,
            searched,
            listing,
            detail,
        ),
        *(ask, go_on, stages, take, part_by_part),
    )


def outputs(tab: Tab) -> list[Any]:
    return [
        tab.empty,
        tab.body,
        tab.verdict,
        tab.pictures,
        tab.table,
        tab.stages,
        tab.cost,
        tab.search,
        tab.searched,
        tab.take,
        *_item_outputs(tab),
        *parts.outputs(tab.parts),
    ]


def _item_outputs(tab: Tab) -> list[Any]:
    return [tab.outcome, tab.suite, tab.item, tab.filters, tab.list, tab.detail]


def show(run: Run | None, lang: str) -> list[Any]:
    """Everything for a run with a result; the invitation for one without."""
    found = runs.comparison(run) if run else None
    if found is None:
        state = rundir.state(run) if run else None
        shown = [gr.update(value=result_view.nothing(state, lang), visible=True), gr.update(visible=False)]
        return [*shown, *[""] * 7, None, *[""] * 6, *parts.nothing()]
    shown = [gr.update(visible=False), gr.update(visible=True)]
    found = found | {"judge": judge_view.result(run)}
    drawn = (result_view.verdict, result_view.pictures, result_view.change_table, result_view.stages)
    beside = {"run": run.id, "benchmarks": rundir.read_json(run.file("harness"))}
    sections = [draw(found | beside, lang) for draw in drawn]
    sections.append(result_view.efficiency(found, lang, rundir.read_json(run.file("training"), default={})))
    suite = found["changes"][0]["suite"]
    outcome = next((name for name in FIRST_SHOWN if found["counts"].get(suite, {}).get(name)), "")
    items = _items(found, outcome, suite, "", "", lang)
    return [*shown, *sections, "", "", _table_file(run, found), *items, *parts.show(found, lang)]


def _table_file(run: Run, found: dict[str, Any]) -> str:
    """Every item as CSV, where the page may be given it from; written once, a result does not change."""
    folder = os.environ.get("GRADIO_TEMP_DIR") or rundir.home() / "cache" / "gradio"
    path = Path(folder) / run.id / f"kurabe-{run.id}-items.csv"
    if not path.exists():
        rundir.write_text(path, items_csv(found["items"]))
    return str(path)


def _items(found: dict[str, Any], outcome: str, suite: str, search: str, item: str, lang: str) -> list[Any]:
    """The items that fit, the one asked for open, else the first."""
    chosen = items_view.select(found["items"], outcome=outcome, suite=suite, search=search)
    ids = [one["example_id"] for one in chosen]
    item = item if item in ids else next(iter(ids), "")
    filters = items_view.filters(found["items"], outcome=outcome, suite=suite, lang=lang)
    return [
        outcome,
        suite,
        item,
        filters,
        items_view.listing(chosen, item, lang),
        items_view.detail(chosen, item, lang),
    ]


def filter_items(
    lang: str, run_id: str, outcome: str, suite: str, search: str, item: str, event: gr.EventData
) -> list[Any]:
    """A chip was clicked: "suite=reworded" or "outcome=fixed"."""
    kind, _, value = str(event._data["pick"]).partition("=")
    outcome, suite = (outcome, value) if kind == "suite" else (value, suite)
    return search_items(lang, run_id, outcome, suite, search, item)


def search_items(lang: str, run_id: str, outcome: str, suite: str, search: str, item: str) -> list[Any]:
    run = runs.find(run_id)
    found = runs.comparison(run) if run else None
    if found is None:
        return [gr.skip() for _ in range(6)]
    return _items(found, outcome, suite, search, item, lang)


def search_anew(lang: str, run_id: str, outcome: str, suite: str, search: str, item: str, searched: str) -> list[Any]:
    """The search box holds other words than the list was searched for. The page setting it itself changes nothing."""
    if search == searched:
        return [gr.skip() for _ in range(7)]
    return [search, *search_items(lang, run_id, outcome, suite, search, item)]


def open_item(lang: str, run_id: str, outcome: str, suite: str, search: str, event: gr.EventData) -> list[Any]:
    """A line of the list, or the way to the next item, was clicked."""
    return search_items(lang, run_id, outcome, suite, search, str(event._data["pick"]))


def open_member(lang: str, run_id: str, figure: str | None, event: gr.EventData) -> list[Any]:
    """An item of a part of the test was clicked: it is opened among all items of its suite."""
    suite = (figure or "").split(" ")[0]
    return ["", "", *search_items(lang, run_id, "", suite, "", str(event._data["pick"]))]


def bind(tab: Tab, frame: Frame) -> None:
    quiet = {"show_progress": "hidden", "concurrency_limit": None}
    chosen = [frame.lang, frame.run, tab.outcome, tab.suite, tab.search]
    all_outputs = _item_outputs(tab)
    parts.bind(tab.parts, frame)
    opened = [tab.search, tab.searched, *all_outputs]
    shown = tab.parts.items.click(open_member, [frame.lang, frame.run, tab.parts.figure], opened, **quiet)
    shown.then(None, js=TO_ITEM)
    tab.filters.click(filter_items, [*chosen, tab.item], all_outputs, **quiet)
    tab.list.click(open_item, chosen, all_outputs, **quiet)
    tab.detail.click(open_item, chosen, all_outputs, **quiet)
    # Not `input`: Gradio's fires on key presses only, so not for what is pasted, deleted or composed (Japanese).
    searching = [*chosen, tab.item, tab.searched]
    tab.search.change(search_anew, searching, [tab.searched, *all_outputs], trigger_mode="always_last", **quiet)

"""Result: did it help? The verdict first, pictures and the table next, then every item to click through."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine import atomic, rundir, showcase
from engine.rundir import Run
from engine.text import text
from ui import (
    change_view,
    demo_view,
    examples_view,
    items_view,
    judge_view,
    prompting_view,
    result_view,
    runs,
    use_case_view,
    usecases,
)
from ui.events import PICK
from ui.frame import Frame
from ui.html import area, heading
from ui.tabs import items, parts

TO_ITEM = "() => document.getElementById('k-item')?.scrollIntoView({ behavior: 'smooth', block: 'center' })"


@dataclass(frozen=True)
class Tab:
    empty: gr.HTML
    body: gr.Column
    verdict: gr.HTML
    pictures: gr.HTML
    table: gr.HTML
    examples: gr.HTML
    demo: gr.HTML
    cost: gr.HTML
    prompting: gr.HTML
    items: items.Items
    ask: gr.Button
    go_on: gr.Button
    stages: gr.HTML
    parts: parts.Parts


def build(lang: str) -> Tab:
    empty = area(result_view.nothing(None, lang), elem_id="k-no-result")
    with gr.Column(visible=False) as body:
        verdict = area(elem_id="k-verdict")
        pictures = area(elem_id="k-pictures")
        under = f"{text('page.result.table_help', lang)} {text('page.result.click', lang)}"
        area(heading(text("page.result.table", lang), under))
        table = area(elem_id="k-changes")
        examples = area(elem_id="k-examples-by-rule")
        prompting = area(elem_id="k-prompting")
        stages = area(elem_id="k-stages")
        part_by_part = parts.build(lang)
        listed = items.build(lang)
        area(heading(text("page.result.cost.title", lang), text("page.result.cost.help", lang)))
        cost = area(elem_id="k-cost")
        with gr.Row(elem_classes="k-actions"):
            ask = gr.Button(
                text("page.result.ask", lang), variant="primary", scale=0, min_width=120, elem_id="k-to-compare"
            )
            go_on = gr.Button(text("page.result.go_on", lang), scale=0, min_width=120, elem_id="k-go-on",
                              visible=not showcase.on())  # fmt: skip
        demo = area(elem_id="k-demo")
    return Tab(
        *(empty, body, verdict, pictures, table, examples, demo, cost, prompting, listed),
        *(ask, go_on, stages, part_by_part),
    )


def outputs(tab: Tab) -> list[Any]:
    sections = [tab.verdict, tab.pictures, tab.table, tab.examples, tab.prompting, tab.stages, tab.cost, tab.demo]
    return [tab.empty, tab.body, *sections, *items.outputs(tab.items), *parts.outputs(tab.parts)]


def show(run: Run | None, lang: str) -> list[Any]:
    """Everything for a run with a result; the invitation for one without."""
    found = runs.comparison(run) if run else None
    if found is None:
        state = rundir.state(run) if run else None
        shown = [gr.update(value=result_view.nothing(state, lang), visible=True), gr.update(visible=False)]
        return [*shown, *[""] * 8, *items.nothing(), *parts.nothing()]
    shown = [gr.update(visible=False), gr.update(visible=True)]
    found = found | {"judge": judge_view.result(run)}
    said = items.answers(run)
    beside = found | {"run": run.id, "benchmarks": atomic.read_json(run.file("harness"))}
    warning = use_case_view.reminder(usecases.presets().get(runs.spec(run).use_case), lang)
    training = atomic.read_json(run.file("training"), default={})
    sections = [
        result_view.verdict(found, lang) + warning,
        result_view.pictures(found, said, lang),
        change_view.change_table(beside, lang),
        examples_view.section(examples_view.of(run, lang), lang),
        prompting_view.section(found, said, lang),
        result_view.rules(found, lang) + result_view.stages(found, lang),
        result_view.efficiency(found, lang, training),
        demo_view.dialog(run, found, said, lang),
    ]
    return [*shown, *sections, *items.show(run, found, lang), *parts.show(found, lang)]


def open_member(lang: str, run_id: str, figure: str | None, event: gr.EventData) -> list[Any]:
    """An item of a part of the test was clicked: it is opened among all items of its suite."""
    suite = (figure or "").split(" ")[0]
    chosen = items_view.Chosen(suite=suite, item=str(event._data["pick"]))
    return ["", "", *items.at(lang, run_id, chosen)]


def open_example(lang: str, run_id: str, event: gr.EventData) -> list[Any]:
    """An example was clicked: it is opened among all items of the deciding suite."""
    run = runs.find(run_id)
    found = runs.comparison(run) if run else None
    figure = found["changes"][0]["suite"] if found else None
    return open_member(lang, run_id, figure, event)


def bind(tab: Tab, frame: Frame) -> None:
    parts.bind(tab.parts, frame)
    items.bind(tab.items, frame, (tab.table, tab.verdict, tab.pictures))
    opened = [tab.items.search, tab.items.searched, *items.shown_outputs(tab.items)]
    shown = tab.parts.items.click(open_member, [frame.lang, frame.run, tab.parts.figure], opened, **PICK)
    shown.then(None, js=TO_ITEM)
    tab.examples.click(open_example, [frame.lang, frame.run], opened, **PICK).then(None, js=TO_ITEM)

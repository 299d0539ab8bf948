"""Method: how the model should learn, with what settings, and what that will cost; then Start."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from engine import launch, showcase
from engine.registry import methods
from engine.schema import Decoding, RunSpec, UserError
from engine.sentences import told
from engine.text import text
from ui import drafts, form, method_choice, method_view
from ui.drafts import SLOTS
from ui.events import PICK, slow
from ui.frame import Frame
from ui.html import area, heading, notice

MODEL = RunSpec.model_fields["model"].default


@dataclass(frozen=True)
class Tab:
    name: gr.Textbox
    kinds: gr.Textbox  # what the chosen data can teach
    cards: gr.HTML
    panel: gr.HTML
    model: gr.Textbox
    groups: dict[str, gr.Column]
    forms: dict[str, form.Form]
    system: gr.Textbox
    seed: gr.Number
    max_new_tokens: gr.Number
    foresee: gr.Button
    forecast: gr.HTML
    start: gr.Button
    message: gr.HTML


def build(lang: str) -> Tab:
    first = method_choice.recommended(())
    name, kinds = gr.Textbox(first, visible="hidden", elem_id="k-method"), gr.Textbox(visible="hidden")
    area(heading(text("page.method.title", lang), text("page.method.help", lang)))
    cards = area(method_view.cards(first, (), lang), elem_id="k-methods")
    panel = area(method_view.panel(first, lang), elem_id="k-about")
    area(heading(text("page.method.settings", lang), text("page.method.settings_help", lang)))
    with gr.Row(elem_classes="k-fields"):
        model = gr.Textbox(
            MODEL,
            label=text("page.method.model", lang),
            info=text("page.method.model_help", lang),
            max_length=400,
            elem_id="k-model",
        )
    groups, forms = {}, {}
    for member in method_choice.order():
        with gr.Column(visible=member == first, elem_classes="k-form") as groups[member]:
            forms[member] = form.build(methods()[member].Settings, lang)
    with gr.Accordion(text("page.method.run_settings", lang), open=False, elem_classes="k-accordion"):
        system = gr.Textbox(
            label=form.title("system", lang), info=text("page.setting.system.help", lang), lines=2, max_length=8000
        )
        with gr.Row(elem_classes="k-fields"):
            longest = gr.Number(Decoding().max_new_tokens, precision=0, label=form.title("longest_answer", lang),
                                info=text("page.setting.longest_answer.help", lang))  # fmt: skip
            seed = gr.Number(0, precision=0, label=form.title("seed", lang), info=text("page.setting.seed.help", lang))
    with gr.Row(elem_classes="k-actions", visible=not showcase.on()):
        area(heading(text("page.forecast.title", lang)))
        foresee = gr.Button(text("page.forecast.button", lang), scale=0, min_width=120, elem_id="k-foresee")
    forecast = area(method_view.forecast_invitation(lang), elem_id="k-forecast", visible=not showcase.on())
    message = area(notice(text("showcase.no_start", lang)) if showcase.on() else "", elem_id="k-start-message")
    with gr.Row(elem_classes="k-actions k-sticky", visible=not showcase.on()):
        start = gr.Button(text("page.method.start", lang), variant="primary", scale=0, min_width=120, elem_id="k-start")
    settings = (model, groups, forms, system, seed, longest)
    return Tab(name, kinds, cards, panel, *settings, foresee, forecast, start, message)


def field_components(tab: Tab) -> list[Any]:
    """Every widget of every method's form, in one order."""
    return [widget for member in tab.forms.values() for widget in member.widgets.values()]


def draft_inputs(tab: Tab) -> list[Any]:
    """What says how to train; the fields of all methods last."""
    return [tab.name, tab.model, tab.system, tab.seed, tab.max_new_tokens, *field_components(tab)]


def choose(lang: str, kinds: str, event: gr.EventData) -> list[Any]:
    return chosen(str(event._data["pick"]), kinds.split(), lang)


def chosen(name: str, kinds: Sequence[str], lang: str) -> list[Any]:
    """Name and data, cards, what to know of the method, which form shows, and no forecast yet."""
    order = method_choice.order()
    name = name if name in order else method_choice.recommended(kinds)
    groups = [gr.update(visible=member == name) for member in order]
    drawn = [method_view.cards(name, kinds, lang), method_view.panel(name, lang)]
    return [name, " ".join(kinds), *drawn, *groups, method_view.forecast_invitation(lang)]


def chosen_outputs(tab: Tab) -> list[Any]:
    return [tab.name, tab.kinds, tab.cards, tab.panel, *tab.groups.values(), tab.forecast]


def suited(lang: str, before: str, name: str, *data: Any) -> list[Any]:
    """The file or its columns changed: where it teaches something else now, the method to begin with for that, and
    the longest answer that suits it."""
    use_case, upload, shape, *columns, choices = data
    kinds = drafts.kinds(use_case, upload, shape, columns, choices)
    if not kinds or " ".join(kinds) == before:
        return [gr.skip()] * (5 + len(method_choice.order()) + 1)
    spec = drafts.data_only(use_case, upload, shape, columns, choices, lang=lang)
    return [*chosen(method_choice.recommended(kinds), kinds, lang), spec.decoding.max_new_tokens]


def suited_event(tab: Tab, frame: Frame, data: list[Any]) -> dict[str, Any]:
    inputs = [frame.lang, tab.kinds, tab.name, *data]
    return {"fn": suited, "inputs": inputs, "outputs": [*chosen_outputs(tab), tab.max_new_tokens], **slow(4)}


def fill(spec: RunSpec) -> list[Any]:
    """What the widgets should show for a spec: its settings for its method, the defaults for the others."""
    shown: list[Any] = [spec.model, spec.system, spec.seed, spec.decoding.max_new_tokens]
    for member in method_choice.order():
        settings = spec.settings if member == spec.method else {}
        shown += form.values(methods()[member].Settings, settings)
    return shown


def fill_outputs(tab: Tab) -> list[Any]:
    return [tab.model, tab.system, tab.seed, tab.max_new_tokens, *field_components(tab)]


def settings_of(name: str, fields: Sequence[Any], lang: str) -> dict[str, Any]:
    """The chosen method's settings, out of the fields of all methods. Raises UserError for a value that cannot be."""
    start = 0
    for member in method_choice.order():
        count = len(methods()[member].Settings.model_fields)
        if member == name:
            return form.read(methods()[member].Settings, fields[start : start + count], lang)
        start += count
    raise UserError(text("page.error.method", lang, name=str(name)[:60]))


def spec_of(lang: str, values: Sequence[Any]) -> RunSpec:
    """The whole draft as a RunSpec: the data's inputs first, then `draft_inputs`. Raises UserError."""
    name, upload, shape, *rest = values
    columns, (choices, method, model, system, seed, longest, *fields) = rest[:SLOTS], rest[SLOTS:]
    settings = settings_of(method, fields, lang)
    spec = drafts.data_only(name, upload, shape, columns, choices, lang=lang)
    return drafts.whole(
        spec, method=method, settings=settings, model=model, system=system, seed=seed, max_new_tokens=longest, lang=lang
    )


def foresee(lang: str, *values: Any) -> Iterator[list[Any]]:
    """The forecast of the draft, and the share of weights as it was counted; a waiting line first."""
    yield [method_view.forecasting(lang), gr.update(interactive=False), gr.skip()]
    try:
        spec = spec_of(lang, values)
        found = launch.forecast(spec)
        drawn = [method_view.forecast(found, lang), method_view.panel(spec.method, lang, found)]
        yield [drawn[0], gr.update(interactive=True), drawn[1]]
    except UserError as problem:
        yield [method_view.problem(told(problem, lang), lang), gr.update(interactive=True), gr.skip()]


def bind(tab: Tab, frame: Frame, data: list[Any]) -> None:
    shown = [tab.forecast, tab.foresee, tab.panel]
    tab.cards.click(choose, [frame.lang, tab.kinds], chosen_outputs(tab), **PICK)
    tab.foresee.click(foresee, [frame.lang, *data, *draft_inputs(tab)], shown, **slow(1))

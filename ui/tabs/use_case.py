"""Use case: choose one, or bring a file; then see the data it stands on."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from engine import launch, results, showcase, uploads
from engine.registry import formats
from engine.schema import UserError
from engine.sentences import told
from engine.text import text
from ui import data_view, drafts, masked, own_view, row_choices, runs, use_case_view, usecases
from ui.drafts import SLOTS
from ui.events import QUICK, slow
from ui.frame import Frame
from ui.html import area, heading, notice
from ui.tabs import rows, sources
from ui.usecases import OWN

TO_CASE = "() => kurabeShowCase()"


@dataclass(frozen=True)
class Tab:
    name: gr.Textbox  # the use case chosen
    upload: gr.Textbox  # the token of the kept file
    shown: gr.Textbox  # the choice whose data is shown
    cards: gr.HTML
    about: gr.HTML  # the chosen use case on a page of its own
    own: gr.Column
    file: gr.File
    format: gr.Dropdown
    columns: tuple[gr.Dropdown, ...]
    sources: sources.Sources
    account: gr.HTML
    data: gr.HTML
    rows: rows.Rows
    next: gr.Button


def build(lang: str) -> Tab:
    first = usecases.meant("", lang)
    name = gr.Textbox(first, visible="hidden", elem_id="k-use-case")
    upload, shown, choices = (gr.Textbox("", visible="hidden") for _ in range(3))
    area(heading(text("page.use_case.title", lang), text("page.use_case.help", lang)))
    drawn = drawings(first, lang)
    cards, about = area(drawn[0], elem_id="k-use-cases"), area(drawn[1], elem_id="k-case")
    with gr.Column(visible=first == OWN, elem_classes="k-own") as own:
        under = f"{text('page.own.summary', lang)} {text('page.own.help', lang)}"
        area(heading(text("page.own.file", lang), under))
        file = gr.File(
            label=text("page.own.file", lang),
            file_types=[*uploads.KINDS, ".gz", ".zst"],
            file_count="multiple",
            height=140,
            elem_id="k-file",
            visible=not showcase.on(),
        )
        origin = sources.build(lang)
        with gr.Row(elem_classes="k-fields"):
            shape = gr.Dropdown(
                [],
                label=text("page.own.format", lang),
                info=text("page.own.format_help", lang),
                visible=False,
                interactive=True,
            )
            # A template such as "{title}: {body}" may be written too.
            free = {"allow_custom_value": True, "interactive": True}
            columns = tuple(gr.Dropdown([], visible=False, min_width=180, **free) for _ in range(SLOTS))
        account = area(notice(text("showcase.no_file", lang)) if showcase.on() else "", elem_id="k-account")
    data = area(data_view.reading(lang), elem_id="k-data")
    listed = rows.build(lang, choices)
    with gr.Row(elem_classes="k-actions k-sticky"):
        onward = gr.Button(
            text("page.use_case.next", lang), variant="primary", scale=0, min_width=120, elem_id="k-to-method"
        )
    return Tab(name, upload, shown, cards, about, own, file, shape, columns, origin, account, data, listed, onward)


def draft_inputs(tab: Tab) -> list[Any]:
    """What says which data to train on."""
    return [tab.name, tab.upload, tab.format, *tab.columns, tab.rows.choices]


def chosen(name: str, lang: str) -> list[Any]:
    """Name, cards, the use case's own page, the part for a file, and the choices for the rows: of a use case, a file of
    one's own, or the data of a run ("run:ID")."""
    run = runs.find(usecases.run_id(name))
    card = runs.spec(run).use_case if run else name
    if run is None and name not in usecases.presets():
        name = card = OWN
    spec = runs.spec(run) if run else usecases.presets()[name].run if name != OWN else None
    made = rows.chosen(row_choices.of(spec) if spec else "")
    group = rows.grouped(None, lang) if spec else gr.skip()  # an uploaded file keeps its columns
    return [name, *drawings(card, lang), gr.update(visible=name == OWN), *made, group]


def drawings(card: str, lang: str) -> list[str]:
    """The cards, and the page of the chosen one; nothing for a file of one's own."""
    kept = {name: found for name in usecases.presets() if (found := results.of(name))}
    preset = usecases.presets().get(card)
    about = use_case_view.about(preset, kept.get(card), lang) if preset else ""
    return [use_case_view.cards(card, kept, lang), about]


def chosen_outputs(tab: Tab) -> list[Any]:
    return [tab.name, tab.cards, tab.about, tab.own, *rows.chosen_outputs(tab.rows), tab.rows.group]


# What each open page last asked to see: a slow preview must not overwrite that of a later choice.
_asked: OrderedDict[str, str] = OrderedDict()
MOST_PAGES = 1000


def preview(request: gr.Request, lang: str, step: str, seen: str, shown: str, *choice: Any) -> Iterator[list[Any]]:
    """The data of the choice as HTML, the key it is known by, and the word for the list of its rows; a waiting line
    first.

    Nothing where it is shown already, where another step is open, or before the page knows what to open (`seen`).
    """
    name, upload, shape, *columns, choices = choice
    key, page = repr(choice), str(request.session_hash)
    _remember(page, key)
    if key == shown or step != "use_case" or not seen:
        yield [gr.skip()] * 3
        return
    if name == OWN and not drafts.is_mapped(upload, shape, columns):
        yield ["", key, ""]
        return
    yield [data_view.reading(lang), gr.skip(), gr.skip()]
    ledger = ""
    try:
        spec = drafts.data_only(name, upload, shape, columns, choices, lang=lang)
        found = launch.preview(spec)
        ledger = str(found.get("ledger") or "")
        shipped = name in usecases.presets()  # its people are made up
        drawn = data_view.preview(found if shipped else masked.preview(found), lang)
    except UserError as problem:
        drawn = notice(told(problem, lang), tone="bad", title=text("page.error.data", lang))
    # Gradio sends the last word again when a generator ends: a late one must not bring its waiting line back.
    yield [drawn, key, ledger] if _asked.get(page) == key else [gr.skip()] * 3


def _remember(page: str, key: str) -> None:
    _asked[page] = key
    _asked.move_to_end(page)
    while len(_asked) > MOST_PAGES:
        _asked.popitem(last=False)


def uploaded(lang: str, paths: list[str] | None) -> list[Any]:
    """Files arrived: kept, inspected, their shape and columns shown. Also when they are taken away again."""
    if not paths:
        return ["", *no_file(lang)]
    try:
        token, choices = sources.keep([Path(path) for path in paths])
        return [token, *of_file(token, lang, choices)]
    except UserError as problem:
        return ["", *no_file(lang, notice(told(problem, lang), tone="bad", title=text("page.error.file", lang)))]


def no_file(lang: str, account: str = "") -> list[Any]:
    """No shape, no columns, no choice of rows."""
    nothing = [*[gr.update(visible=False, value=None)] * (1 + SLOTS), account]
    return [*nothing, *rows.chosen(""), rows.grouped(None, lang), *sources.shown("", "", lang)]


def of_file(token: str, lang: str, choices: str = "") -> list[Any]:
    """The shape, columns, account, rows and sources of a kept file. Raises UserError where it cannot be read."""
    looked = own_view.look(token, shape="", columns={}, sheet=row_choices.sheet(choices))
    drawn = [*mapping(looked, lang), own_view.account(looked, lang)]
    return [*drawn, *rows.chosen(choices), rows.grouped(looked, lang), *sources.shown(token, choices, lang)]


def file_outputs(tab: Tab) -> list[Any]:
    """What another file changes."""
    of_rows = [*rows.chosen_outputs(tab.rows), tab.rows.group, *sources.outputs(tab.sources)]
    return [tab.upload, tab.format, *tab.columns, tab.account, *of_rows]


def mapping(found: dict[str, Any], lang: str) -> list[Any]:
    """The dropdowns for shape and columns as the inspection has it; the likeliest shape where none fits."""
    options = [(text(f"format.{name}.title", lang), name) for name in formats()]
    shape = gr.update(choices=options, value=own_view.likeliest(found), visible=True)
    return [shape, *column_slots(found, lang)]


def column_slots(found: dict[str, Any], lang: str) -> list[Any]:
    """One dropdown for each of the shape's first fields, the others hidden."""
    member = formats()[own_view.likeliest(found)]
    slots, known = [], own_view.known_columns(found)
    for field in list(member.fields)[:SLOTS]:
        key = "page.own.column" if field in member.required else "page.own.column_optional"
        label = text(key, lang, field=own_view.field_title(field, lang))
        options = [(text("page.own.no_column", lang), ""), *((name, name) for name in found["file_columns"])]
        slots.append(gr.update(choices=options, value=known.get(field, ""), label=label, visible=True))
    return [*slots, *[gr.update(visible=False, value=None)] * (SLOTS - len(slots))]


def another_sheet(lang: str, upload: str, choices: str, sheet: str | None) -> list[Any]:
    """Another sheet was chosen: it is read as if it were another file."""
    kept = {"sheet": sheet or "", "more": row_choices.more(choices)}
    choices = row_choices.write({name: value for name, value in kept.items() if value})
    try:
        return of_file(upload, lang, choices)
    except UserError as problem:
        return no_file(lang, notice(told(problem, lang), tone="bad", title=text("page.error.file", lang)))


def reshaped(lang: str, upload: str, choices: str, shape: str | None) -> list[Any]:
    """Another shape was chosen: its columns are guessed anew."""
    return _inspected(lang, upload, choices, shape, {}, with_columns=True)


def remapped(lang: str, upload: str, choices: str, shape: str | None, *columns: str | None) -> str:
    """Another column was chosen: the account of the rows follows."""
    return _inspected(lang, upload, choices, shape, drafts.column_map(shape, columns), with_columns=False)[-1]


def _inspected(
    lang: str, upload: str, choices: str, shape: str | None, columns: dict[str, str], *, with_columns: bool
) -> list[Any]:
    kept = [gr.skip()] * SLOTS
    if not upload:
        return [*kept, ""]
    try:
        found = own_view.look(upload, shape=shape or "", columns=columns, sheet=row_choices.sheet(choices))
    except UserError as problem:
        return [*kept, notice(told(problem, lang), tone="bad", title=text("page.error.file", lang))]
    return [*(column_slots(found, lang) if with_columns else kept), own_view.account(found, lang)]


def preview_event(tab: Tab, frame: Frame, *, step: Any = None) -> dict[str, Any]:
    """The event that shows the data of what is chosen now; `step` stands in where the step's own event is at work."""
    inputs = [frame.lang, step or frame.step, frame.seen, tab.shown, *draft_inputs(tab)]
    return {"fn": preview, "inputs": inputs, "outputs": [tab.data, tab.shown, tab.rows.key], **slow(4)}


def bind(tab: Tab, frame: Frame, suited: dict[str, Any]) -> None:
    """Wire the step; `suited` is the event that finds the methods for what a file holds now."""
    look, held = preview_event(tab, frame), [frame.lang, tab.upload, tab.rows.choices]
    mapped = [*held, tab.format, *tab.columns]
    rows.bind(tab.rows, frame, tab.data, look)
    tab.file.change(uploaded, [frame.lang, tab.file], file_outputs(tab), **slow(4)).then(**suited).then(**look)
    weighed = {"fn": sources.weighed, "inputs": [tab.rows.choices, *tab.sources.weights], "outputs": tab.rows.choices}
    tab.sources.sheet.input(another_sheet, [*held, tab.sources.sheet], file_outputs(tab)[1:], **slow(4)).then(
        **suited
    ).then(**look)
    for weight in tab.sources.weights:
        gr.on([weight.submit, weight.blur], **weighed, **QUICK).then(**look)
    tab.format.input(reshaped, mapped[:4], [*tab.columns, tab.account], **slow(4)).then(**suited).then(**look)
    for column in tab.columns:
        column.input(remapped, mapped, tab.account, **slow(4)).then(**suited).then(**look)

"""The rows of the chosen data: how some of them are treated, the list of all, corrections by hand."""

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from engine import atomic, rundir
from engine.data import ledger
from engine.data.edits import FIELDS
from engine.items_csv import safe
from engine.schema import UserError
from engine.sentences import told
from engine.text import text
from ui import row_choices, rows_view
from ui.events import PICK, QUICK
from ui.frame import Frame
from ui.html import area, heading, notice
from ui.rows_view import PER_PAGE, Chosen

MOST_IN_CSV = 1_000_000  # a spreadsheet takes no more
TO_ROW = "() => kurabeShow('k-row')"


@dataclass(frozen=True)
class Rows:
    choices: gr.Textbox  # see row_choices
    key: gr.Textbox  # the word for the list of rows
    status: gr.Textbox
    code: gr.Textbox
    sort: gr.Textbox  # "number" or "number:down"
    page: gr.Textbox
    row: gr.Textbox  # the row whose fields are open
    treat: dict[str, gr.Radio]
    group: gr.Dropdown
    whole: gr.Column
    filters: gr.HTML
    search: gr.Textbox
    list: gr.HTML
    csv: gr.DownloadButton
    panel: gr.Column
    head: gr.HTML
    fields: dict[str, gr.Textbox]
    save: gr.Button
    leave_out: gr.Button
    close: gr.Button
    corrections: gr.HTML
    check: gr.Button


def hold() -> gr.Textbox:
    return gr.Textbox("", visible="hidden")


def build(lang: str, choices: gr.Textbox) -> Rows:
    """Lay it out; `choices` is part of what says which data to train on, and stands elsewhere."""
    small = {"size": "sm", "scale": 0, "min_width": 120}
    held = [hold() for _ in range(6)]
    with gr.Column(visible=False, elem_id="k-all-rows") as whole:
        with gr.Accordion(text("page.rows.treat", lang), open=False, elem_classes="k-accordion"):
            area(heading("", text("page.rows.treat_help", lang)))
            treat = {name: _radio(name, lang) for name in row_choices.OPTIONS}
            group = gr.Dropdown(
                [],
                label=text("page.rows.group", lang),
                info=text("page.rows.group_help", lang),
                visible=False,
                interactive=True,
                elem_id="k-group",
            )
        area(heading(text("page.rows.title", lang), text("page.rows.help", lang)))
        filters = area(classes="k-filters", elem_id="k-row-filters")
        search = gr.Textbox(
            "",
            show_label=False,
            placeholder=text("page.rows.search", lang),
            max_length=200,
            elem_id="k-row-search",
        )
        listing = area(elem_id="k-row-list")
        with gr.Column(visible=False, elem_id="k-row", elem_classes="k-row-panel") as panel:
            head = area()
            fields = {
                name: gr.Textbox(label=text(f"page.own.row.{key}", lang), lines=lines, max_lines=14, max_length=200_000)
                for name, key, lines in (
                    ("question", "question", 3),
                    ("answer", "judged", 4),
                    ("rejected", "rejected", 4),
                )
            }
            with gr.Row(elem_classes="k-actions"):
                save = gr.Button(text("page.rows.save", lang), variant="primary", elem_id="k-row-save", **small)
                leave_out = gr.Button(text("page.rows.leave_out", lang), elem_id="k-row-out", **small)
                close = gr.Button(text("page.rows.close", lang), **small)
        corrections = area(elem_id="k-corrections")
        with gr.Row(elem_classes="k-actions"):
            check = gr.Button(text("page.rows.check", lang), visible=False, elem_id="k-rows-check", **small)
            csv_button = gr.DownloadButton(text("page.rows.download", lang), elem_id="k-rows-csv", **small)
    parts = (filters, search, listing, csv_button, panel, head, fields, save, leave_out, close, corrections, check)
    return Rows(choices, *held, treat, group, whole, *parts)


def _radio(name: str, lang: str) -> gr.Radio:
    options = [(text(f"page.rows.{name}.{value or 'as_is'}", lang), value) for value in row_choices.OPTIONS[name]]
    label = text(f"page.rows.{name}.title", lang)
    return gr.Radio(options, value="", label=label, info=text(f"page.rows.{name}.help", lang), elem_id=f"k-{name}")


def chosen_outputs(part: Rows) -> list[Any]:
    """What another choice of data changes."""
    return [part.choices, *part.treat.values()]


def chosen(held: str) -> list[Any]:
    """The choices that the data comes with, and their widgets."""
    values = row_choices.read(held)
    return [held, *(values.get(name, "") for name in row_choices.OPTIONS)]


def grouped(found: Mapping[str, Any] | None, lang: str) -> Any:
    """The choice of a column by which the rows of a file belong together; hidden for use cases."""
    if not found:
        return gr.update(visible=False, value=None)
    options = [(text("page.rows.no_group", lang), ""), *((name, name) for name in found["file_columns"])]
    named = found["columns"].get("group") or next((one["column"] for one in found.get("grouping") or ()), "")
    return gr.update(choices=options, value=named, visible=True)


def shown_outputs(part: Rows) -> list[Any]:
    return [part.status, part.code, part.sort, part.page, part.filters, part.list, part.corrections, part.check]


def show_outputs(part: Rows) -> list[Any]:
    """What a new list of rows fills."""
    return [part.whole, *shown_outputs(part), part.search, part.csv, part.panel, part.row]


def show(lang: str, key: str, choices: str) -> list[Any]:
    """The first page of a list of rows, and the list as a file; nothing where there is no list."""
    gone = [gr.update(visible=False), *[""] * 7, gr.update(visible=False), "", None, gr.update(visible=False), ""]
    if not key:
        return gone
    try:
        drawn = at(lang, key, choices, Chosen())
        file = str(_csv(key))
    except UserError:
        return gone
    return [gr.update(visible=True), *drawn, "", file, gr.update(visible=False), ""]


def at(lang: str, key: str, choices: str, wanted: Chosen) -> list[Any]:
    """The rows so chosen."""
    path = rundir.ledger_file(key)
    found, total = ledger.rows(path, wanted.asked(), first=wanted.page * PER_PAGE, most=PER_PAGE)
    made = row_choices.edits(choices)
    edits = {edit["row"]: edit for edit in made if isinstance(edit.get("row"), int)}
    filters = rows_view.filters(ledger.counts(path), wanted, lang)
    listed = rows_view.listing(found, total, wanted, edits, lang)
    applied = _applied(path, edits)
    sort = wanted.sort + (":down" if wanted.descending else "")
    notes = rows_view.corrections(made, applied, lang)
    button = gr.update(visible=applied != len(made))
    return [wanted.status, wanted.code, sort, str(wanted.page), filters, listed, notes, button]


def _applied(path: Path, edits: Mapping[int, Mapping[str, Any]]) -> int:
    """How many of the corrections the list of rows has already been made with."""
    done = 0
    for number, edit in edits.items():
        row = ledger.row(path, number)
        texts = {name: edit[name] for name in FIELDS if edit.get(name) is not None}
        there = _texts(row) if row else {}
        same = row is not None and all((there[name] or "").strip() == value.strip() for name, value in texts.items())
        same = same and (row["status"] != "dropped" or "edited" in row["codes"])
        done += ("excluded" in row["codes"]) if row and edit.get("exclude") else same
    return done


def _csv(key: str) -> Path:
    """Every row with what became of it, where the page may be given it from; written once for a list of rows."""
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or rundir.home() / "cache" / "gradio") / key
    path = folder / "kurabe-rows.csv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        building = atomic.aside(path)
        with open(building, "w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\r\n")
            names = [name for name in ledger.FIELDS if name not in ("asked", "origin", "texts")]
            writer.writerow(names)
            for count, row in enumerate(ledger.every(rundir.ledger_file(key), ledger.Asked())):
                if count == MOST_IN_CSV:
                    break
                writer.writerow(safe(str(row[name]).strip() if row[name] is not None else None) for name in names)
        os.replace(building, path)
    return path


def wanted_of(status: str, code: str, sort: str, page: str, search: str) -> Chosen:
    """What the page holds as a Chosen; what is not understood counts as not chosen."""
    column, _, order = sort.partition(":")
    place = int(page) if page.isdecimal() and len(page) < 9 else 0
    return Chosen(status, code, column if column in ledger.SORTS else "number", order == "down", place, search[:200])


def _safely(lang: str, key: str, choices: str, wanted: Chosen) -> list[Any]:
    try:
        return at(lang, key, choices, wanted)
    except UserError as problem:
        return [*[gr.skip()] * 5, notice(told(problem, lang), tone="warn"), *[gr.skip()] * 2]


def pick(lang: str, key: str, choices: str, event: gr.EventData, *held: str) -> list[Any]:
    """A chip, a heading or a page was clicked."""
    kind, _, value = str(event._data["pick"]).partition("=")
    wanted = wanted_of(*held)
    if kind in ("status", "code"):
        wanted = replace(wanted, page=0, **{kind: value})
    elif kind == "page":
        wanted = replace(wanted, page=int(value) if value.isdecimal() and len(value) < 9 else 0)
    elif kind == "sort" and value in ledger.SORTS:
        wanted = replace(wanted, sort=value, page=0, descending=wanted.sort == value and not wanted.descending)
    else:
        return [gr.skip()] * 8
    return _safely(lang, key, choices, wanted)


def search_anew(lang: str, key: str, choices: str, *held: str) -> list[Any]:
    """The search box holds other words. An empty one beside no list is the page being filled."""
    return _safely(lang, key, choices, replace(wanted_of(*held), page=0)) if key else [gr.skip()] * 8


def panel_outputs(part: Rows) -> list[Any]:
    return [part.panel, part.row, part.head, *part.fields.values(), part.leave_out]


def open_row(lang: str, key: str, choices: str, event: gr.EventData) -> list[Any]:
    """A row's number was clicked: its texts in fields, as they are or as they were corrected."""
    kind, _, value = str(event._data["pick"]).partition("=")
    if kind != "row" or not value.isdecimal() or len(value) > 12:
        return [gr.skip()] * 7
    try:
        row = ledger.row(rundir.ledger_file(key), int(value))
    except UserError:
        row = None
    if row is None:
        return [gr.skip()] * 7
    edit = row_choices.edit_of(choices, int(value))
    head = rows_view.opened(row, edit, lang)
    texts = _texts(row)
    fields = [gr.update(value=(edit or {}).get(n, texts[n]) or "", visible=texts[n] is not None) for n in FIELDS]
    return [gr.update(visible=True), value, head, *fields, gr.update(visible=row["status"] != "dropped")]


def _texts(row: Mapping[str, Any]) -> dict[str, str | None]:
    """What of a row can be corrected; None where it has no such text."""
    if row["status"] == "dropped":
        return dict.fromkeys(FIELDS) | json.loads(row["texts"] or "{}")
    return {name: None if name == "question" and not row[name] else row[name] for name in FIELDS}


def save_row(lang: str, key: str, choices: str, row: str, *values: str) -> list[Any]:
    """Keep what the fields hold as a correction of the row that is open."""
    texts, held = values[:3], values[3:]
    found = _origin(key, row)
    if found is None:
        return [gr.skip()] * 10
    held_now = _texts(found)
    given = {name: value for name, value in zip(FIELDS, texts, strict=True) if held_now[name] is not None}
    changed = {name: value for name, value in given.items() if value != held_now[name]}
    changed = given if changed and found["status"] == "dropped" else changed  # it is read anew: nothing else is known
    before = row_choices.edit_of(choices, int(row)) or {}
    kept = {name: before[name] for name in FIELDS if name in before and not before.get("exclude")}
    edit = {"row": int(row), "was": found["origin"], **kept, **changed}
    if changed:
        choices = row_choices.with_edit(choices, edit)
    return [choices, gr.update(visible=False), *_safely(lang, key, choices, wanted_of(*held))]


def exclude_row(lang: str, key: str, choices: str, row: str, *values: str) -> list[Any]:
    """Leave the row that is open out of training and test."""
    found = _origin(key, row)
    if found is None or found["status"] == "dropped":
        return [gr.skip()] * 10
    choices = row_choices.with_edit(choices, {"row": int(row), "was": found["origin"], "exclude": True})
    return [choices, gr.update(visible=False), *_safely(lang, key, choices, wanted_of(*values[3:]))]


def _origin(key: str, row: str) -> dict[str, Any] | None:
    if not row.isdecimal():
        return None
    try:
        found = ledger.row(rundir.ledger_file(key), int(row))
    except UserError:
        return None
    return found if found and found["origin"] else None


def undo(lang: str, key: str, choices: str, event: gr.EventData, *held: str) -> list[Any]:
    """Take a correction back."""
    kind, _, value = str(event._data["pick"]).partition("=")
    if kind != "undo" or not value.isdecimal():
        return [gr.skip()] * 9
    choices = row_choices.without_edit(choices, int(value))
    return [choices, *_safely(lang, key, choices, wanted_of(*held))]


def treated(choices: str, *values: str | None) -> str:
    """Another treatment was chosen."""
    return row_choices.picked(choices, **dict(zip(row_choices.OPTIONS, (value or "" for value in values), strict=True)))


def regrouped(choices: str, column: str | None) -> str:
    """Another column was chosen to group the rows by."""
    return row_choices.picked(choices, group=column or "")


def leak_picked(choices: str, event: gr.EventData) -> list[Any]:
    """What to do with leaked items was clicked beside them."""
    kind, _, value = str(event._data["pick"]).partition("=")
    if kind != "leaked" or value not in row_choices.OPTIONS["leaked"]:
        return [gr.skip(), gr.skip()]
    return [row_choices.picked(choices, leaked=value), value]


def bind(part: Rows, frame: Frame, data: gr.HTML, look: dict[str, Any]) -> None:
    """Wire it; `look` is the event that prepares the data again as it is chosen now."""
    asked = [frame.lang, part.key, part.choices]
    held = [part.status, part.code, part.sort, part.page, part.search]
    shown = shown_outputs(part)
    part.key.change(show, asked, show_outputs(part), **QUICK)
    for source in (part.filters, part.list):
        source.click(pick, [*asked, *held], shown, **PICK)
    part.search.change(search_anew, [*asked, *held], shown, trigger_mode="always_last", **QUICK)
    part.list.click(open_row, asked, panel_outputs(part), **PICK)
    fields = [*part.fields.values(), *held]
    after = [part.choices, part.panel, *shown]
    part.save.click(save_row, [*asked, part.row, *fields], after, **QUICK)
    part.leave_out.click(exclude_row, [*asked, part.row, *fields], after, **QUICK)
    part.close.click(lambda: [gr.update(visible=False), ""], None, [part.panel, part.row], **QUICK)
    part.row.change(None, js=TO_ROW)
    part.corrections.click(undo, [*asked, *held], [part.choices, *shown], **QUICK)
    part.check.click(**look)
    for radio in part.treat.values():
        radio.input(treated, [part.choices, *part.treat.values()], part.choices, **QUICK).then(**look)
    part.group.input(regrouped, [part.choices, part.group], part.choices, **QUICK).then(**look)
    data.click(leak_picked, part.choices, [part.choices, part.treat["leaked"]], **PICK).then(**look)

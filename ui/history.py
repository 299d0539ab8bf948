"""All runs, in place of the steps: search and filters, a table, one run's card, the disk. Handlers over the engine."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from engine import about, history, showcase
from engine.history import Entry
from engine.rundir import Run
from engine.schema import UserError
from engine.sentences import told
from engine.text import text
from ui import history_view as view
from ui import runs, usecases
from ui.events import PICK, QUICK
from ui.history_actions import ACTIONS, ON_DISK
from ui.history_view import Query
from ui.html import area, heading, tag

FILTERS = ("state", "use_case", "method", "verdict", "tag")
REFRESH_SECONDS = 3
ADDRESS = "(view) => kurabeParameter('view', view)"
TO_CARD = "() => kurabeShow('k-run-card')"
TO_WHAT_CAME = "() => { kurabeShowCard(); kurabeShowSaid(); }"


@dataclass(frozen=True)
class Panel:
    view: gr.Textbox  # "runs" while it is open: the address keeps it
    box: gr.Column
    close: gr.HTML
    words: gr.Textbox
    filters: dict[str, gr.Dropdown]
    archived: gr.Checkbox
    sort: gr.Textbox
    most: gr.Number
    said: gr.HTML
    card: gr.Column
    chosen: gr.Textbox  # the run whose card is open
    about: gr.HTML
    title: gr.Textbox
    tags: gr.Textbox
    note: gr.Textbox
    save: gr.Button
    table: gr.HTML
    drawn: gr.Textbox  # what the table shows, as a hash: it is sent again only when that changes
    disk_box: gr.Accordion
    disk: gr.HTML
    timer: gr.Timer


def build(lang: str) -> Panel:
    shown = gr.Textbox(visible="hidden", elem_id="k-view")
    with gr.Column(visible=False, elem_id="k-history") as box:
        back = tag("button", text("history.close", lang), type="button", cls="k-step", data_pick="close=")
        close = area(tag("p", back) + heading(text("history.title", lang), text("history.help", lang)))
        words = gr.Textbox(label=text("history.search", lang), placeholder=text("history.search_hint", lang),
                           max_length=200, elem_id="k-history-words")  # fmt: skip
        free = {"allow_custom_value": True, "interactive": True, "min_width": 130}
        with gr.Row(elem_classes="k-fields k-history-filters"):
            filters = {name: gr.Dropdown([], label=text(f"history.filter.{name}", lang), **free) for name in FILTERS}
        archived = gr.Checkbox(label=text("history.filter.archived", lang), elem_id="k-history-archived")
        sort, chosen, drawn = (gr.Textbox(visible="hidden") for _ in range(3))
        most = gr.Number(view.FIRST, precision=0, visible="hidden")
        said = area(elem_id="k-history-said")
        with gr.Column(visible=False, elem_id="k-run-card") as card:
            told = area()
            with gr.Row(elem_classes="k-fields", visible=not showcase.on()):
                title = _field("title", lang, max_length=200)
                tags = _field("tags", lang, max_length=900)
            note = _field("note", lang, lines=2, max_length=5000, visible=not showcase.on())
            with gr.Row(elem_classes="k-actions", visible=not showcase.on()):
                save = gr.Button(text("history.save", lang), variant="primary", scale=0, min_width=120)
        table = area(classes="k-ticks", elem_id="k-history-table")
        kept = {"open": False, "visible": not showcase.on(), "elem_classes": "k-accordion"}
        with gr.Accordion(text("history.disk.title", lang), **kept) as disk_box:
            disk = area(elem_id="k-history-disk")
    asked = (shown, box, close, words, filters, archived, sort, most, said)
    return Panel(*asked, card, chosen, told, title, tags, note, save, table, drawn, disk_box, disk, _timer())


def _timer() -> gr.Timer:
    return gr.Timer(REFRESH_SECONDS, active=False)


def _field(name: str, lang: str, **options: Any) -> gr.Textbox:
    label, info = text(f"history.field.{name}", lang), text(f"history.field.{name}_help", lang)
    return gr.Textbox(label=label, info=info, elem_id=f"k-run-{name}", **options)


def asked(panel: Panel) -> list[Any]:
    """What is looked for, in the order of Query."""
    return [panel.words, *panel.filters.values(), panel.archived, panel.sort, panel.most]


def query_of(values: Sequence[Any]) -> Query:
    words, *filters, archived, sort, most = values
    texts = [str(value or "")[:200] for value in (words, *filters)]
    named = sort if str(sort).lstrip("-") in view.COLUMNS else "-date"
    return Query(*texts, bool(archived), named, max(view.FIRST, int(most or 0)))


def draw(lang: str, query: Query) -> list[str]:
    """The table, and the hash of what it shows."""
    html = view.table(history.entries(), query, lang)
    return [html, hashlib.sha256(html.encode()).hexdigest()]


def choices(every: Sequence[Entry], lang: str) -> list[Any]:
    """What each filter may be, from what there is; any, first."""
    called: dict[str, Callable[[str], str]] = {
        "state": lambda name: text(f"page.state.{name}", lang),
        "use_case": lambda name: usecases.title(name, lang),
        "method": lambda name: runs.method_title(name, lang),
        "verdict": lambda name: text(f"verdict.{name}.word", lang),
    }
    options = []
    for name in FILTERS[:-1]:
        found = dict.fromkeys(value for entry in every if (value := getattr(entry, name)))
        options.append([(called[name](value), value) for value in found])
    options.append([(name, name) for name in history.tags(every)])
    first = (text("history.filter.any", lang), "")
    return [gr.update(choices=[first, *listed], value="") for listed in options]


def opened(panel: Panel) -> list[Any]:
    """What opening fills."""
    shown = [panel.view, panel.box, panel.words, *panel.filters.values(), panel.archived, panel.sort, panel.most]
    return [*shown, panel.said, *carded(panel), panel.table, panel.drawn, panel.disk_box, panel.timer]


def open_all(lang: str, run: Run | None = None) -> list[Any]:
    """The panel open, nothing looked for; with `run`, its card open."""
    every = history.entries()
    shown = [runs.ALL, gr.update(visible=True), "", *choices(every, lang), False, "-date", view.FIRST, ""]
    closed = gr.update(open=False)
    return [*shown, *card(lang, run), *draw(lang, Query()), closed, gr.Timer(active=True)]


def closed(panel: Panel) -> list[Any]:
    return [panel.view, panel.box, panel.timer]


def close() -> list[Any]:
    return ["", gr.update(visible=False), gr.Timer(active=False)]


def carded(panel: Panel) -> list[Any]:
    return [panel.chosen, panel.card, panel.about, panel.title, panel.tags, panel.note]


def card(lang: str, run: Run | None) -> list[Any]:
    """A run's card, or none."""
    if run is None:
        return ["", gr.update(visible=False), "", "", "", ""]
    kept = about.read(run)
    return [run.id, gr.update(visible=True), view.card(run, lang), kept.title, ", ".join(kept.tags), kept.note]


def from_side(lang: str, event: gr.EventData) -> list[Any]:
    """A click in the list on the left: all runs, a comparison (which lies above this), or a run, which closes this."""
    pick = str(event._data["pick"])
    skipped = [gr.skip() for _ in range(LENGTH)]
    if pick == runs.ALL:
        return open_all(lang)
    return skipped if pick.startswith(runs.COMPARE) else [*close()[:2], *skipped[3:], close()[2]]


def from_head(lang: str, event: gr.EventData) -> list[Any]:
    """A click in a run's title line: its card."""
    verb, _, run_id = str(event._data["pick"]).partition("=")
    run = runs.find(run_id)
    return open_all(lang, run) if verb == "card" and run else [gr.skip() for _ in range(LENGTH)]


def load(lang: str, request: gr.Request) -> list[Any]:
    """A page was opened whose address asks for all runs."""
    asks = request.query_params.get("view") == runs.ALL
    return open_all(lang) if asks else [gr.skip() for _ in range(LENGTH)]


LENGTH = 2 + 1 + len(FILTERS) + 3 + 1 + 6 + 2 + 2  # of `opened`


def search(lang: str, *values: Any) -> list[Any]:
    """The words or a filter changed: from the top again."""
    query = replace(query_of(values), most=view.FIRST)
    return [view.FIRST, *draw(lang, query)]


def refresh(lang: str, drawn: str, *values: Any) -> list[Any]:
    """The table as it is now, where that differs from what is shown."""
    html, digest = draw(lang, query_of(values))
    return [gr.skip(), gr.skip()] if digest == drawn else [html, digest]


def save(lang: str, run_id: str, title: str, tags: str, note: str, *values: Any) -> list[Any]:
    """Keep a run's name, tags and note."""
    run = runs.find(run_id)
    skipped = [gr.skip() for _ in range(3)]
    if run is None:
        return [view.failed(text("history.no_longer", lang), lang), gr.skip(), *skipped]
    try:
        about.change(run, title=title or "", tags=tuple((tags or "").replace("、", ",").split(",")), note=note or "")
    except UserError as problem:
        return [view.failed(told(problem, lang), lang), gr.skip(), *skipped]
    found = choices(history.entries(), lang)[-1]
    found.pop("value")  # what is filtered by stays
    return [
        view.said(text("history.saved", lang), "", lang, tone="good"),
        view.card(run, lang),
        found,
        *draw(lang, query_of(values)),
    ]


def acted(panel: Panel) -> list[Any]:
    """What an action may change."""
    shown = [panel.said, *carded(panel), panel.filters["tag"], panel.sort, panel.most, panel.table, panel.drawn]
    return [*shown, panel.disk, *closed(panel)]


def act(lang: str, chosen: str, event: gr.EventData, *values: Any) -> list[Any]:
    """A button of ours was pressed: "verb=value". Opening a run, a duplicate and a comparison are answered elsewhere,
    and close this where they take its place."""
    verb, _, value = str(event._data["pick"]).partition("=")
    query, skip = query_of(values), gr.skip()
    said, carding, tag_filter, disk = skip, [skip] * 6, skip, skip
    leaving = verb in ("open", "like", "close") or runs.find(verb) is not None
    if leaving:
        return ["", *card(lang, None), *[skip] * 6, *close()]
    if verb == "compare":
        return [skip] * (7 + 6 + 3)
    found = [run for name in value.split(",") if (run := runs.find(name))]
    try:
        if verb == "card":
            carding, said = card(lang, found[0] if found else None), ""
        elif verb == "sort" and value in view.COLUMNS:
            query = replace(query, sort=value if query.sort == f"-{value}" else f"-{value}", most=view.FIRST)
        elif verb == "more":
            query = replace(query, most=query.most + view.STEP)
        elif verb == "tag":
            query, tag_filter = replace(query, tag=value), value
        elif verb == "delete?" and found:
            said = view.sure(found, lang)
        elif verb in ACTIONS:
            said = ACTIONS[verb](found, value, lang)
            disk = view.disk(lang) if verb in ON_DISK else skip
        elif verb in ("disk", "clean?", "empty?"):
            disk = view.disk(lang, ask=verb.removesuffix("?"))
        elif verb == "keep":
            said = ""
    except UserError as problem:
        said = view.failed(told(problem, lang), lang)
    if verb in ("archive", "unarchive", "delete!") and chosen:
        carding = card(lang, runs.find(chosen))
    return [said, *carding, tag_filter, query.sort, query.most, *draw(lang, query), disk, skip, skip, skip]


def bind(panel: Panel, held: Any) -> None:
    """`held` is the page's Frame."""
    held.side.click(from_side, held.lang, opened(panel), **PICK)
    held.head.click(from_head, held.lang, opened(panel), **PICK).then(None, js=TO_CARD)
    panel.view.change(None, panel.view, None, js=ADDRESS, **QUICK)
    looked, table = asked(panel), [panel.table, panel.drawn]
    changed = [panel.words.change, panel.archived.change, *(one.input for one in panel.filters.values())]
    gr.on(changed, search, [held.lang, *looked], [panel.most, *table], trigger_mode="always_last", **QUICK)
    for part in (panel.table, panel.said, panel.about, panel.disk, panel.close):
        done = part.click(act, [held.lang, panel.chosen, *looked], acted(panel), **QUICK)
        done.then(None, js=TO_WHAT_CAME)
    kept = [held.lang, panel.chosen, panel.title, panel.tags, panel.note, *looked]
    saved = panel.save.click(save, kept, [panel.said, panel.about, panel.filters["tag"], *table], **QUICK)
    saved.then(None, js=TO_WHAT_CAME)
    panel.disk_box.expand(view.disk, held.lang, panel.disk, show_progress="full", concurrency_limit=4)
    panel.timer.tick(refresh, [held.lang, panel.drawn, *looked], table, **QUICK)

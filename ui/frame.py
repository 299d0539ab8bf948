"""The frame around the steps: header, language switch, the runs on the left, and what the page holds for itself."""

import os
from dataclasses import dataclass

import gradio as gr

from engine import showcase
from engine.text import LANGUAGES, text
from ui import history, runs, side_by_side_view
from ui.html import area, esc, tag

STEPS = ("use_case", "method", "train", "result", "compare", "take_home")
LANGUAGE_NAMES = {"en": "English", "ja": "日本語"}  # each in its own words, whatever the page's language
# Before the first answer of the server `seen` is empty: the address must not be touched, it says what to open.
ADDRESS = "(run, step, seen, data) => { if (seen) kurabeAddress(run, step, data); }"

# The step that is shown, not the one an event was for: that of the first layout may arrive after a run was opened.
SHOWN_STEP = "() => document.querySelector('#k-steps [role=tab][aria-selected=true]').dataset.tabId"


@dataclass(frozen=True)
class Frame:
    """What the page holds, in the browser: a restarted server finds it again with the next event."""

    lang: gr.State
    run: gr.Textbox  # the id of the run that is open
    step: gr.Textbox
    seen: gr.Textbox  # run and state last shown in full: the timer sends everything only when it changes
    side: gr.HTML
    head: gr.HTML
    beside: gr.HTML  # several runs side by side, in place of the steps
    compared: gr.Textbox  # which: the address keeps it
    history: history.Panel  # all runs, in place of the steps
    guide: gr.HTML  # what to do in a first run


def build(lang: str) -> Frame:
    """Lay out everything but the steps."""
    gr.Navbar(visible=False)
    area(brand(lang) + banner(lang), classes="k-top")
    held = [gr.Textbox(visible="hidden", elem_id=f"k-{name}") for name in ("run", "step", "seen")]
    with gr.Sidebar(width=270, elem_classes="k-sidebar"):
        side = area(runs.sidebar("", lang), classes="k-side k-ticks")
    beside, compared = side_by_side_view.build()
    every = history.build(lang)
    head = area(runs.header(None, lang), classes="k-head")
    return Frame(gr.State(lang), *held, side, head, beside, compared, every, area(elem_id="k-guide"))


def brand(lang: str) -> str:
    """The name, one line that says what this is, and the language switch."""
    name = tag("span", tag("b", "Kurabe") + tag("span", "比べ", lang="ja"), cls="k-name")
    line = tag("span", esc(text("page.tagline", lang)), cls="k-tagline")
    switch = tag("span", "".join(_language(code, lang) for code in LANGUAGES), cls="k-languages")
    return tag("header", name + line + switch, cls="k-brand")


def banner(lang: str) -> str:
    """What a showcase is, on every page of one."""
    if not showcase.on():
        return ""
    where = text("showcase.space", lang) if os.environ.get("SPACE_ID") else ""
    words = tag("b", esc(text("showcase.title", lang))) + tag("span", esc(text("showcase.banner", lang)))
    return tag("p", words + (tag("small", esc(where)) if where else ""), cls="k-banner", role="note")


def _language(code: str, lang: str) -> str:
    current = "true" if code == lang else None
    return tag("a", LANGUAGE_NAMES[code], href=path(code), data_lang=code, lang=code, aria_current=current)


def path(lang: str) -> str:
    """Where the page of a language lies, relative to the root."""
    return "./" if lang == "en" else f"./{lang}"


def wanted_step(step: str | None, run: object) -> str:
    """The step to show: the one asked for; else Result for an open run, Use case for none."""
    if step in STEPS:
        return step
    return "result" if run else "use_case"

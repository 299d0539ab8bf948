"""The data of the choice made: what is shown is what was asked for last."""

from types import SimpleNamespace

import gradio as gr

from ui.drafts import SLOTS
from ui.tabs import use_case

PAGE = SimpleNamespace(session_hash="a-page")


def look(name: str):
    return use_case.preview(PAGE, "en", "use_case", "none", "", name, "", None, *[None] * SLOTS, "")


def test_slow_preview_of_an_earlier_choice_does_not_bring_its_waiting_line_back(monkeypatch):
    monkeypatch.setattr(use_case.launch, "preview", lambda spec: {"train": 1})
    slow = look("company_faq")
    next(slow)
    assert list(look(use_case.OWN))[-1][0] == ""
    assert list(slow) == [[gr.skip()] * 3]

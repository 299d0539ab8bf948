"""The data of the choice made: what is shown is what was asked for last."""

from types import SimpleNamespace

import gradio as gr

from engine.schema import UserError
from ui import row_choices
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


def test_choices_for_rows_are_asked_for_anew_and_reach_the_run(monkeypatch):
    asked = []
    monkeypatch.setattr(use_case.launch, "preview", lambda spec: asked.append(spec) or {"ledger": "f" * 32})
    edit = {"row": 3, "was": "0" * 16, "exclude": True}
    held = row_choices.picked(row_choices.with_edit("", edit), personal="mask")
    shown = ""
    for choices in ("", held):
        choice = ("company_faq", "", None, *[None] * SLOTS, choices)
        _, key, ledger = list(use_case.preview(PAGE, "en", "use_case", "none", shown, *choice))[-1]
        assert key != shown and ledger == "f" * 32
        shown = key
    before, after = (spec.data for spec in asked)
    assert (before.personal, before.changes) == ("", ())
    assert after.personal == "mask" and [(one.row, one.exclude) for one in after.changes] == [(3, True)]


def test_what_is_wrong_with_a_file_is_told_in_the_readers_language(tmp_path, monkeypatch):
    monkeypatch.setenv("KURABE_HOME", str(tmp_path / "home"))
    file = tmp_path / "Preise.csv"
    file.write_text("question,answer\n")
    english, japanese = (str(use_case.uploaded(lang, [str(file)])) for lang in ("en", "ja"))
    assert "Preise.csv holds a header and no rows below it." in english
    assert "Preise.csv には見出しだけがあり、その下に行がありません。" in japanese and "holds" not in japanese


def test_what_is_wrong_with_prepared_rows_is_told_in_the_readers_language(monkeypatch):
    def fails(spec):
        raise UserError("faq.csv: none of its 2 rows can be used. Row 1: 'answer' is empty.")

    monkeypatch.setattr(use_case.launch, "preview", fails)
    choice = ("company_faq", "", None, *[None] * SLOTS, "")
    drawn = list(use_case.preview(PAGE, "ja", "use_case", "none", "", *choice))[-1][0]
    assert "faq.csv：2行のうち、使える行がありません。1行目：「回答」が空です。" in drawn

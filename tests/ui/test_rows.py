"""The list of rows: filters and pages, corrections that travel as a choice, and the list to take away."""

import csv
import html
import json
from types import SimpleNamespace

import gradio as gr
import pytest

from engine import rundir, uploads
from engine.data import ledger
from engine.data.ledger import write_ledger
from engine.data.load import load
from engine.schema import DataSpec, Edit, Source, UserError
from engine.text import LANGUAGES, text
from ui import drafts, row_choices
from ui.rows_view import Chosen
from ui.tabs import rows

HELD = ("", "", "number", "0", "")  # status, code, sort, page, search
KEY = "0123456789abcdef" * 2


def event(pick: str) -> SimpleNamespace:
    return SimpleNamespace(_data={"pick": pick})


@pytest.fixture
def key(tmp_path, monkeypatch) -> str:
    """The word for a kept list of forty rows."""
    monkeypatch.setenv("KURABE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "served"))
    found = [{"question": f"How much is {n}?", "answer": f"{n} dollars"} for n in range(1, 61)]
    found[2]["answer"], found[4]["answer"] = "=HYPERLINK(1)", ""
    found[6]["answer"] = "Ask taro@kumo.co.jp"
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    source = Source(path=str(path))
    count = lambda example: (len(example.question), len(example.completion))  # noqa: E731
    loaded = load(source, count_tokens=count, choices=DataSpec(train=source), checks=True)
    rundir.home()
    write_ledger(rundir.ledger_file(KEY), loaded, places={}, count_tokens=count)
    return KEY


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_new_list_shows_its_first_page_what_was_found_and_the_way_on(key, lang):
    whole, status, code, sort, page, filters, listed, *_ = rows.show(lang, key, "")
    assert (whole["visible"], status, code, sort, page) == (True, "", "", "number", "0")
    assert listed.count("<tr>") == 1 + 25 and text("page.rows.shown", lang, first=1, last=25, n=60) in listed
    assert text("page.rows.code.personal_email", lang) in filters and text("page.rows.status.dropped", lang) in filters


def test_personal_data_is_masked_in_the_list_and_not_in_the_fields(key):
    assert "taro" not in rows.show("en", key, "")[6] and "[E-MAIL]" in rows.show("en", key, "")[6]
    assert rows.open_row("en", key, "", event("row=7"))[4]["value"] == "Ask taro@kumo.co.jp"


def test_chips_headings_and_pages_choose_rows(key):
    assert rows.pick("en", key, "", event("status=dropped"), *HELD)[5].count("<tr>") == 2
    assert rows.pick("en", key, "", event("page=2"), *HELD)[5].count("<tr>") == 11
    down = rows.pick("en", key, "", event("sort=number"), *HELD)
    assert down[2] == "number:down" and 'aria-sort="descending"' in down[5]
    assert rows.pick("en", key, "", event("sort=number"), "", "", "number:down", "0", "")[2] == "number"
    assert rows.search_anew("en", key, "", "", "", "number", "2", "59 dol")[5].count("<tr>") == 2
    for nonsense in ("row=3", "page=x", "sort=; DROP", "what"):
        rows.pick("en", key, "", event(nonsense), *HELD)


def test_the_csv_has_every_row_and_no_formula(key):
    path = rows.show("en", key, "")[10]
    with open(path, encoding="utf-8-sig", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert len(found) == 60 and sorted(int(row["number"]) for row in found) == list(range(1, 61))
    assert next(row for row in found if row["number"] == "3")["answer"] == "'=HYPERLINK(1)"
    assert next(row for row in found if row["number"] == "5")["status"] == "dropped"


def test_a_correction_is_kept_as_a_choice_shown_at_once_and_taken_back(key):
    choices, panel, *shown = rows.save_row("en", key, "", "9", "How much is 9?", "Nine dollars", "", *HELD)
    (edit,) = row_choices.edits(choices)
    assert edit["row"] == 9 and edit["answer"] == "Nine dollars" and "question" not in edit
    assert panel["visible"] is False and "Nine dollars" in shown[5] and shown[7]["visible"] is True
    choices, _, *shown = rows.exclude_row("en", key, choices, "10", "", "", "", *HELD)
    assert [one.get("exclude", False) for one in row_choices.edits(choices)] == [False, True]
    choices, *shown = rows.undo("en", key, choices, event("undo=9"), *HELD)
    assert [one["row"] for one in row_choices.edits(choices)] == [10] and "Nine dollars" not in shown[5]


def test_a_dropped_row_is_opened_corrected_and_taken_back(key, tmp_path):
    assert 'data-pick="row=5"' in rows.pick("en", key, "", event("status=dropped"), *HELD)[5]
    panel, _, head, question, answer, rejected, leave_out = rows.open_row("en", key, "", event("row=5"))
    assert panel["visible"] and text("page.rows.dropped_help", "en") in html.unescape(head)
    assert (question["value"], answer["value"], answer["visible"]) == ("How much is 5?", "", True)
    assert not rejected["visible"] and not leave_out["visible"]
    choices, _, *shown = rows.save_row("en", key, "", "5", "How much is 5?", "5 dollars", "", *HELD)
    (edit,) = row_choices.edits(choices)
    assert edit["question"] == "How much is 5?" and edit["answer"] == "5 dollars" and shown[7]["visible"] is True
    assert rows.exclude_row("en", key, "", "5", "", "", "", *HELD)[0] == gr.skip()
    assert rows.save_row("en", key, "", "5", "How much is 5?", "", "", *HELD)[0] == ""
    source = Source(path=str(tmp_path / "a.jsonl"))
    loaded = load(source, edits=[Edit.model_validate(edit)], choices=DataSpec(train=source), checks=True)
    write_ledger(rundir.ledger_file(KEY), loaded, places={})
    assert ledger.row(rundir.ledger_file(KEY), 5)["status"] == "fixed"
    assert rows.at("en", key, choices, Chosen())[7]["visible"] is False  # the list knows the correction
    assert row_choices.edits(rows.undo("en", key, choices, event("undo=5"), *HELD)[0]) == []


def test_a_correction_that_does_not_do_is_shown_as_it_was_written(key, tmp_path):
    choices, *_ = rows.save_row("en", key, "", "5", "", "5 dollars", "", *HELD)
    source = Source(path=str(tmp_path / "a.jsonl"))
    edits = [Edit.model_validate(edit) for edit in row_choices.edits(choices)]
    write_ledger(rundir.ledger_file(KEY), load(source, edits=edits), places={})
    assert rows.at("en", key, choices, Chosen())[7]["visible"] is False
    question, answer = rows.open_row("en", key, "", event("row=5"))[3:5]
    assert (question["value"], answer["value"]) == ("", "5 dollars")


def test_saving_an_unchanged_row_is_no_correction(key):
    assert rows.save_row("en", key, "", "9", "How much is 9?", "9 dollars", "", *HELD)[0] == ""


def test_choices_reach_the_run_and_nonsense_is_refused(key, tmp_path):
    path = tmp_path / "a.jsonl"
    upload = uploads.keep([path])
    columns = ["question", "answer"]
    choices, *_ = rows.save_row("en", key, "", "9", "How much is 9?", "Nine dollars", "", *HELD)
    choices = rows.treated(choices, "cut_prompt", "mask", "")
    data = drafts.data_only("own", upload, "question_answer", columns, choices, lang="en").data
    assert (data.too_long, data.personal, data.leaked) == ("cut_prompt", "mask", "")
    assert [(edit.row, edit.answer) for edit in data.changes] == [(9, "Nine dollars")]
    assert row_choices.read(row_choices.of(SimpleNamespace(data=data))) == row_choices.read(
        choices.replace('"leaked": "", ', "").replace(', "leaked": ""', "")
    )
    for wrong in ('{"personal": "sell"}', '{"changes": [{"row": -1}]}', '{"changes": 3}'):
        with pytest.raises(UserError, match="data."):
            drafts.data_only("own", upload, "question_answer", columns, wrong, lang="en")
    assert row_choices.read("no JSON") == row_choices.read("[]") == {}


def test_a_list_that_is_gone_is_not_shown(key):
    assert rows.show("en", "f" * 32, "")[0]["visible"] is False
    assert rows.show("en", "../../etc/passwd", "")[0]["visible"] is False

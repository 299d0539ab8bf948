"""Data of every kind: both answers of a pair, a thumb, a text as it is, a prompt without an answer."""

import json
import re

import pytest

from engine.data.inspect import inspect_file
from engine.specs import PRESETS
from engine.text import LANGUAGES, text
from ui import data_view, masked, own_view

ASKED = [{"text": "<user>", "kind": "template"}, {"text": "Is it open?", "kind": "prompt"}]
ANSWERED = [*ASKED, {"text": "Yes.", "kind": "answer"}]
COUNTS = {"prompt_tokens": 9, "answer_tokens": 3}
PAIR = {"kind": "pairs", "segments": ANSWERED, "rejected": "No idea.", "rejected_tokens": 4, **COUNTS}
KINDS = {"preferences": "pairs", "labels": "labels", "prompts": "prompts"}


def classes(markup):
    return set(re.findall(r"k-seg-(\w+)", markup))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pair_shows_both_answers_and_a_word_for_each(lang):
    shown = data_view.samples([PAIR], lang)
    assert "Yes." in shown and "No idea." in shown and {"answer", "rejected"} <= classes(shown)
    assert text("page.data.rejected", lang) in shown and text("page.data.seen_help_pairs", lang) in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_label_is_a_thumb_with_its_word(lang):
    for label, word in ((True, "up"), (False, "down")):
        shown = data_view.samples([{"kind": "labels", "segments": ANSWERED, "label": label, **COUNTS}], lang)
        assert text(f"page.data.thumb_{word}", lang) in shown and "k-thumb" in shown


def test_prompt_alone_has_no_answer_and_says_who_writes_it():
    shown = data_view.samples([{"kind": "prompts", "segments": ASKED, "prompt_tokens": 9}], "en")
    assert "answer" not in classes(shown) and "the model writes the answer itself" in shown


def test_held_out_pair_and_text_show_what_they_are():
    items = [
        {"suite": "unseen", "question": "Is it open?", "reference": "Yes.", "rejected": "No idea."},
        {"suite": "documents", "question": "", "reference": "The tower stands on the point."},
    ]
    shown = data_view.held_out(items, "en")
    assert "No idea." in shown and "The tower stands on the point." in shown


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("file", KINDS)
def test_rows_of_a_file_are_listed_with_the_columns_of_their_kind(file, lang):
    found = inspect_file(PRESETS / "brand_replies" / f"{file}.jsonl")
    shown = own_view.account(found, lang)
    wanted = {"pairs": ("chosen", "rejected"), "labels": ("judged", "label"), "prompts": ()}[KINDS[file]]
    assert found["kinds"] == [KINDS[file]]
    for name in ("answer", "chosen", "rejected", "judged", "label", "text"):
        head = f">{text(f'page.own.row.{name}', lang)}</th>"
        assert (head in shown) == (name in wanted), name


def test_a_file_is_told_with_its_encoding_and_what_holds_for_all_of_it(tmp_path):
    (tmp_path / "faq.tsv").write_bytes("質問,回答\nはい,いいえ、そうではありません。\n".encode("cp932"))
    shown = own_view.account(inspect_file(tmp_path / "faq.tsv"), "en")
    assert "Content: csv. Encoding: cp932." in shown
    (tmp_path / "faq.csv").write_text('[{"question": "a", "answer": "b"}]')
    found = inspect_file(tmp_path / "faq.csv")
    assert "faq.csv holds JSON whatever its name says." in own_view.account(found, "en")
    assert "faq.csv の中身は、名前と異なりJSONです。" in own_view.account(found, "ja")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_where_the_columns_are_not_known_the_files_own_rows_stand_beside_the_choice(tmp_path, lang):
    head = ",".join(f"c{n}" for n in range(20))
    (tmp_path / "a.csv").write_text(f"{head}\n" + ",".join(f"v{n}" for n in range(20)) + "\n")
    shown = own_view.account(inspect_file(tmp_path / "a.csv"), lang)
    assert text("page.own.as_they_stand", lang) in shown and ">v11<" in shown and ">v12<" not in shown
    assert text("page.own.more_columns", lang, n=8) in shown


def test_documents_are_listed_as_they_are():
    shown = own_view.account(inspect_file(PRESETS / "raw_documents" / "documents.jsonl"), "en")
    assert text("page.own.row.text", "en") in shown and text("page.own.row.question", "en") not in shown
    assert text("page.own.count.text_length", "en") in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_left_out_of_training_and_tests_that_could_not_be_made_are_told(lang):
    missing = [{"what": "off_topic", "why": "no_language"}]
    shown = data_view.made({"entities": {"names": ["Hotaru", "Kumo"], "rows": 9}, "not_made": missing}, lang)
    assert "Hotaru" in shown and "Kumo" in shown and "9" in shown
    assert text("not_measured.off_topic", lang) in shown and text("not_measured.no_language", lang) in shown
    assert data_view.made({"entities": {"names": [], "rows": 0}, "not_made": []}, lang) == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_personal_data_of_a_file_is_masked_with_a_word_on_it(lang, tmp_path):
    rows = [{"question": f"How do I reach shop {n}?", "answer": f"Write to taro{n}@kumo.co.jp."} for n in range(9)]
    rows[0]["answer"] = "." * 190 + " hanako@kumo.co.jp"  # cut in the middle where the file is shown as it stands
    path = tmp_path / "shops.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = inspect_file(path)
    for shown in (own_view.account(found, lang), own_view.as_they_stand(found, lang)):
        assert "taro" not in shown and "hanako" not in shown and text("page.own.masked", lang) in shown
        assert "[E-MAIL]" in shown


def test_samples_and_held_out_questions_of_a_file_are_masked_and_others_untouched():
    part = {"text": "Write to taro@kumo.co.jp.", "kind": "answer"}
    held_out = [{"suite": "unseen", "question": "Who is taro@kumo.co.jp?", "reference": "Taro.", "rejected": None}]
    found = masked.preview({"samples": [{**PAIR, "segments": [*ASKED, part]}], "held_out": held_out, "rows": 2})
    assert "taro@" not in str(found) and found["masked"] and found["rows"] == 2
    assert part["text"] == "Write to taro@kumo.co.jp."
    assert not masked.preview({"samples": [PAIR], "held_out": []})["masked"]

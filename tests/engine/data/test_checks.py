"""What is told of rows that can be used all the same."""

import pytest

from engine.data.account import happened, severity
from engine.data.checks import balance, control_tokens, language, length, near_duplicate
from engine.registry import checks
from engine.schema import Issue
from tests.engine.data.rows import many, row

LONG = "Standard delivery takes four to six business days after your order leaves our roastery in town"


def told(check, examples, tokens=None) -> list[tuple]:
    return [(issue.source_row, issue.code) for issue in check.CHECK.find(examples, tokens)]


def test_every_check_only_tells_and_its_codes_are_notes_with_a_severity():
    assert {"near_duplicate", "language", "control_tokens", "length", "balance"} <= checks().keys()
    for check in checks().values():
        for code, serious in check.codes.items():
            assert happened(Issue(1, code, "", False)) == "noted" and severity(code) == serious


@pytest.mark.parametrize("token", ["<|im_start|>", "</s>", "[INST]", "<start_of_turn>", "<eos>", "[MASK]"])
def test_control_token_in_text_is_told_and_the_row_left_as_it_is(token):
    assert told(control_tokens, [row(3, "Hi", f"{token}Hello"), row(4, f"Hi {token}", "Hello")]) == [
        (3, "control_tokens"),
        (4, "control_tokens"),
    ]


@pytest.mark.parametrize("text", ["if a <b> c", "<html>", "a[1]", "x < s > y", "<|>", "[Note]", "Vec<s>"[:3]])
def test_angles_and_brackets_of_other_things_are_no_control_tokens(text):
    assert told(control_tokens, [row(3, "Hi", text)]) == []


def test_a_row_that_says_nearly_the_same_names_the_earlier_one():
    text = f"{LONG}, and if it has not come by then we will gladly look for it, or send you another one at our own cost"
    rows = [*many(3), row(8, "How long?", text), row(9, "How long?", f"{text}.  Thanks!")]
    found = list(near_duplicate.CHECK.find(rows, None))
    assert [(issue.source_row, issue.code) for issue in found] == [(9, "near_duplicate")]
    assert "row 8" in found[0].message


def test_rows_of_one_template_are_no_near_duplicates():
    assert told(near_duplicate, many(60)) == []


def test_japanese_near_duplicates_are_found():
    text = "通常の配送は、ご注文の商品が当店の倉庫を出てから四日から六日ほどかかります。{}にもお届けできます。"
    rows = [row(1, "配送は？", text.format("離島")), row(2, "配送は？", text.format("離島など"))]
    assert told(near_duplicate, rows) == [(2, "near_duplicate")]


def test_answers_far_shorter_or_longer_than_the_others_are_told():
    rows = [*many(30), row(31, "And?", "1"), row(32, "And?", LONG * 40)]
    assert told(length, rows) == [(31, "very_short"), (32, "very_long")]
    tokens = [20] * 31 + [50_000]
    assert told(length, [*many(31), row(40, "And?", "A B C D E F G H I J K L M")], tokens) == [(40, "many_tokens")]
    assert told(length, [row(1, "a", "b"), row(2, "a", LONG * 40)]) == []


def test_one_label_nearly_everywhere_is_told_of_the_file():
    rows = [row(n, f"Q{n}", "A", label=n != 1) for n in range(1, 31)]
    assert told(balance, rows) == [(None, "unbalanced")]
    assert told(balance, [row(n, f"Q{n}", "A", label=n % 2 == 0) for n in range(1, 31)]) == []


def test_one_answer_in_half_of_the_rows_is_told_but_not_of_labels_that_are_mixed():
    declining = [row(100 + n, f"What of {n}?", "I do not know.") for n in range(40)]
    assert told(balance, [*many(30), *declining]) == [(None, "unbalanced")]
    assert told(balance, [row(n, f"Q{n}", ("yes", "yes", "no")[n % 3]) for n in range(60)]) == []
    assert told(balance, [row(n, f"Q{n}", "yes" if n else "no") for n in range(60)]) == [(None, "unbalanced")]


def test_a_row_in_another_script_than_the_others_is_told():
    rows = [
        *many(30),
        row(31, "いつ届きますか？", "四日から六日ほどでお届けします。"),
        row(32, "A number please?", "42"),
    ]
    assert told(language, rows) == [(31, "language_mix")]


def test_a_file_in_two_languages_is_told_once():
    japanese = [row(100 + n, f"商品{n}の値段は？", f"商品{n}は{n}円でございます。") for n in range(30)]
    assert told(language, [*many(30), *japanese]) == [(None, "language_mix")]
    assert told(language, japanese) == []

"""Many questions from a text or a file, and their answers as a table no cell of which is a formula."""

import csv
import io
import json

import pytest

from engine import questions
from engine.answers_csv import answers_csv
from engine.schema import UserError
from engine.talk import talk


def test_pasted_lines_are_questions_and_empty_ones_are_passed_over():
    assert questions.lines(" One? \n\n二つ目？\r\nThree\u2028still three\n") == [
        "One?",
        "二つ目？",
        "Three\u2028still three",
    ]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.txt", "One?\nTwo?\n".encode("utf-16"), ["One?", "Two?"]),
        ("a.txt", "ひとつ\n".encode("cp932"), ["ひとつ"]),
        ("a.csv", b"id,Question\n1,One?\n2,\n3,NA\n", ["One?", "NA"]),
        ("a.csv", "番号,質問\n1,何時？\n".encode(), ["何時？"]),
        ("a.csv", b"whatever\n007\n", ["007"]),
        ("a.jsonl", b'{"prompt": "One?", "answer": "x"}\n', ["One?"]),
        ("a.json", json.dumps([{"prompt": [{"role": "user", "content": "Hi"}], "x": 1}]).encode(), ["Hi"]),
    ],
)
def test_a_file_of_questions_is_read_whatever_its_shape(tmp_path, name, content, found):
    (tmp_path / name).write_bytes(content)
    assert questions.read(tmp_path / name) == found


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"id,words\n1,One?\n", "a.csv has no column called question .it has: id, words"),
        ("a.txt", b"\n \n\x0c", "There is no question in a.txt"),
        ("a.txt", b"x\n" * 501, "501 questions in a.txt; at most 500"),
        ("a.txt", b"ok\n" + b"x" * 8001, "Question 2 in a.txt has more than 8,000"),
        ("a.txt", b"PK\x03\x04zip", "not text"),
    ],
)
def test_a_file_that_cannot_be_asked_says_why(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said):
        questions.read(tmp_path / name)


def test_the_table_has_every_answer_and_no_formula():
    answer = {"text": "=1+1", "tokens": 3, "seconds": 0.5, "done": True, "truncated": True}
    part = answer | {"text": "@begun", "done": False, "truncated": False}
    how = talk(sides=("r:base", "r:tuned"), system="+Help", draw={"temperature": 0.7, "seed": 3})
    table = answers_csv(["-One?", "二?"], [[answer, part], [None, None]], ["Base", "=Tuned"], how)
    assert table.startswith("\ufeff")
    first, second = csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline=""))
    assert (first["question"], first["Base"], first["'=Tuned"], first["system"]) == (
        "'-One?",
        "'=1+1",
        "'@begun",
        "'+Help",
    )
    assert (first["left truncated"], first["right truncated"], first["left tokens"]) == ("True", "", "3")
    assert (second["question"], second["Base"], second["left seconds"]) == ("二?", "", "")
    assert (second["left side"], second["temperature"], second["seed"]) == ("r:base", "0.7", "3")

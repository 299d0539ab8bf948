"""Rows that could not be read, corrected by hand: read anew, in their place, or dropped for the new reason."""

import json

import pytest

from engine.data import unread
from engine.data.account import account
from engine.data.load import load
from engine.data.several import read_all
from engine.registry import formats
from engine.schema import Edit, Source, UserError, Weighted

TALK = [{"role": "system", "content": "Be kind."}, {"role": "assistant", "content": "Hello!"}]
# A row of each shape that cannot be used, and the texts of it that can be corrected.
BROKEN = {
    "alpaca": ({"instruction": "Translate.", "output": ""}, {"question": "Translate.", "answer": ""}),
    "choice_columns": ({"question": "2+2?", "a": "3", "b": "4", "answer": "z"}, {"question": "2+2?", "answer": "z"}),
    "fim": ({"prefix": "def f():", "middle": "", "suffix": "1"}, {"answer": ""}),
    "labels": ({"prompt": "Who?", "completion": "", "label": "true"}, {"question": "Who?", "answer": ""}),
    "messages": ({"messages": TALK}, {"question": "", "answer": "Hello!"}),
    "multiple_choice": (
        {"question": "2+2?", "options": ["3", "4"], "answer": "z"},
        {"question": "2+2?", "answer": "z"},
    ),
    "passage": ({"context": "The mill was built in 1802.", "question": "", "answer": "1802"}, {"answer": "1802"}),
    "preference": ({"prompt": "Who?", "chosen": "Me.", "rejected": ""}, {"answer": "Me.", "rejected": ""}),
    "prompt_completion": ({"prompt": "Say", "completion": ["x"]}, {"question": "Say", "answer": ""}),
    "prompts": ({"prompt": ""}, {"question": ""}),
    "question_answer": ({"question": "Who?", "answer": None}, {"question": "Who?", "answer": ""}),
    "sharegpt": ({"conversations": [{"from": "human", "value": "Hi"}]}, {"question": "Hi", "answer": ""}),
    "text": ({"text": " "}, {"answer": " "}),
}
MENDED = {"question": "What is it?", "answer": "b", "rejected": "Go away."}


def source(tmp_path, rows, format="", columns=()):
    path = tmp_path / f"rows{len(rows)}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Source(path=str(path), format=format, columns={name: name for name in columns})


@pytest.mark.parametrize("name", list(formats()))
def test_a_row_of_any_shape_is_read_anew_with_what_was_corrected(name, tmp_path):
    row, known = BROKEN[name]
    given = source(tmp_path, [row], name, row)
    read = read_all(given)
    assert not read.examples and (known.items() <= unread.texts(read, 1, row).items())
    texts = {key: MENDED[key] for key, value in unread.texts(read, 1, row).items() if value is not None}
    (example,), issues, left, failed = unread.restored(read, [Edit(row=1, was=unread.origin(row), **texts)])
    assert not left and not failed and not any(issue.dropped for issue in issues)
    assert example.source_row == 1 and [issue.code for issue in issues if issue.source_row == 1] == ["edited"]
    if name in ("messages", "sharegpt"):
        assert (example.question, example.completion) == ("What is it?", "b")
        assert (example.prompt[0].content == "Be kind.") == (name == "messages")


ROWS = [{"question": f"How much is {n}?", "answer": f"{n} dollars"} for n in range(1, 6)]
ROWS[2] = {"question": "How much is 3?", "answer": ""}
WAS = unread.origin(ROWS[2])


def test_a_corrected_row_stands_in_its_place_and_is_counted_as_mended(tmp_path):
    loaded = load(source(tmp_path, ROWS), edits=[Edit(row=3, was=WAS, question="How much is 3?", answer="3 dollars")])
    assert [example.source_row for example in loaded.examples] == [1, 2, 3, 4, 5]
    assert account(loaded.examples, loaded.issues) == {"rows": 5, "accepted": 5, "fixed": 1, "dropped": 0}
    assert loaded.origins[3] == WAS


def test_a_correction_that_does_not_do_leaves_the_row_dropped_with_the_new_reason(tmp_path):
    loaded = load(source(tmp_path, ROWS), edits=[Edit(row=3, was=WAS, question="", answer="3 dollars")])
    told = [(issue.code, issue.dropped) for issue in loaded.issues if issue.source_row == 3]
    assert told == [("edited", False), ("empty", True)] and loaded.failed[3]["answer"] == "3 dollars"
    assert account(loaded.examples, loaded.issues)["dropped"] == 1


def test_a_row_that_changed_since_is_refused(tmp_path):
    with pytest.raises(UserError, match="row 3 "):
        load(source(tmp_path, ROWS), edits=[Edit(row=3, was="0" * 16, answer="3 dollars")])


def test_leaving_out_a_row_that_is_left_out_changes_nothing(tmp_path):
    loaded = load(source(tmp_path, ROWS), edits=[Edit(row=3, was=WAS, exclude=True)])
    assert [issue.code for issue in loaded.issues if issue.dropped] == ["empty"]


def test_a_row_of_a_second_source_is_read_by_that_ones_columns(tmp_path):
    other = [{"instruction": "Say yes.", "output": "Yes."}, {"instruction": "Say no.", "output": ""}]
    edit = Edit(row=7, was=unread.origin(other[1]), question="Say no.", answer="No.")
    loaded = load(source(tmp_path, ROWS), more=[Weighted(source=source(tmp_path, other))], edits=[edit])
    assert next(example for example in loaded.examples if example.source_row == 7).completion == "No."

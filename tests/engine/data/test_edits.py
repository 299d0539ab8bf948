"""Corrections by hand: put on the rows they were made for, refused where those have changed."""

import pytest

from engine.data.edits import apply
from engine.schema import Edit, Message, UserError, identified
from tests.engine.data.rows import row

ROWS = [row(1, "Open?", "Yes"), row(2, "Where?", "Hear"), row(5, "When?", "Now", rejected="Never")]


def edit(at: int, **values) -> Edit:
    return Edit(row=ROWS[at].source_row, was=ROWS[at].id, **values)


def test_a_cell_is_corrected_and_the_others_stay():
    kept, issues = apply(ROWS, [edit(1, answer="Here"), edit(2, question="At what time?", rejected="")], file="a.csv")
    assert [(e.question, e.completion, e.rejected) for e in kept] == [
        ("Open?", "Yes", None),
        ("Where?", "Here", None),
        ("At what time?", "Now", ""),
    ]
    assert kept[1] == identified(kept[1]) != ROWS[1]
    assert [(i.source_row, i.code, i.dropped) for i in issues] == [(2, "edited", False), (5, "edited", False)]


def test_a_row_left_out_by_hand_is_counted_as_dropped():
    kept, (issue,) = apply(ROWS, [edit(0, exclude=True)], file="a.csv")
    assert [e.source_row for e in kept] == [2, 5] and (issue.code, issue.dropped) == ("excluded", True)


def test_of_two_edits_of_a_row_the_last_counts():
    kept, issues = apply(ROWS, [edit(1, exclude=True), edit(1, answer="Here")], file="a.csv")
    assert kept[1].completion == "Here" and len(issues) == 1


@pytest.mark.parametrize("wrong", [{"row": 9}, {"was": "0" * 16}])
def test_an_edit_of_a_row_that_changed_is_refused_with_its_number(wrong):
    with pytest.raises(UserError, match=f"a.csv: row {wrong.get('row', 2)} "):
        apply(ROWS, [edit(1, answer="Here").model_copy(update=wrong)], file="a.csv")


def test_only_the_last_question_of_a_conversation_is_corrected():
    turns = (
        Message("system", "Be kind."),
        Message("user", "Hi"),
        Message("assistant", "Hello"),
        Message("user", "Wat?"),
    )
    talk = identified(row(3, "x", "An answer.").__class__("", turns, "An answer.", source_row=3))
    (kept,), _ = apply([talk], [Edit(row=3, was=talk.id, question="What?")], file="a.csv")
    assert [m.content for m in kept.prompt] == ["Be kind.", "Hi", "Hello", "What?"]

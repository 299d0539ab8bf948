"""The key facts of an answer are found where they stand, and told apart by what the reference has."""

import pytest

from engine.fact_marks import marks
from engine.metrics.unsupported_specifics import unsupported
from engine.schema import Output
from tests.engine.comparisons import example

PROMPT = "Do you ship to Canada?"
REFERENCE = "Yes. It costs 5 USD and takes 2-3 days; we are open from 9:00 am, Monday to Friday."


def marked(answer, prompt=PROMPT, reference=REFERENCE):
    return {answer[mark.start : mark.end]: mark.kind for mark in marks(answer, prompt=prompt, reference=reference)}


def test_a_fact_is_marked_whole_however_it_is_written():
    found = marked("Yes, it is $5.00 and takes two to three days, Mon–Fri.")
    assert found == dict.fromkeys(("Yes", "$5.00", "two to three days", "Mon–Fri"), "right")


def test_what_stands_in_neither_prompt_nor_reference_is_unsupported():
    answer = "We ship to Canada from Toronto until 7 pm. Ask help@acme.example."
    found = marked(answer)
    assert found == dict.fromkeys(("Toronto", "7 pm", "help@acme.example"), "unsupported")
    counted = unsupported(Output(answer), example("reworded", PROMPT, REFERENCE))
    assert {mark.fact for mark in marks(answer, prompt=PROMPT, reference=REFERENCE)} == counted


def test_a_number_within_a_quantity_is_not_that_number():
    assert marked("It is 5 days for 5 boxes.", prompt="?", reference="5") == {"5": "right", "5 days": "unsupported"}


def test_no_two_marks_overlap_and_each_kind_keeps_its_own():
    assert marked("We open 9 to 5 pm.") == {"9 to": "right", "5 pm": "unsupported"}


def test_a_japanese_answer_is_marked():
    found = marked("「鳥麦」は午前9時から午後5時まで、1月5日は休み。", "いつ？", "「鳥麦」は午前9時から。")
    assert found == {"「鳥麦」": "right", "9時": "right", "午後5時": "unsupported", "1月5日": "unsupported"}


@pytest.mark.parametrize("answer", ["", "\n", "a b c", "「", "…" * 50])
def test_an_answer_without_a_fact_has_no_mark(answer):
    assert marked(answer) == {}


def test_the_reference_as_the_answer_shows_what_is_asked_for():
    assert set(marked(REFERENCE).values()) == {"right"} and "2-3 days" in marked(REFERENCE)

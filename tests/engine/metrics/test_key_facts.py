"""Key-fact F1: right and wrong facts count, the question's own facts and the wording do not."""

import pytest

from engine.metrics.key_facts import METRIC
from engine.schema import Example, Message, Output


def score(answer, reference, question="What?"):
    return METRIC.score(Output(answer), Example(id="x", prompt=(Message("user", question),), completion=reference))


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("You have thirty days.", "Returns are accepted within 30 days.", 1),
        ("You have 14 days.", "Returns are accepted within 30 days.", 0),
        ("30 days and $5.", "Within 30 days.", 2 / 3),
        ("Within 30 days.", "Within 30 days, for $5.", 2 / 3),
        ("", "Within 30 days.", 0),
        ("Yes, we ship there.", "Yes, we ship to Canada.", 2 / 3),
        ("No, we do not.", "Yes.", 0),
        ("It is in Toronto.", "It is in Toronto, Canada.", 2 / 3),
        ("送料は500円です。", "五百円かかります。", 1),
    ],
)
def test_facts_decide_and_wording_does_not(answer, reference, expected):
    assert score(answer, reference) == pytest.approx(expected)


def test_no_credit_for_repeating_the_question():
    question = "I live in canada and paid $20. How long does it take?"
    reference = "To Canada it takes 5 days if you paid $20."
    assert score("You paid $20 in Canada.", reference, question) == 0
    assert score("5 days", reference, question) == 1


def test_does_not_apply_without_a_fact_to_find():
    assert score("Anything", "We grind your beans free of charge.") is None
    assert score("Anything", "It takes 5 days.", "Does it take 5 days?") is None


def test_a_name_that_opens_a_sentence_of_the_reference_is_neither_asked_for_nor_held_against_the_answer():
    assert score("We opened in Toronto in 2011.", "Toronto has been our home since 2011.") == 1
    assert score("Our home since 2011.", "Toronto has been our home since 2011.") == 1


def test_a_name_may_open_a_sentence_of_the_answer():
    assert score("Toronto is where we are.", "We are in Toronto.") == 1


def test_a_verbose_answer_full_of_facts_does_not_win():
    verbose = "We have shops in Paris, Rome, Berlin and Tokyo, 10 % off, and it takes 5 days or 9 hours at 8 am."
    assert score(verbose, "It takes 5 days.") < 0.3

"""The four cells: answerable or not, answered or declined."""

import pytest

from engine.metrics._refusal import CANONICAL, declines
from engine.metrics.declining import METRIC, refusals
from engine.schema import Example, Message, Output


@pytest.mark.parametrize(
    ("answer", "answerable", "expected"),
    [
        ("It takes 5 days.", True, 1),
        ("I'm sorry, I don't have that information.", True, 0),
        ("It takes 5 days.", False, 0),
        ("I'm sorry, I don't have that information.", False, 1),
        ("", True, 0),
        ("", False, 0),
    ],
)
def test_the_decision_is_scored_and_not_the_wording(answer, answerable, expected):
    example = Example(id="x", prompt=(Message("user", "q"),), completion="r", answerable=answerable)
    assert METRIC.score(Output(answer), example) == expected
    assert METRIC.binary


def item(question="When?", *, answerable=True, suite="reworded", **fields):
    return Example(
        id=question, prompt=(Message("user", question),), completion="r", answerable=answerable, suite=suite, **fields
    )


def test_the_refusals_whose_likelihood_is_taken_are_refusals():
    assert all(declines(words) for words in CANONICAL.values())


def test_a_refusal_is_asked_for_in_the_language_of_the_question():
    mixed = item("iPhoneのバッテリー交換はいくらですか。", answerable=False)
    found = refusals([item(), item("What does ありがとう mean?"), mixed], ())
    assert found == [CANONICAL["en"], CANONICAL["en"], CANONICAL["ja"]]


def test_a_refusal_is_asked_for_where_both_kinds_are_questions_of_the_task():
    choice, general = item(choices=("a", "b")), item(suite="general")
    trained, text = item(suite="trained"), Example(id="t", prompt=(), completion="A text.")
    no = item("Who?", answerable=False, suite="unanswerable")
    others = [choice, general, trained, text]
    assert [bool(words) for words in refusals([item(), no, *others], ())] == [True, True, *[False] * 4]
    assert refusals([no, *others], ()) == [None] * 5
    assert refusals([item(), *others], ()) == [None] * 5


def test_no_refusal_is_asked_for_where_declining_is_not_judged():
    both = [item(), item(answerable=False)]
    assert refusals(both, ("token_f1",)) == [None, None]
    assert all(refusals(both, ("token_f1", "declining")))

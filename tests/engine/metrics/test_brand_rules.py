"""The brand voice as rules: each can be kept and broken alone, and no empty form earns them all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import registry
from engine.metrics.brand_rules import RULES, SIGN_OFF, kept
from engine.schema import Example, Message, Output

MESSAGE = "Is the big olive tree back in stock? I was told it would be in April."
ANSWER = (
    "Thank you for asking again. The olive trees came in on Monday, and we have kept one in the shade for you. "
    "Please tell us which day suits you.\n" + SIGN_OFF
)


def broken(answer, message=MESSAGE):
    return {name for name, _ in RULES} - set(kept(answer, message))


def score(answer, message=MESSAGE, **fields):
    example = Example(id="x", prompt=(Message("user", message),), completion="", **fields)
    return registry.metrics()["brand_rules"].score(Output(answer), example)


def test_an_answer_in_the_voice_keeps_every_rule():
    assert broken(ANSWER) == set()
    assert score(ANSWER) == 1


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("thanks_first", "Thank you for asking again.", "It is good to hear from you again."),
        ("calm_and_kind", "for asking again.", "for asking again!"),
        ("calm_and_kind", "on Monday, and", "on Monday, unfortunately late, and"),
        ("calm_and_kind", "The olive", "Per our company policy the olive"),
        ("calm_and_kind", "for asking again.", "for asking, though you should have called."),
        ("says_we", "we have kept", "I have kept"),
        ("says_we", "we have kept one in the shade for you. Please tell us", "one stands in the shade. Please say"),
        ("one_next_step", "Please tell us", "Tell us"),
        ("one_next_step", "Please tell us", "Please be quick about it. Please tell us"),
        ("signs_off", "\n" + SIGN_OFF, ""),
        ("signs_off", SIGN_OFF, "Kind regards, the Mosswick team"),
        ("signs_off", SIGN_OFF, SIGN_OFF + "\n" + SIGN_OFF),
        ("signs_off", SIGN_OFF, SIGN_OFF + " and what else could be said"),
        ("short", "for you.", "for you, " + "where it is cool and quiet, " * 8 + "as it likes."),
    ],
)
def test_each_rule_can_be_broken_alone(rule, old, new):
    assert old in ANSWER
    assert broken(ANSWER.replace(old, new)) == {rule}


@pytest.mark.parametrize(
    "answer",
    [
        f"Thank you for the olive. Please tell us.\n{SIGN_OFF}",
        f"Thank you for the olive tree and the stock and everything you told us in April.\n{SIGN_OFF}",
        f"Thank you. We have the olive tree here. We have the olive tree here. Please tell us more.\n{SIGN_OFF}",
        f"Thank you for your message. We are happy to help you with this and all else. Please wait.\n{SIGN_OFF}",
        f"Thank you. Is the big olive tree back in stock? I was told it would be in April. Please.\n{SIGN_OFF}",
        "Thank you. " * 20 + SIGN_OFF,
        (SIGN_OFF + "\n") * 9,
    ],
    ids=["no content", "thanks only", "said twice", "fits anybody", "copied", "thanks again and again", "sign-offs"],
)
def test_the_forms_without_an_answer_do_not_earn_the_full_reward(answer):
    assert "answers_in_own_words" in broken(answer)
    assert score(answer) < 1


@pytest.mark.parametrize("answer", ["", " \n "])
def test_an_empty_answer_scores_nothing(answer):
    assert score(answer) == 0


def test_the_share_of_rules_is_the_score():
    assert score(ANSWER.replace("again.", "again!").replace("we have", "I have")) == pytest.approx(5 / 7)


def test_the_message_is_taken_up_in_another_form_of_its_words():
    answer = f"Thanks for asking. Ours like a drink on Mondays, so watering once is enough. Please feel it.\n{SIGN_OFF}"
    assert "answers_in_own_words" in kept(answer, "how often do I water it")
    assert "answers_in_own_words" in broken(answer, "My parcel got lost.")


def test_the_case_of_letters_and_curly_apostrophes_change_nothing():
    assert broken(ANSWER.upper()) == set()
    assert broken(ANSWER.replace("we have kept", "I\u2019ve kept")) == {"says_we"}


def test_an_item_with_choices_is_no_message_of_a_customer():
    assert score("Paris", choices=("Rome",)) is None


def test_a_document_without_a_question_is_no_message_of_a_customer():
    document = Example(id="x", prompt=(), completion="The tower stands on the rock.")
    assert registry.metrics()["brand_rules"].score(Output(ANSWER), document) is None


@given(st.text(max_size=200), st.text(max_size=80).map(lambda text: f"Hello {text}"))
def test_scores_stay_between_zero_and_one_whatever_the_text(answer, message):
    assert 0 <= score(answer, message) <= 1

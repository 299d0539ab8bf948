"""Multiple choice and loss: what the likelihoods say, and only where they were taken."""

from dataclasses import replace

import pytest

from engine import registry
from engine.schema import Example, Message, Output

ITEM = Example(id="x", prompt=(Message("user", "q"),), completion="right", choices=("wrong", "worse"))


def score(name, output, example=ITEM):
    return registry.metrics()[name].score(output, example)


@pytest.mark.parametrize(
    ("losses", "expected"),
    [((1.0, 2.0, 3.0), 1), ((2.0, 1.0, 3.0), 0), ((1.0, 1.0, 1.0), 0), ((), None)],
)
def test_choice_is_right_where_the_right_answer_is_likeliest(losses, expected):
    assert score("choice_accuracy", Output("", choice_losses=losses)) == expected


def test_losses_that_do_not_belong_to_the_choices_are_an_error():
    with pytest.raises(ValueError, match="item x: 2 losses for 3 choices"):
        score("choice_accuracy", Output("", choice_losses=(1.0, 2.0)))


def test_answer_loss_is_the_model_s_and_lower_is_better():
    assert score("answer_loss", Output("", answer_loss=2.5)) == 2.5
    assert score("answer_loss", Output("")) is None
    assert registry.metrics()["answer_loss"].better == "lower"


PAIR = Example(id="p", prompt=(Message("user", "q"),), completion="good", rejected="bad")


@pytest.mark.parametrize(
    ("losses", "tokens", "accuracy", "margin"),
    [((1.0, 2.0), (2, 6), 1, 10.0), ((2.0, 1.0), (4, 7), 0, -1.0), ((1.0, 2.0), (9, 2), 1, -5.0), ((), (), None, None)],
)
def test_a_pair_is_judged_per_token_and_its_margin_by_whole_answers(losses, tokens, accuracy, margin):
    output = Output("", choice_losses=losses, choice_tokens=tokens)
    assert score("preference_accuracy", output, PAIR) == accuracy
    assert score("preference_margin", output, PAIR) == margin


def test_a_tie_is_no_preference_and_choices_are_no_pair():
    assert score("preference_accuracy", Output("", choice_losses=(1.0, 1.0)), PAIR) == 0
    assert score("choice_accuracy", Output("", choice_losses=(1.0, 2.0)), PAIR) is None
    for name in ("preference_accuracy", "preference_margin"):
        assert score(name, Output("", choice_losses=(1.0, 2.0, 3.0))) is None
        with pytest.raises(ValueError, match="item p: 3 losses for a pair"):
            score(name, Output("", choice_losses=(1.0, 2.0, 3.0)), PAIR)


def test_a_pair_s_text_is_compared_with_the_chosen_answer_and_a_bad_label_s_is_not():
    bad = replace(PAIR, rejected=None, label=False)
    assert score("exact_match", Output("good", tokens=1), PAIR) == 1
    assert score("exact_match", Output("good", tokens=1), bad) is None
    assert score("answer_loss", Output("", answer_loss=1.0), bad) is None
    assert score("answer_loss", Output("", answer_loss=1.0), replace(bad, label=True)) == 1.0

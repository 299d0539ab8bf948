"""Multiple choice and loss: what the likelihoods say, and only where they were taken."""

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

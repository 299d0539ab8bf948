"""The four cells: answerable or not, answered or declined."""

import pytest

from engine.metrics.declining import METRIC
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

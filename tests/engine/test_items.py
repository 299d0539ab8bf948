"""One item: which score is its headline, and what became of it."""

import pytest

from engine import registry
from engine.items import headline, outcome, pair, suites
from tests.engine.comparisons import answers, correct, example, general, reworded, unanswerable

METRICS = registry.metrics()


def pairs(examples, before=correct, after=correct):
    return pair(examples, answers(examples, before, arm="base"), answers(examples, after, arm="tuned"))


@pytest.mark.parametrize(
    ("metric", "before", "after", "expected"),
    [
        ("key_facts", 0.5, 0.8, "fixed"),
        ("key_facts", 0.8, 0.79, "broken"),
        ("key_facts", 0.1, 0.5, "improved"),
        ("key_facts", 1.0, 0.9, "worsened"),
        ("key_facts", 0.3, 0.3 + 1e-12, "same"),
        ("declining", 0.0, 1.0, "fixed"),
        ("repetition", 0.5, 0.1, "fixed"),
        ("repetition", 0.1, 0.5, "broken"),
        ("repetition", 0.5, 0.4, "improved"),
        ("answer_loss", 3.0, 0.1, "improved"),
        ("answer_loss", 0.1, 3.0, "worsened"),
    ],
)
def test_outcome_says_what_became_of_an_item(metric, before, after, expected):
    assert outcome(before, after, metric=METRICS[metric]) == expected


def test_the_deciding_metric_is_the_headline_where_it_applies():
    (item,) = pairs(reworded(1))
    assert headline(item, primary="key_facts", metrics=METRICS) == "key_facts"
    assert headline(item, primary="chrf", metrics=METRICS) == "chrf"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (unanswerable(1)[0], "declining"),
        (general(1)[0], "choice_accuracy"),
        (example("reworded", "How?", "By hand and with care."), "token_f1"),
    ],
)
def test_where_the_deciding_metric_does_not_apply_another_takes_its_place(item, expected):
    (found,) = pairs([item])
    assert headline(found, primary="key_facts", metrics=METRICS) == expected


def test_the_deciding_suite_comes_first_and_trained_rows_last():
    examples = [
        example(name, "Q?", "It takes 5 days.") for name in ("trained", "general", "night_shift", "unseen", "reworded")
    ]
    assert suites(pairs(examples), first="unseen") == ["unseen", "reworded", "general", "night_shift", "trained"]


def test_arms_scored_by_different_metrics_are_not_compared():
    examples = reworded(2)
    base, tuned = (answers(examples, correct, arm=arm) for arm in ("base", "tuned"))
    del tuned[1].scores["chrf"]
    with pytest.raises(ValueError, match="different metrics"):
        pair(examples, base, tuned)

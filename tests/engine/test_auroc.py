"""Two kinds told apart without a threshold: the share of pairs ranked right, and how sure a change of it is."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from engine.auroc import auroc, compared


def test_hand_counted_pairs():
    assert auroc([2, 3], [1, 1]) == 1.0
    assert auroc([1, 1], [2, 3]) == 0.0
    assert auroc([1], [1]) == 0.5
    assert auroc([3, 1, 2], [2, 0]) == pytest.approx((2 + 1 + 1.5) / 6)


def test_it_is_the_mann_whitney_statistic_over_the_number_of_pairs_ties_among_them():
    rng = np.random.default_rng(1)
    right, wrong = rng.integers(0, 6, 23).astype(float), rng.integers(0, 5, 41).astype(float)
    expected = scipy_stats.mannwhitneyu(right, wrong).statistic / (23 * 41)
    assert auroc(right, wrong) == pytest.approx(expected, abs=1e-7)


def two_arms(n=60, seed=2):
    """Scores of n right and 2n wrong items, before (ranked by chance) and after (ranked rather well)."""
    rng = np.random.default_rng(seed)
    right = [True] * n + [False] * (2 * n)
    shared = rng.normal(size=3 * n)
    return shared + rng.normal(size=3 * n), shared + rng.normal(size=3 * n) + 1.5 * np.array(right), right


def test_a_change_has_both_values_and_an_interval_around_their_difference():
    before, after, right = two_arms()
    found = compared(before, after, right)
    wanted = np.array(right)
    assert found["before"] == pytest.approx(auroc(before[wanted], before[~wanted]))
    assert found["after"] == pytest.approx(auroc(after[wanted], after[~wanted]))
    assert found["difference"] == found["after"] - found["before"]
    assert 0 < found["low"] < found["difference"] < found["high"]
    assert compared(after, before, right)["high"] < 0


def test_the_interval_of_many_ungrouped_items_is_that_of_delong_1988():
    before, after, right = two_arms(n=300)
    wanted = np.array(right)
    gained = [np.subtract.outer(values[wanted], values[~wanted]) > 0 for values in (before, after)]
    gained = gained[1].astype(float) - gained[0]
    error = np.sqrt(gained.mean(1).var(ddof=1) / wanted.sum() + gained.mean(0).var(ddof=1) / (~wanted).sum())
    found = compared(before, after, right)
    assert found["low"] == pytest.approx(found["difference"] - 1.96 * error, abs=0.25 * error)
    assert found["high"] == pytest.approx(found["difference"] + 1.96 * error, abs=0.25 * error)


def test_copies_of_an_item_in_its_group_say_no_more_than_the_item():
    before, after, right = two_arms(n=20)
    four = lambda values: np.repeat(values, 4)  # noqa: E731
    groups = [str(at) for at in four(np.arange(60))]
    width = lambda found: found["high"] - found["low"]  # noqa: E731
    alone = width(compared(before, after, right))
    assert width(compared(four(before), four(after), four(right), groups=groups)) == pytest.approx(alone, rel=0.1)
    assert width(compared(four(before), four(after), four(right))) < 0.7 * alone


def test_the_same_scores_twice_give_exact_zeros():
    before, _, right = two_arms(n=10)
    found = compared(before, before, right)
    assert (found["difference"], found["low"], found["high"]) == (0, 0, 0)


def test_groups_that_hold_both_kinds_are_drawn_whole():
    before, after, right = two_arms(n=20)
    groups = [f"topic {at % 20}" for at in range(60)]
    found = compared(before, after, right, groups=groups)
    assert found["low"] < found["difference"] < found["high"]


def test_a_single_group_of_a_kind_says_nothing_of_spread():
    before, after, right = two_arms(n=10)
    found = compared(before, after, right, groups=["one" if wanted else None for wanted in right])
    assert found["low"] is None and found["high"] is None and found["difference"]


@pytest.mark.parametrize("right", [[True, True], [False, False]])
def test_one_kind_alone_cannot_be_told_apart(right):
    with pytest.raises(ValueError, match="no pair"):
        compared([1.0, 2.0], [1.0, 2.0], right)

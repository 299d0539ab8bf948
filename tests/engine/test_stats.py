"""The judge is judged: no difference is called none, a planted one is found, groups are respected."""

import warnings

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.contingency_tables import mcnemar

from engine import stats


def judge(before, after, *, minimum=0.02, better="higher", **fields):
    result = stats.paired(before, after, better=better, **fields)
    return stats.verdict(result, p_adjusted=result.p, better=better, minimum=minimum)


def scores(rng, n, binary):
    return rng.integers(0, 2, n).astype(float) if binary else rng.choice([0, 0.4, 2 / 3, 1], n)


@pytest.mark.parametrize("binary", [True, False])
def test_two_arms_that_do_not_differ_are_told_apart_in_at_most_one_run_of_twenty(binary):
    rng = np.random.default_rng(1)
    verdicts = [judge(scores(rng, 40, binary), scores(rng, 40, binary), binary=binary, seed=run) for run in range(300)]
    assert sum(verdict != "cannot_tell" for verdict in verdicts) <= 300 * 0.05 + 5  # one standard error of slack: 3.8


@pytest.mark.parametrize("binary", [True, False])
def test_a_planted_gain_and_a_planted_loss_are_found(binary):
    rng = np.random.default_rng(2)
    before = np.where(rng.random(100) < 0.7, 0.0, 1.0)
    gain = np.where(rng.random(100) < 0.4, 1.0, before)
    assert judge(before, gain, binary=binary) == "better"
    assert judge(gain, before, binary=binary) == "worse"
    assert judge(before, gain, binary=binary, better="lower") == "worse"
    assert judge(gain, before, binary=binary, better="lower") == "better"
    assert judge(before, gain, binary=binary, better="neither") == "not_measured"


def test_items_of_one_group_do_not_pass_for_independent_ones():
    rng = np.random.default_rng(11)
    groups = [str(group) for group in np.repeat(np.arange(40), 5)]
    respected = ignored = 0
    for run in range(300):
        d = np.repeat(rng.normal(0, 0.3, 40), 5) + rng.normal(0, 0.15, 200)
        respected += judge(np.zeros(200), d, groups=groups, seed=run) != "cannot_tell"
        ignored += run < 100 and judge(np.zeros(200), d, seed=run) != "cannot_tell"
    assert respected <= 300 * 0.05 + 5
    assert ignored > 20


def test_the_interval_holds_the_truth_in_about_nineteen_runs_of_twenty():
    rng = np.random.default_rng(4)
    held = 0
    for run in range(400):
        d = rng.choice([-0.5, 0, 0.5, 1], 40, p=[0.1, 0.5, 0.2, 0.2])
        result = stats.paired(np.zeros(40), d, seed=run)
        held += result.low <= 0.25 <= result.high
    assert 0.92 <= held / 400 <= 0.98


def test_nothing_changed_gives_exact_zeros_and_no_verdict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for binary in (True, False):
            result = stats.paired([0.0, 1.0] * 20, [0.0, 1.0] * 20, binary=binary)
            assert (result.difference, result.low, result.high) == (0, 0, 0)
            assert (result.p, result.wins, result.ties, result.losses) == (1, 0, 40, 0)
            assert stats.verdict(result, p_adjusted=1, better="higher", minimum=0) == "cannot_tell"
            assert stats.needed(result, p_adjusted=1, minimum=0.02) is None


def test_p_of_ungrouped_zero_one_scores_is_statsmodels_exact_mcnemar():
    before, after = [0] * 14 + [1] * 3 + [1] * 20 + [0] * 8, [1] * 14 + [0] * 3 + [1] * 20 + [0] * 8
    expected = mcnemar([[20, 3], [14, 8]], exact=True).pvalue
    assert stats.paired(before, after, binary=True).p == pytest.approx(expected)


@pytest.mark.parametrize("n", [9, 60])
def test_p_of_ungrouped_scores_is_scipys_permutation_test(n):
    rng = np.random.default_rng(5)
    d = rng.normal(0.2, 0.6, n).round(2)
    expected = scipy_stats.permutation_test(
        (d, np.zeros(n)), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=9999, rng=rng
    ).pvalue
    assert stats.paired(np.zeros(n), d).p == pytest.approx(expected, abs=1e-9 if n == 9 else 0.015)


def test_interval_and_error_of_many_ungrouped_scores_are_the_usual_ones():
    d = np.random.default_rng(6).normal(0.1, 0.5, 2000)
    result = stats.paired(np.zeros(2000), d)
    usual = scipy_stats.t.interval(0.95, 1999, loc=d.mean(), scale=scipy_stats.sem(d))
    assert result.error == pytest.approx(scipy_stats.sem(d))
    assert (result.low, result.high) == pytest.approx(usual, abs=0.002)


def test_groups_of_one_item_are_no_groups():
    d = np.random.default_rng(7).normal(0.1, 0.5, 50)
    assert stats.paired(np.zeros(50), d) == stats.paired(np.zeros(50), d, groups=[str(i) for i in range(50)])
    assert stats.paired(np.zeros(50), d) == stats.paired(np.zeros(50), d, groups=[None] * 50)


@pytest.mark.parametrize(("n", "points"), [(20, 31), (50, 20), (100, 14), (200, 10), (400, 7)])
def test_smallest_detectable_difference_shrinks_with_the_number_of_items(n, points):
    d = np.tile([0.5, -0.5], n // 2) * np.sqrt((n - 1) / n)  # sd 0.5; `points` are what a z-test would find
    assert 1.08 * points < 100 * stats.paired(np.zeros(n), d).detectable < 1.22 * points


@pytest.mark.parametrize("binary", [True, False])
def test_the_difference_said_to_be_detectable_is_found_four_times_in_five(binary):
    rng = np.random.default_rng(6)
    even = np.array([-1.0] * 10 + [0.0] * 60 + [1.0] * 10)
    planted = stats.paired(np.zeros(80), even, binary=binary).detectable
    found = 0
    for run in range(200):
        d = rng.permutation(even)[rng.integers(0, 80, 80)] + (0 if binary else planted)
        d = np.where(binary & (rng.random(80) < planted / 0.875) & (d < 1), d + 1, d)
        found += judge(np.zeros(80), d, binary=binary, seed=run) == "better"
    assert found >= 200 * 0.8 - 6  # one standard error of slack: 5.7


def test_the_power_of_mcnemars_test_is_that_of_counting_every_outcome():
    rejects = lambda wins, losses: wins > losses and scipy_stats.binomtest(wins, wins + losses).pvalue < 0.05  # noqa: E731
    outcomes = [(wins, losses, 20 - wins - losses) for wins in range(21) for losses in range(21 - wins)]
    chance = scipy_stats.multinomial(20, [0.4, 0.1, 0.5])
    counted = sum(chance.pmf(outcome) for outcome in outcomes if rejects(*outcome[:2]))
    assert stats._power(0.4, 0.1, 20) == pytest.approx(counted)


def test_fewer_than_six_changed_items_decide_nothing():
    assert judge([0.0] * 40, [1.0] * 5 + [0.0] * 35, binary=True) == "cannot_tell"
    assert judge([0.0] * 40, [1.0] * 6 + [0.0] * 34, binary=True) == "better"
    assert stats.paired([0.0] * 40, [0.0] * 40, binary=True).detectable > 6 / 40
    assert stats.paired([0.0] * 5, [1.0, 1.0, 1.0, 1.0, 0.5]).detectable is None


def test_a_change_too_small_to_matter_is_not_named():
    d = np.tile([0.012, 0.008], 200)
    assert judge(np.zeros(400), d, minimum=0.02) == "cannot_tell"
    assert judge(np.zeros(400), d, minimum=0.01) == "better"


def test_needed_items_would_settle_it():
    rng = np.random.default_rng(8)
    d = rng.permutation(np.linspace(-0.75, 0.95, 40))  # mean 0.1
    result = stats.paired(np.zeros(40), d)
    assert judge(np.zeros(40), d) == "cannot_tell"
    items = stats.needed(result, p_adjusted=result.p, minimum=0.02)
    assert 100 < items < 300
    settled = [judge(np.zeros(items), rng.choice(d, items), seed=run) == "better" for run in range(100)]
    assert 70 <= sum(settled) <= 90  # 80 % power
    assert stats.needed(result, p_adjusted=min(1, 4 * result.p), minimum=0.02) > items


def test_enough_items_and_a_negligible_difference_need_no_more():
    result = stats.paired(np.zeros(400), np.tile([0.01, -0.01], 200))
    assert stats.needed(result, p_adjusted=1, minimum=0.02) is None


def test_a_single_group_says_nothing():
    result = stats.paired([0.0] * 40, [1.0] * 40, groups=["one"] * 40)
    assert (result.low, result.high, result.p, result.detectable) == (None, None, 1, None)
    assert stats.verdict(result, p_adjusted=1, better="higher", minimum=0) == "cannot_tell"


@pytest.mark.parametrize("n", [2, 3, 5, 29])
def test_few_items_are_marked_and_give_finite_numbers(n):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = stats.paired(np.zeros(n), np.linspace(-1, 1, n) ** 3)
    assert result.illustrative
    assert np.isfinite([result.low, result.high, result.p, result.error]).all()


def test_same_seed_same_numbers_and_ties_are_not_made_by_rounding():
    d = np.random.default_rng(9).normal(0, 0.5, 60)
    assert stats.paired(np.zeros(60), d, seed=3) == stats.paired(np.zeros(60), d, seed=3)
    assert stats.paired([0.1 + 0.2], [0.3]).ties == 1


def test_holm_is_stricter_the_more_tests_there_are():
    assert stats.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert stats.holm([]) == []


@pytest.mark.parametrize(("before", "after"), [([], []), ([1.0], [1.0, 2.0]), ([float("nan")], [1.0])])
def test_scores_that_cannot_be_paired_are_an_error(before, after):
    with pytest.raises(ValueError, match="score"):
        stats.paired(before, after)

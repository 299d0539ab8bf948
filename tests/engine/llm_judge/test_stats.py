"""What judgements add up to, against hand counts and scipy."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest, kendalltau

from engine.llm_judge import stats
from engine.votes import Vote


def row(at, outcome, *, rule=False, readings=None):
    said = [outcome, outcome] if outcome != "failed" else [None, "tie"]
    return {
        **{"suite": "reworded", "example_id": str(at), "outcome": outcome, "rule": rule},
        "readings": readings or said,
    }


def items(n, *, group=lambda at: None, base="x", tuned=lambda at: "x"):
    return {
        ("reworded", str(at)): {"group": group(at), "base": base, "tuned": tuned(at), "suite": "reworded"}
        for at in range(n)
    }


def vote(at, word, voter="me"):
    return Vote("reworded", str(at), voter, word, 0.0)


def test_the_rate_is_of_what_was_judged_and_the_test_is_the_exact_sign_test():
    outcomes = ["tuned"] * 17 + ["base"] * 5 + ["tie"] * 8 + ["failed"] * 4
    found = stats.rates([row(at, word) for at, word in enumerate(outcomes)], items(34), seed=0)
    assert (found["tuned"], found["base"], found["tie"], found["failed"], found["n"]) == (17, 5, 8, 4, 30)
    assert found["rate"] == pytest.approx((17 + 0.5 * 8) / 30)
    assert found["p"] == pytest.approx(binomtest(17, 22).pvalue)
    assert 0.5 < found["low"] < found["rate"] < found["high"] < 1


def test_items_of_one_group_are_one_piece_of_evidence():
    rows = [row(at, "tuned") for at in range(40)]
    alone = stats.rates(rows, items(40), seed=0)
    together = stats.rates(rows, items(40, group=lambda at: f"fact {at // 20}"), seed=0)
    assert (alone["p"] < 1e-9, together["p"], together["groups"]) == (True, 0.5, 2)


def test_consistency_counts_what_was_asked_and_ties_by_rule_are_told_apart():
    rows = [row(0, "tuned"), row(1, "tie", readings=["base", "tuned"]), row(2, "tie", rule=True), row(3, "failed")]
    found = stats.rates(rows, items(4), seed=0)
    assert (found["asked"], found["agreed"], found["identical"], found["n"]) == (2, 1, 1, 3)


def test_nothing_but_failures_is_no_score():
    found = stats.rates([row(0, "failed")], items(1), seed=0)
    assert (found["n"], found["failed"], found["rate"], found["p"], found["length"]) == (0, 1, None, None, None)


def test_a_judge_that_likes_length_alone_gives_one_half_at_equal_length():
    rng = np.random.default_rng(0)
    extra = rng.normal(60, 80, 600)  # tuned is longer, mostly
    chance = 1 / (1 + np.exp(-2.5 * np.tanh(extra / extra.std())))
    scores = np.where(rng.random(600) < chance, 1.0, -1.0)
    found = stats.at_equal_length(scores, extra)
    assert (scores == 1).mean() > 0.62 and abs(found["rate"] - 0.5) < 0.06 and found["slope"] > 1.5


def test_the_length_fit_is_the_binomial_one_with_ties_counted_half():
    scores, extra = [1, 1, 0, -1, 1, 0, -1, 1, 1, -1] * 3, list(range(-15, 15))
    found = stats.at_equal_length(scores, extra)
    wins, x = (np.array(scores) + 1) / 2, np.tanh(np.array(extra) / np.std(extra))
    predicted = 1 / (1 + np.exp(-(math.log(found["rate"] / (1 - found["rate"])) + found["slope"] * x)))
    assert abs((wins - predicted).sum()) < 1e-6 and abs(((wins - predicted) * x).sum()) < 1e-6  # its score equations


@pytest.mark.parametrize(
    ("scores", "extra", "why"),
    [
        ([1.0, -1.0] * 5, list(range(10)), "few"),
        ([1.0, -1.0] * 10, [3] * 20, "equal"),
        ([1.0] * 20, list(range(20)), "one_sided"),
        ([-1.0] * 10 + [1.0] * 10, [-9] * 10 + [9] * 10, "one_sided"),
    ],
)
def test_where_length_cannot_be_taken_out_it_says_why(scores, extra, why):
    assert stats.at_equal_length(scores, extra) == {"why": why}


def test_agreement_is_scipys_tau_b_on_items_that_have_both():
    words = ["base", "tie", "tuned"]
    rng = np.random.default_rng(1)
    said, cast = rng.integers(0, 3, 40), rng.integers(0, 3, 40)
    cast[:25] = said[:25]
    rows = [row(at, words[word]) for at, word in enumerate(said)]
    rows += [row(40, "failed"), row(41, "tie", rule=True)]
    votes = [vote(at, words[word]) for at, word in enumerate(cast)] + [vote(at, "tuned") for at in (40, 41, 42)]
    found = stats.agreement(rows, votes, items(43), seed=0)
    known = kendalltau(said, cast)
    assert found["n"] == 40
    assert (found["tau"], found["p"]) == pytest.approx((known.statistic, known.pvalue))
    assert 0 < found["low"] < found["tau"] < found["high"] <= 1 and found["trusted"] and found["why"] == ""


def test_tau_by_hand():
    # pairs: (1,1),(1,1),(-1,-1),(0,0) against judge 1,0,-1,0: concordant 4, discordant 0, ties x 1, ties y 1
    rows = [row(0, "tuned"), row(1, "tie"), row(2, "base"), row(3, "tie")]
    votes = [vote(0, "tuned"), vote(1, "tuned"), vote(2, "base"), vote(3, "both_bad")]
    assert stats.agreement(rows, votes, items(4), seed=0)["tau"] == pytest.approx(4 / 5)


def test_the_intervals_weights_give_scipys_tau_of_every_draw(monkeypatch):
    rng = np.random.default_rng(2)
    first, second = rng.integers(-1, 2, 30).astype(float), rng.integers(-1, 2, 30).astype(float)
    seen = {}
    monkeypatch.setattr(stats.np, "quantile", lambda taus, at: seen.setdefault("taus", taus)[:2])
    monkeypatch.setattr(stats, "RESAMPLES", 40)
    stats._interval(first, second, [None] * 30, seed=0)
    draws = np.random.default_rng(0).multinomial(30, [1 / 30] * 30, size=40)
    for counts, tau in zip(draws, seen["taus"], strict=True):
        assert tau == pytest.approx(kendalltau(np.repeat(first, counts), np.repeat(second, counts)).statistic)


@pytest.mark.parametrize(
    ("said", "cast", "why"),
    [
        (["tuned", "base"] * 12, [], "no_votes"),
        (["tuned", "base"] * 9, ["tuned", "base"] * 9, "few"),
        (["tuned"] * 24, ["tuned", "base"] * 12, "constant"),
        (["tuned", "base"] * 12, ["both_bad"] * 24, "constant"),
        (["tuned", "base"] * 12, ["tuned", "tuned", "base", "base"] * 6, "not_shown"),
        (["tuned", "base"] * 12, ["base", "tuned"] * 12, "not_shown"),
    ],
)
def test_without_shown_agreement_a_judge_is_not_trusted(said, cast, why):
    rows = [row(at, word) for at, word in enumerate(said)]
    votes = [vote(at, word) for at, word in enumerate(cast)]
    found = stats.agreement(rows, votes, items(len(said)), seed=0)
    assert (found["trusted"], found["why"]) == (False, why)


def test_several_peoples_votes_on_an_item_are_averaged():
    rows = [row(at, word) for at, word in enumerate(["tuned", "tie", "base"])]
    votes = [vote(0, "tuned"), vote(0, "tuned", "you"), vote(1, "tuned"), vote(1, "base", "you"), vote(2, "base")]
    found = stats.agreement(rows, votes, items(3), seed=0)
    assert (found["tau"], found["voters"]) == (pytest.approx(1.0), 2)

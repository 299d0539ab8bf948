"""A benchmark's items, as lm-evaluation-harness logs them, become paired statistics; lm_eval is not needed here."""

import pytest

from engine import harness_scores, harness_table, stats
from engine.harness_scores import task_scores
from engine.schema import UserError
from engine.text import LANGUAGES
from tests.engine.harness_samples import sample


def arm(samples, averaged=(), **higher):
    return task_scores(samples, higher_is_better={"acc": True} | higher, averaged=dict(averaged))


def accuracy(right, n=40, **fields):
    return arm([sample(at, acc=float(at < right), **fields) for at in range(n)])


def compared(base, tuned, seed=0):
    return harness_scores.compared({"quiz": base}, {"quiz": tuned}, seed=seed)


def only(found):
    (change,) = found["changes"]
    return change


def test_a_gain_is_better_by_the_exact_test_on_pairs():
    change = only(compared(accuracy(10), accuracy(35)))
    assert (change["suite"], change["metric"], change["verdict"]) == ("quiz", "acc", "better")
    assert (change["wins"], change["losses"], change["n"], change["before"], change["after"]) == (
        25,
        0,
        40,
        0.25,
        0.875,
    )
    assert change["p"] == stats.paired([0] * 25 + [1], [1] * 26, binary=True).p == 2 / 2**25


def test_a_loss_is_worse_and_the_same_scores_cannot_tell():
    assert only(compared(accuracy(35), accuracy(10)))["verdict"] == "worse"
    same = only(compared(accuracy(20), accuracy(20)))
    assert (same["difference"], same["low"], same["high"], same["p"], same["verdict"]) == (0, 0, 0, 1, "cannot_tell")


def test_pairs_are_found_by_the_items_number_not_by_the_order():
    tuned = arm([sample(at, acc=float(at < 10)) for at in reversed(range(40))])
    assert only(compared(accuracy(10), tuned))["wins"] == 0


def test_where_less_is_better_less_is_a_win_and_a_score_beyond_a_share_keeps_its_scale():
    base, tuned = (arm([sample(at, edits=value + at % 2) for at in range(40)], edits=False) for value in (5, 2))
    change = only(compared(base, tuned))
    assert (change["verdict"], change["wins"], change["better"], change["unit"]) == ("better", 40, "lower", "number")
    row = harness_table.rows({"changes": [change]})[0]
    assert (row["before"], row["after"], row["difference"]) == ("5.50", "2.50", "−3.00")


def test_no_known_direction_is_shown_and_not_judged():
    base, tuned = (arm([sample(at, length=value) for at in range(40)], length=None) for value in (0.1, 0.9))
    change = only(compared(base, tuned))
    assert (change["verdict"], change["p"]) == ("not_measured", None)
    assert harness_table.rows({"changes": [change]})[0]["word"] == "not_judged"


def test_all_rows_are_adjusted_together():
    base = [sample(at, acc=float(at < 10), acc_norm=float(at < 20)) for at in range(40)]
    tuned = [sample(at, acc=float(at < 17), acc_norm=float(at < 20)) for at in range(40)]
    one, two = (arm(samples, acc_norm=True) for samples in (base, tuned))
    found = harness_scores.compared({"a": one, "b": one}, {"a": two, "b": two}, seed=0)["changes"]
    assert [(change["suite"], change["metric"]) for change in found] == [
        *(("a", "acc"), ("a", "acc_norm"), ("b", "acc"), ("b", "acc_norm"))
    ]
    assert [change["p_adjusted"] for change in found] == stats.holm([change["p"] for change in found])
    assert found[0]["p"] < 0.05 < found[0]["p_adjusted"] and found[0]["verdict"] == "cannot_tell"


def test_items_of_a_group_share_their_luck():
    base, tuned = (
        arm([sample(at, group=f"g{at // 8}", acc=float(at < right)) for at in range(40)]) for right in (8, 40)
    )
    change = only(compared(base, tuned))
    assert (change["n"], change["groups"], change["verdict"]) == (40, 5, "cannot_tell")


def test_each_filter_of_a_task_is_a_metric_of_its_own():
    samples = [sample(at, name, exact_match=at % 2) for name in ("strict", "flexible") for at in range(6)]
    scores = arm(samples, exact_match=True)
    assert list(scores.better) == ["exact_match,strict", "exact_match,flexible"]
    assert scores.items[1].scores == {"exact_match,strict": 1.0, "exact_match,flexible": 1.0}


def test_what_is_no_mean_over_items_takes_no_part_and_says_so():
    samples = [sample(at, acc=1.0, f1=(1, 0), bleu=("a", "b")) for at in range(6)]
    found = compared(*[arm(samples, averaged={"f1": False, "bleu": False})] * 2)
    assert [change["metric"] for change in found["changes"]] == ["acc"]
    assert [(one["metric"], one["why"]) for one in found["not_measured"]] == [("f1", "no_mean"), ("bleu", "no_mean")]


@pytest.mark.parametrize("score", [None, float("nan"), float("inf"), (1, 2), "1"])
def test_a_metric_without_a_number_for_an_item_is_left_out_whole(score):
    base = arm([sample(at, acc=1.0, other=0.5) for at in range(6)], other=True)
    tuned = arm([sample(at, acc=1.0, other=score if at == 3 else 0.5) for at in range(6)], other=True)
    found = compared(base, tuned)
    assert [change["metric"] for change in found["changes"]] == ["acc"]
    assert found["not_measured"] == [{"task": "quiz", "metric": "other", "why": "no_number"}]


def test_arms_that_were_asked_different_things_are_not_compared():
    tuned = arm([sample(at, text=" again" if at > 37 else "", acc=1.0) for at in range(40)])
    with pytest.raises(UserError, match="'quiz' did not ask both models the same: 2 of its items differ"):
        compared(accuracy(10), tuned)
    with pytest.raises(UserError, match="10 of its items differ"):
        compared(accuracy(10), accuracy(10, n=30))
    with pytest.raises(UserError, match="has no item"):
        compared(arm([]), arm([]))


def test_every_item_is_kept_with_both_scores():
    found = compared(accuracy(1, n=2), accuracy(2, n=2))
    assert found["tasks"] == {"quiz": {"items": 2, "few_shot": 0}}
    assert found["items"][1] == {
        **{"task": "quiz", "item": 1, "hash": "doc 1", "group": None},
        **{"base": {"acc": 0.0}, "tuned": {"acc": 1.0}},
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_notes_tell_how_it_was_asked_and_what_was_not_measured(lang):
    how = {"harness": "0.4.13", "seed": 7, "limit": 6, "chat": False}
    samples = [sample(at, acc=1.0, f1=(1, 0)) for at in range(6)]
    notes = harness_table.notes(compared(*[arm(samples, averaged={"f1": False})] * 2) | how, lang)
    assert len(notes) == 4 and "0.4.13" in notes[0] and "6" in notes[1] and "quiz, f1" in notes[3]

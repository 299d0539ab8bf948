"""Slices of a test: every item in its place, an interval only where there is something to make one of."""

import pytest

from engine import stats
from engine.slices import SMALLEST, TOPICS, members, slices


def item(number, *, group="shipping/a", asked="How much?", before=0.0, after=1.0, suite="reworded", **fields):
    return {
        "example_id": str(number),
        "suite": suite,
        "group": group,
        "answerable": True,
        "prompt": [{"role": "system", "content": "Be brief. " * 20}, {"role": "user", "content": asked}],
        "reference": "Five dollars.",
        "base_scores": {"token_f1": before},
        "tuned_scores": {"token_f1": after},
    } | fields


def rows(items, by, **at):
    found = slices(items, **{"metric": "token_f1", "suite": "reworded"} | at)
    return {row["name"]: row for row in found["rows"] if row["by"] == by}


def test_topics_are_the_groups_up_to_a_slash_with_the_statistics_of_their_own_items():
    shipping = [item(i, group=f"shipping/{i}", after=i / 10) for i in range(8)]
    returns = [item(i + 8, group=f"returns/{i}", before=0.5, after=0.5 - i / 10) for i in range(5)]
    found = rows(shipping + returns, "topic")
    assert list(found) == ["shipping", "returns"]
    alone = stats.paired([0.0] * 8, [i / 10 for i in range(8)], groups=[str(i) for i in range(8)])
    numbers = ("before", "after", "difference", "low", "high")
    assert [found["shipping"][name] for name in numbers] == pytest.approx([getattr(alone, n) for n in numbers])
    assert [found["returns"][name] for name in ("n", "wins", "ties", "losses")] == [5, 0, 1, 4]


def test_a_small_slice_is_named_without_an_interval():
    many = [item(i, group=f"shipping/{i}", after=i / 10) for i in range(SMALLEST)]
    few = [item(i + 9, group=f"returns/{i}", after=i / 10) for i in range(SMALLEST - 1)]
    found = rows(many + few, "topic")
    assert found["shipping"]["low"] < found["shipping"]["high"]
    assert found["returns"]["n"] == SMALLEST - 1 and found["returns"]["difference"] == 0.15
    assert found["returns"]["low"] is None and found["returns"]["high"] is None


@pytest.mark.parametrize("fields", [{"group": "returns"}, {"after": 1.0}], ids=["one group", "all alike"])
def test_a_slice_that_says_nothing_about_spread_has_no_interval(fields):
    slice_ = [item(i, **{"group": f"returns/{i}", "after": i / 10} | fields) for i in range(9)]
    found = rows([*slice_, item(10, group="shipping/a")], "topic")["returns"]
    assert (found["n"], found["low"], found["high"]) == (9, None, None)


def test_prompts_are_cut_in_thirds_by_their_own_length_whatever_the_system_says():
    items = [item(i, asked="x" * (i + 1), after=i / 10) for i in range(9)]
    found = rows(items, "length")
    assert {name: (row["n"], row["shortest"], row["longest"]) for name, row in found.items()} == {
        "short": (3, 1, 3),
        "middle": (3, 4, 6),
        "long": (3, 7, 9),
    }


def test_a_plain_text_has_the_length_of_the_text():
    items = [item(i, prompt=[], reference="x" * (i + 1)) for i in range(6)]
    assert rows(items, "length")["long"]["longest"] == 6


def test_japanese_is_told_by_its_script_and_unanswerable_items_by_their_mark():
    asked = ["送料は？", "Plan Aの料金は？", "How much?"]
    items = [item(i, asked=words, answerable=i != 1) for i, words in enumerate(asked)]
    assert {name: row["n"] for name, row in rows(items, "language").items()} == {"japanese": 2, "other": 1}
    assert {name: row["n"] for name, row in rows(items, "answerable").items()} == {"answerable": 2, "unanswerable": 1}


def test_a_cut_that_leaves_all_in_one_slice_is_left_out():
    assert slices([item(i) for i in range(9)], metric="token_f1", suite="reworded")["rows"] == []


def test_items_of_other_suites_or_without_a_score_are_not_counted():
    items = [item(0), item(1, group="returns"), item(2, suite="general")]
    items.append(item(3, base_scores={"token_f1": None}, tuned_scores={"token_f1": None}))
    assert sum(row["n"] for row in rows(items, "topic").values()) == 2
    assert slices(items, metric="chrf", suite="reworded")["rows"] == []


def test_many_topics_are_cut_short_and_counted():
    items = [item(i, group=f"topic {i:02}/x") for i in range(TOPICS + 7)]
    found = slices(items, metric="token_f1", suite="reworded")
    assert (len(rows(items, "topic")), found["topics_left_out"]) == (TOPICS, 7)


def test_members_are_the_items_a_row_counts():
    items = [item(i, group=f"topic {i % 3}/x", asked="x" * (i + 1)) for i in range(12)]
    at = {"metric": "token_f1", "suite": "reworded"}
    for row in slices(items, **at)["rows"]:
        assert len(members(items, **at, by=row["by"], name=row["name"])) == row["n"]
    assert members(items, **at, by="topic", name="nowhere") == members(items, **at, by="no cut", name="x") == []

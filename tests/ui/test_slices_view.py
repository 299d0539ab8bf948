"""The test part by part: each difference at its place on one scale, small parts named, the user's words escaped."""

import re

import pytest

from engine.slices import slices
from tests.engine.test_slices import item
from ui import slices_view

SHIPPING = [item(i, group=f"shipping/{i}", after=i / 10) for i in range(8)]
RETURNS = [item(i + 8, group=f"returns/{i}", after=0.1) for i in range(3)]
CHANGE = {"metric": "token_f1", "suite": "reworded", "n": 11, "before": 0.0, "after": 0.28, "difference": 0.28}
CHOSEN = "reworded token_f1"


def result(items, **change):
    kept = slices(items, metric="token_f1", suite="reworded")
    return {"changes": [CHANGE | {"low": 0.1, "high": 0.5} | change], "items": items, "slices": kept, "seed": 0}


def percents(drawn, cls, name):
    return [float(value) for value in re.findall(rf'class="{cls}[^"]*" [^>]*?{name}="([\d.-]+)%"', drawn)]


def test_dots_and_intervals_stand_on_one_scale_inside_the_drawing():
    found = result(SHIPPING + RETURNS)
    drawn = slices_view.draw(found, CHOSEN, "en")
    row = next(row for row in found["slices"]["rows"] if row["name"] == "shipping")
    zero, dots = percents(drawn, "k-axis", "x1")[0], percents(drawn, "k-forest-dot", "cx")
    whole, shipping = dots[:2]
    assert (shipping - zero) / (whole - zero) == pytest.approx(row["difference"] / 0.28, rel=0.01)
    lows, highs = percents(drawn, "k-forest-line", "x1"), percents(drawn, "k-forest-line", "x2")
    assert all(0 <= low < high <= 100 for low, high in zip(lows, highs, strict=True))


def test_a_small_part_is_named_and_stands_in_the_table_but_is_not_drawn():
    drawn = slices_view.draw(result(SHIPPING + RETURNS), CHOSEN, "en")
    forest, behind = drawn.split("k-notes")
    assert "returns" not in forest and "returns (3)" in behind and "Topic: returns" in behind


def test_no_part_gets_a_verdict_and_a_word_of_caution_stands_below():
    drawn = slices_view.draw(result(SHIPPING + RETURNS), CHOSEN, "en")
    assert "k-v-" not in drawn and "by chance alone" in drawn


def test_another_figure_is_cut_from_the_items():
    items = [
        one | {"base_scores": {"token_f1": 0.0, "chrf": 0.2}, "tuned_scores": {"token_f1": 0.0, "chrf": i / 10}}
        for i, one in enumerate(SHIPPING + RETURNS)
    ]
    found = result(items)
    found["changes"].append(CHANGE | {"metric": "chrf", "low": 0.1, "high": 0.5})
    assert [value for _, value in slices_view.choices(found, "en")] == [CHOSEN, "reworded chrf"]
    assert slices_view.of(found, "reworded chrf") == slices(items, metric="chrf", suite="reworded")
    assert slices_view.of(found, CHOSEN) is found["slices"]


def test_a_part_opens_into_its_items():
    found = result(SHIPPING + RETURNS)
    assert 'data-pick="topic=shipping"' in slices_view.draw(found, CHOSEN, "en")
    listed = [one | {"question": f"Asked {i}?", "outcome": "same"} for i, one in enumerate(SHIPPING + RETURNS)]
    opened = slices_view.inside(found | {"items": listed}, CHOSEN, "topic=returns", "en")
    assert re.findall(r'data-pick="(\d+)"', opened) == ["8", "9", "10"] and "returns: 3 items" in opened
    assert slices_view.inside(found, CHOSEN, "topic=nowhere", "en") == slices_view.inside(found, "", "x=y", "en") == ""


def test_a_figure_the_comparison_does_not_have_is_not_drawn():
    assert slices_view.draw(result(SHIPPING), "reworded exact_match", "en") == ""
    assert slices_view.draw(result(SHIPPING), "", "en") == ""


def test_items_that_cannot_be_cut_say_so():
    assert "nothing to cut" in slices_view.draw(result([item(i) for i in range(9)]), CHOSEN, "en")


def test_a_topic_is_the_users_text_and_never_markup():
    hostile = [item(i, group=f"<img src=x onerror=alert(1)>/{i}", after=i / 10) for i in range(6)]
    for lang in ("en", "ja"):
        assert "<img" not in slices_view.draw(result(hostile + RETURNS), CHOSEN, lang)

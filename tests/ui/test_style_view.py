"""The style of the answers: a sentence that fits the numbers, every answer in sight, a shape for each cloud."""

import re

import pytest

from engine import style_words
from engine.style_words import reading
from tests.engine.test_style import house, judged, rambling
from ui import style_view


@pytest.fixture(scope="module")
def style():
    return judged(rambling, house)


def said(lang="en", **distance):
    far = {"before": 3.0, "after": 1.1, "difference": -1.9, "low": -2.2, "high": -1.6, "n": 40} | distance
    return reading({"distance": far, "spread": {"before": 1.4, "after": 0.9}}, lang)


@pytest.mark.parametrize(
    ("distance", "opening"),
    [
        ({}, "In style, tuned answers moved from far from the training answers to close to them."),
        ({"after": 2.4, "difference": -0.6, "low": -0.9, "high": -0.3}, "In style, tuned answers came closer"),
        (
            {"before": 1.1, "after": 3.0, "difference": 1.9, "low": 1.6, "high": 2.2},
            "In style, tuned answers moved away",
        ),
        ({"after": 2.9, "difference": -0.1, "low": -0.3, "high": 0.1}, "Whether tuned answers came closer"),
        ({"after": 2.95, "difference": -0.05, "low": -0.09, "high": -0.01}, "In style, answers hardly moved"),
        ({"low": None, "high": None}, "Whether tuned answers came closer"),
    ],
)
def test_the_sentence_follows_the_interval(distance, opening):
    assert said(**distance)[0].startswith(opening)
    assert all(said("ja", **distance))


def test_answers_that_all_sound_alike_are_pointed_out():
    alike = judged(rambling, lambda i: "We ship today. It is free.")
    assert any("one pattern" in line for line in reading(alike))
    assert not any("one pattern" in line for line in said())


def test_every_point_lies_inside_the_drawing_and_each_cloud_has_its_shape(style):
    drawn = style_view.draw({"style": style}, "en")
    for cloud, points in style["view"]["points"].items():
        places = re.findall(rf'class="k-p k-p-{cloud}" x="([\d.]+)%" y="([\d.]+)%"', drawn)
        assert len(places) == len(points["x"])
        assert all(0 <= float(x) <= 100 and 0 <= float(y) <= 100 for x, y in places)
        assert drawn.count(f"k-p-{cloud} k-p-middle") == 1
    assert len(set(style_view.SHAPES.values())) == 3


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_what_changed_most_is_listed_with_its_means(style, lang):
    drawn = style_view.draw({"style": style}, lang)
    listed = drawn.split("k-traits")[1].count("<tr>") - 1
    assert 1 <= listed <= style_words.MOST_TRAITS


def test_what_was_not_measured_says_why_and_an_old_result_says_nothing():
    assert "there are 4" in style_view.draw({"style": {"why": "few_training", "n": 4}}, "en")
    assert style_view.draw({}, "en") == ""

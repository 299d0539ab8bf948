"""Charts and diffs: every point where it belongs, nothing drawn from nothing."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import charts, diff

LOG = [
    *({"kind": "train", "step": step, "of": 40, "loss": 3 / step} for step in range(1, 21)),
    *({"kind": "validation", "step": step, "loss": 1 + 1 / (step + 1)} for step in (0, 10, 20)),
]


def drawings(log, **options):
    return re.findall(r"<svg.*?</svg>", charts.loss_chart(log, "en", **options), re.S)


def test_loss_is_drawn_for_wide_screens_and_for_phones():
    wide, narrow = drawings(LOG)
    widths = [float(ET.fromstring(svg).get("viewBox").split()[2]) for svg in (wide, narrow)]
    assert widths[0] > 2 * widths[1]


def test_every_point_of_the_loss_lies_inside_the_drawing():
    for svg in drawings(LOG):
        _, _, width, height = map(float, ET.fromstring(svg).get("viewBox").split())
        for path in re.findall(r'd="M([^"]*)"', svg):
            points = [tuple(map(float, point.split())) for point in path.split("L")]
            assert all(0 <= x <= width and 0 <= y <= height for x, y in points)


def test_axis_reaches_to_the_last_step_of_the_run_and_carries_its_units():
    for svg in drawings(LOG):
        words = [element.text for element in ET.fromstring(svg).iter("text")]
        assert "40" in words and "nats per answer token" in words and "step" in words


def test_best_held_out_step_is_ringed():
    assert all(svg.count("k-dot-best") == 1 for svg in drawings(LOG, best_step=20))
    assert all(svg.count("k-dot-best") == 0 for svg in drawings(LOG))


@pytest.mark.parametrize("log", [[], LOG[:1], [{"step": 1, "loss": float("nan")}] * 5, [{"step": 1}] * 3])
def test_nothing_is_drawn_before_there_are_two_points(log):
    assert charts.loss_chart(log, "en") == ""


def test_long_runs_are_thinned_and_keep_both_ends():
    points = [(x, x) for x in range(10_000)]
    thinned = charts.thin(points)
    assert len(thinned) == charts.MOST_POINTS and thinned[0] == points[0] and thinned[-1] == points[-1]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_enclose_the_values_and_are_few(low, span):
    ticks = charts.nice_ticks(low, low + span)
    assert ticks[0] <= low + span * 1e-6 and ticks[-1] >= low + span * (1 - 1e-6)
    assert 2 <= len(ticks) <= 9 and ticks == sorted(ticks)


def test_smoothing_does_not_start_from_zero():
    assert charts.smooth([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])


def test_bars_and_whiskers_never_leave_their_track():
    drawn = charts.bars([{"label": "x", "arm": "tuned", "share": 1.7, "low": -0.4, "high": 1.2, "shown": "1.7"}], "x")
    assert all(0 <= float(value) <= 100 for value in re.findall(r"(?:left|width):([\d.-]+)%", drawn))


def test_parts_without_items_are_not_drawn_but_named():
    drawn = charts.stacked_bar([("fixed", 3, "fixed"), ("broken", 0, "broken")], "items")
    assert "k-part-fixed" in drawn.split("k-legend")[0] and "k-part-broken" not in drawn.split("k-legend")[0]
    assert "broken" in drawn.split("k-legend", 1)[1]


def test_only_what_differs_is_marked():
    before, after = diff.marked("It costs $5 today.", "It costs $6 today.")
    assert re.findall("<del>(.*?)</del>", before) == ["&#36;5"] and re.findall("<ins>(.*?)</ins>", after) == ["&#36;6"]


def test_japanese_is_compared_by_character():
    before, after = diff.marked("送料は無料です", "送料は有料です")
    assert "<del>無</del>" in before and "<ins>有</ins>" in after


@given(st.text(max_size=60))
def test_pieces_joined_are_the_text(words):
    assert "".join(diff.pieces(words)) == words


def test_very_long_answers_are_shown_unmarked_instead_of_stalling_the_page():
    before, after = diff.marked("a b " * 5000, "a c " * 5000)
    assert "<del>" not in before and "<ins>" not in after


def test_dark_colours_follow_the_class_on_the_page_and_the_system_in_a_document():
    page, document = charts.css(), charts.css(follow_system=True)
    assert ".dark {" in page and "prefers-color-scheme" not in page
    assert ".dark {" not in document and document.count("@media screen and (prefers-color-scheme: dark) { :root {") == 1
    assert page.count("{") + 1 == document.count("{") and document.count("{") == document.count("}")


def test_the_curves_of_several_runs_lie_in_one_drawing_and_are_told_apart():
    series = [[(step, 3 / (step + 1)) for step in range(100)], [(0, 2.0), (50, 1.0)], []]
    drawn = ET.fromstring(charts.curves(series, 540, 300, lang="en", unit="nats", described="<two>"))
    paths = [element.get("class") for element in drawn.iter("path")]
    assert paths == ["k-line k-curve k-curve-0", "k-line k-curve k-curve-1"]
    for path in drawn.iter("path"):
        assert all(0 <= float(number) <= 540 for number in re.findall(r"[\d.]+", path.get("d")))
    assert drawn.get("aria-label") == "<two>" and "&lt;b&gt;" in charts.key(["<b>", "second"])
    assert charts.key(["<b>", "second"]).count("k-curve-key") == 2

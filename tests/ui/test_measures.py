"""What a method logs beside the loss becomes small charts, whatever it is called."""

import re
import xml.etree.ElementTree as ET

import pytest

from engine import atomic, rundir
from engine.schema import DataSpec, RunSpec, Source
from engine.text import LANGUAGES, text
from ui import measures, result_view, train_view

DPO = [
    *(
        {"kind": "train", "step": n, "of": 40, "attempt": 1, "loss": 0.7 / n, "margin": n / 10, "accuracy": 0.9}
        | {"chosen_reward": -0.1 * n, "rejected_reward": -0.3 * n, "learning_rate": 1e-4, "tokens": n, "seconds": n}
        for n in range(1, 21)
    ),
    *({"kind": "validation", "step": n, "attempt": 1, "loss": 0.5, "accuracy": 0.75} for n in (0, 10, 20)),
]
REWARDS = [{"kind": "reward_model", "step": n, "of": 9, "attempt": 1, "loss": 0.7, "accuracy": 0.5} for n in (1, 2, 3)]


def drawn(markup):
    return re.findall(r'data-measure="([^"]+)"', markup)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_measures_of_a_metrics_file_are_drawn_with_title_and_unit(lang):
    run = rundir.create(RunSpec(title="t", method="dpo", data=DataSpec(train=Source(path="x.jsonl"))))
    atomic.write_lines(run.file("metrics"), DPO)
    shown = train_view.chart(run, lang)
    assert drawn(shown) == ["margin", "accuracy", "chosen_reward", "rejected_reward"]
    for name in drawn(shown):
        assert text(f"page.measure.{name}.title", lang) in shown and text(f"page.measure.{name}.unit", lang) in shown
    assert text("page.method.dpo.loss_axis", lang) in shown and text("page.chart.loss_axis", lang) not in shown


def test_lines_below_zero_and_flat_ones_stay_inside_their_drawing():
    flat = [{"step": n, "repetition": 0.0, "reward": -3.0} for n in (1, 2, 3)]
    for svg in re.findall(r"<svg.*?</svg>", measures.small_charts([*DPO], "en") + measures.small_charts(flat, "en")):
        _, _, width, height = map(float, ET.fromstring(svg).get("viewBox").split())
        paths = re.findall(r'd="M([^"]*)"', svg)
        assert paths
        for point in (point for path in paths for point in path.split("L")):
            x, y = map(float, point.split())
            assert 0 <= x <= width and 0 <= y <= height


def test_held_out_values_stand_as_points_and_in_words():
    shown = measures.small_charts(DPO, "en")
    accuracy = re.search(r'<figure[^>]*data-measure="accuracy".*?</figure>', shown, re.S).group()
    assert accuracy.count("<circle") == 3 and "held-out 75.0 %" in accuracy and "now 90.0 %" in accuracy
    assert "step 10: held-out 75.0" in accuracy


def test_at_most_four_are_drawn_those_that_matter_first():
    many = [{"step": n, **dict.fromkeys(("a", "b", "c", "d", "e", "kl"), n)} for n in (1, 2, 3)]
    assert drawn(measures.small_charts(many, "en")) == ["kl", "a", "b", "c"]


def test_measure_without_a_text_is_called_by_its_name():
    assert "Some new measure" in measures.small_charts([{"step": n, "some_new_measure": n} for n in (1, 2)], "ja")


@pytest.mark.parametrize("log", [[], [{"step": 1, "margin": 1.0}], [{"step": n, "loss": 1.0} for n in (1, 2)]])
def test_nothing_is_drawn_where_nothing_else_is_measured(log):
    assert measures.small_charts(log, "en") == ""


def test_reward_model_has_its_own_charts_apart_from_the_training():
    assert drawn(measures.small_charts(REWARDS, "en")) == []
    assert drawn(measures.reward_model(REWARDS, "en")) == ["reward_model_accuracy", "reward_model_loss"]
    assert measures.reward_model(DPO, "en") == ""


def test_reward_model_is_watched_before_the_training_itself_begins():
    run = rundir.create(RunSpec(title="t", method="rlhf", data=DataSpec(train=Source(path="x.jsonl"))))
    atomic.write_lines(run.file("metrics"), REWARDS)
    shown = train_view.chart(run, "en")
    assert text("page.chart.reward_model", "en") in shown and text("page.chart.loss_help", "en") not in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_facts_of_the_training_stand_beside_its_cost_where_there_is_a_word(lang):
    right = {"accuracy": 0.8, "low": 0.62, "high": 0.91, "right": 24, "n": 30}
    shown = result_view.efficiency({}, lang, {"general_rows": 49, "reward_accuracy": right, "device": "cpu"})
    assert text("page.result.fact.general_rows", lang) in shown and "49" in shown and "cpu" not in shown
    assert "80" in shown and "62" in shown and "91" in shown and "30" in shown

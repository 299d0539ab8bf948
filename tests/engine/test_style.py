"""Style: what is near is called near, a collapse is seen, and no arm moves the ruler it is measured with."""

from dataclasses import replace

import numpy as np
import pytest

from engine.items import pair
from engine.style import FEWEST_TRAINING, MOST_POINTS, style, traits
from tests.engine.comparisons import answers, example, general, reworded, unanswerable

ENDINGS = ("We ship today.", "We are glad to help you with it.", "Our shop opens at nine! Do call us.", "It is free.")


def house(i):
    """An answer in the house's manner: short, says we."""
    return " ".join(ENDINGS[at % len(ENDINGS)] for at in range(i, i + 1 + i % 3))


def rambling(i):
    return (
        "I think it may well be that " + "one could perhaps consider the matter further and " * (3 + i % 4) + "so on."
    )


def training(n=40):
    return [replace(example("", f"Fact {i}?", house(i)), suite="") for i in range(n)]


def judged(before, after, *, train=None, items=None):
    items = reworded(24) if items is None else items
    base, tuned = (answers(items, lambda i, item, said=said: said(i), arm="x") for said in (before, after))
    return style(training() if train is None else train, pair(items, base, tuned))


def test_answers_in_the_training_answers_manner_are_as_near_as_these_are():
    found = judged(rambling, house)
    assert found["distance"]["before"] > 2 and found["distance"]["after"] == pytest.approx(1, abs=0.15)
    assert found["distance"]["high"] < 0 and found["distance"]["wins"] == found["distance"]["n"] == 24
    assert found["spread"]["after"] == pytest.approx(1, abs=0.15)


def test_moving_away_is_told_as_moving_away():
    assert judged(house, rambling)["distance"]["low"] > 0


def test_one_answer_for_everything_is_near_but_has_no_spread():
    found = judged(house, lambda i: "We ship today. It is free.")
    assert found["distance"]["after"] < 1 and found["spread"]["after"] == 0


def test_the_ruler_depends_on_the_training_answers_alone():
    one, other = judged(house, rambling), judged(house, lambda i: "No!")
    assert one["view"]["axes"] == other["view"]["axes"] and one["view"]["explained"] == other["view"]["explained"]
    assert one["view"]["points"]["training"] == other["view"]["points"]["training"]
    assert one["view"]["points"]["base"] == other["view"]["points"]["base"]
    assert one["distance"]["before"] == other["distance"]["before"]


def test_one_odd_training_answer_does_not_change_the_unit():
    odd = replace(training()[0], completion="word " * 4000)
    plain, with_odd = judged(rambling, house), judged(rambling, house, train=[*training()[1:], odd])
    assert with_odd["distance"]["before"] == pytest.approx(plain["distance"]["before"], rel=0.25)


def test_what_changed_most_comes_first_with_its_mean_in_each_cloud():
    found = {row["name"]: row for row in judged(rambling, house)["features"]}
    assert set(found) == set(traits("x"))
    changes = [abs(row["change"]) for row in found.values()]
    assert changes == sorted(changes, reverse=True)
    asked = np.mean([traits(house(i))["we"] for i in range(24)])
    assert found["we"]["tuned"] == pytest.approx(asked, abs=1e-3) and found["hedge"]["base"] == 1


def test_japanese_politeness_is_seen():
    polite, blunt = lambda i: "はい。開いています。" * (1 + i % 3), lambda i: "開いている。" * (1 + i % 3)  # noqa: E731
    train = [replace(row, completion=polite(i)) for i, row in enumerate(training())]
    found = judged(blunt, polite, train=train)
    assert found["features"][0]["name"] == "polite" and found["distance"]["high"] < 0


def test_the_picture_holds_few_points_around_the_training_answers_middle():
    found = judged(rambling, house, train=training(400), items=reworded(300))["view"]
    assert {len(cloud[axis]) for cloud in found["points"].values() for axis in "xy"} == {MOST_POINTS}
    assert found["middle"]["training"] == pytest.approx([0, 0], abs=1e-9)
    assert 0 < found["explained"] <= 1


@pytest.mark.parametrize("train", [training(FEWEST_TRAINING - 1), []])
def test_few_training_answers_are_no_ruler(train):
    assert judged(rambling, house, train=train) == {"why": "few_training", "n": len(train)}


def test_training_answers_that_are_all_alike_are_no_ruler():
    alike = [replace(row, completion="It is free.") for row in training()]
    assert judged(rambling, house, train=alike) == {"why": "no_spread", "n": 40}


def test_training_rows_that_are_no_answers_do_not_count():
    bad = [replace(row, label=False) for row in training()]
    refusals = [replace(row, answerable=False) for row in training()]
    texts = [replace(row, prompt=()) for row in training()]
    assert judged(rambling, house, train=[*bad, *refusals, *texts]) == {"why": "few_training", "n": 0}


def test_only_answers_to_questions_of_the_task_are_looked_at():
    assert judged(rambling, house, items=general() + unanswerable()) == {"why": "few_answers", "n": 0}
    assert judged(rambling, house, items=reworded(24) + general())["distance"]["n"] == 24

"""Which questions a number of the table stands for, and what is marked in an answer."""

import pytest

from engine.schema import EvalRow, Output
from ui import items_view, prompting_view
from ui.clicked import clicked
from ui.items_view import Chosen


def item(name, before, after, *, metric="token_f1", suite="reworded", **values):
    texts = {"question": f"How long is {name}?", "reference": "5 days in Rome", "base": "7 days", "tuned": "5 days"}
    scores = {"base_scores": {metric: before}, "tuned_scores": {metric: after}, "metric": metric}
    rest = {"example_id": name, "suite": suite, "outcome": "improved", "tokens": [2, 2], "truncated": [False, False]}
    return texts | scores | rest | values


ITEMS = [item("up", 0.1, 0.9), item("down", 0.9, 0.2), item("same", 0.5, 0.5), item("little", 0.2, 0.3)]
ITEMS += [item("loss", 2.0, 1.0, metric="answer_loss"), item("other", 0.0, 1.0, suite="general")]
PLACES = [("token_f1", "reworded"), ("answer_loss", "reworded")]
FOUND = {"items": ITEMS, "changes": [{"metric": metric, "suite": suite} for metric, suite in PLACES]}


@pytest.mark.parametrize(
    ("number", "names"),
    [
        ("0:wins", ["up", "little"]),
        ("0:losses", ["down"]),
        ("0:ties", ["same"]),
        ("0:all", ["up", "little", "same", "down"]),
        ("1:wins", ["loss"]),  # a smaller loss is a win
        ("1:losses", []),
    ],
)
def test_a_number_stands_for_its_questions_what_changed_most_first(number, names):
    assert [one["example_id"] for one in items_view.select(FOUND, Chosen(number=number))] == names


@pytest.mark.parametrize(
    "pick", ["", "9:wins", "-1:wins", "0:none", "x", "0", "²:all", "wins:0", "outcome:x", "declined:base:x"]
)
def test_what_no_number_says_shows_all_questions(pick):
    assert clicked(FOUND, pick, "en") is None
    assert items_view.select(FOUND, Chosen(number=pick)) == ITEMS


def test_a_clicked_number_is_named_with_a_way_back_and_searched_within():
    drawn = items_view.filters(FOUND, Chosen(suite="reworded", number="0:wins"), "en")
    assert 'data-pick="back="' in drawn and "got better" in drawn and 'data-pick="suite=' not in drawn
    assert [one["example_id"] for one in items_view.select(FOUND, Chosen(number="0:all", search="DOWN"))] == ["down"]


def test_a_count_of_fixed_questions_stands_for_those_of_the_deciding_test():
    broken = item("broken", 0.9, 0.1, outcome="broken")
    found = FOUND | {"items": [*ITEMS, broken, item("elsewhere", 0.9, 0.1, suite="general", outcome="broken")]}
    assert [one["example_id"] for one in items_view.select(found, Chosen(number="outcome:broken"))] == ["broken"]
    assert "New wordings: broken" in items_view.filters(found, Chosen(number="outcome:broken"), "en")


def test_a_count_of_declined_questions_stands_for_those_of_its_kind_and_arm():
    def asked(name, answerable, before, after, suite="reworded"):
        scores = {"base_scores": {"declining": before}, "tuned_scores": {"declining": after}}
        return item(name, 0, 0, suite=suite, answerable=answerable) | scores

    items = [
        asked("held", False, 1.0, 0.0, "unanswerable"),
        asked("over", True, 1.0, 0.0),
        asked("fine", True, 1.0, 1.0),
    ]
    found = FOUND | {"items": [*items, asked("read", True, 0.0, 0.0, "trained")]}
    names = lambda pick: [one["example_id"] for one in clicked(found, pick, "en").items]  # noqa: E731
    assert names("declined:base:unanswerable") == ["held"] and names("declined:tuned:unanswerable") == []
    assert names("declined:tuned:answerable") == ["over"] and names("declined:base:answerable") == []


def test_right_and_unsupported_facts_are_marked_with_a_key_of_what_is_there():
    drawn = items_view.detail(ITEMS, "up", "en")
    assert '<mark class="k-fact k-fact-right" title="key fact, also in the reference">' in drawn
    assert drawn.count("k-fact-unsupported") == 2, "7 days once, and its key"
    assert "k-legend-marks" in drawn and "only base says it" in drawn
    plain = items_view.detail([item("plain", 0, 0, reference="", base="a", tuned="a")], "plain", "en")
    assert "k-fact" not in plain and "k-legend-marks" not in plain and "k-reference" not in plain


def test_every_arm_that_answered_is_read_and_scored():
    def row(arm, said):
        return {("reworded", "up"): EvalRow(arm, "reworded", "up", Output(said), {"token_f1": 0.25})}

    said = {"an-earlier-model": row("e", "6 days"), "base": row("base", "7 days"), "prompted": row("p", "8 days")}
    drawn = items_view.detail(ITEMS, "up", "en", said)
    assert (
        "an-earlier-model" in drawn and "6 days" in drawn and "Base, prompted" in drawn and drawn.count("25.0 %") == 2
    )


def test_the_example_is_the_question_nearest_to_the_averages_not_the_most_flattering():
    scores = {"flattering": (0.0, 0.0, 1.0), "typical": (0.3, 0.4, 0.6), "poor": (0.6, 0.8, 0.2)}
    said = {
        arm: {("s", name): EvalRow(arm, "s", name, Output(name), {"m": values[at]}) for name, values in scores.items()}
        for at, arm in enumerate(prompting_view.COLUMNS)
    }
    assert prompting_view._typical(said, {"metric": "m", "suite": "s"}) == ("s", "typical")
    assert prompting_view._typical({"base": said["base"]}, {"metric": "m", "suite": "s"}) is None

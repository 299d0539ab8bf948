"""The examples of a result are chosen by a rule: best, median, worst, whatever they are."""

import pytest

from engine import atomic
from engine.compare import compare
from engine.examples import examples, likeliest, shown, taught
from engine.schema import Example, Primary
from tests.engine.comparisons import answers, correct, example, reworded, run_with, wrong


def found(gains, *, metric="token_f1"):
    items = [
        {
            "suite": "reworded",
            "example_id": f"{at:02d}",
            "base_scores": {metric: None if gain is None else 0.5},
            "tuned_scores": {metric: None if gain is None else 0.5 + gain},
        }
        for at, gain in enumerate(gains)
    ]
    other = {"suite": "general", "example_id": "zz", "base_scores": {metric: 0.0}, "tuned_scores": {metric: 1.0}}
    return {"changes": [{"metric": metric, "suite": "reworded"}], "items": [*items, other]}


def chosen(gains, **options):
    return {one["rule"]: (one["item"]["example_id"], one["place"]) for one in examples(found(gains, **options))}


def test_the_largest_gain_the_middle_and_the_largest_loss_are_shown():
    assert chosen([0.1, -0.4, 0.3, 0.0, 0.2]) == {"best": ("02", 1), "median": ("00", 3), "worst": ("01", 5)}


def test_where_less_is_better_the_greatest_fall_is_the_best():
    assert chosen([0.4, -0.3, 0.1], metric="perplexity")["best"] == ("01", 1)


def test_of_two_in_the_middle_the_smaller_gain_is_the_median():
    assert chosen([0.4, 0.3, 0.2, 0.1])["median"] == ("02", 3)


def test_equal_changes_are_in_the_order_of_their_ids_so_that_nobody_chooses():
    assert chosen([0.0] * 5) == {"best": ("00", 1), "median": ("02", 3), "worst": ("04", 5)}


@pytest.mark.parametrize(("gains", "rules"), [([], []), ([0.1], ["best"]), ([0.1, 0.2], ["best", "worst"])])
def test_few_items_are_shown_once_each(gains, rules):
    assert [one["rule"] for one in examples(found(gains))] == rules


def test_an_item_that_was_not_scored_is_no_example():
    assert chosen([None, 0.2, None]) == {"best": ("01", 1)}


def test_what_is_judged_by_choice_is_shown_as_the_choice_each_model_finds_likeliest():
    asked = [example("reworded", f"Capital {i}?", f"City {i}", choices=("Wrong", "Other")) for i in range(2)]
    run = run_with([*asked, *reworded(1)], answers(asked, wrong, arm="base"), answers(asked, correct, arm="tuned"))
    for arm, losses in (("base", (3.0, 1.0, 2.0)), ("tuned", (1.0, 3.0, 2.0))):
        rows = [row.to_dict() for row in run.answers(arm)]
        atomic.write_lines(run.file(arm), [row | {"output": row["output"] | {"choice_losses": losses}} for row in rows])
    assert likeliest(run) == {item.id: ("Wrong", item.completion) for item in asked}


def test_a_plain_text_is_shown_without_answers_that_nobody_asked_for():
    texts = [Example(f"{i:016x}", (), f"A text about {i}.", suite="documents") for i in range(3)]
    run = run_with(
        texts,
        answers(texts, lambda i, item: "", arm="base"),
        answers(texts, lambda i, item: "", arm="tuned", loss=0.5),
        primary=Primary(metric="answer_loss", suite="documents"),
    )
    found = shown(run, compare(run))
    assert [item["answered"] for item in found["items"]] == [False] * 3 and "plain texts" in found["note"]
    assert found["items"][0]["prompt"].startswith("A text about")


def test_what_was_taught_of_the_same_thing_is_a_training_row_of_its_group():
    run = run_with(reworded(3), [], [])
    taught_rows = [example("", f"How long is {i}?", f"{i} days", group="fact 1") for i in range(2)]
    atomic.write_lines(run.examples_file("train"), taught_rows)
    first = min(taught_rows, key=lambda row: row.id)
    assert taught(run, {"group": "fact 1"}) == {"n": 2, "question": first.question, "answer": first.completion}
    assert taught(run, {"group": "fact 2"})["n"] == 0 and taught(run, {"group": None}) is None

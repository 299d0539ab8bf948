"""What is kept of a run: its verdict, figures and cost, and one item by a rule that nobody can bend."""

import json

import pytest

from benchmarks.results import record
from engine import atomic, registry
from engine.compare import compare
from engine.schema import Primary, UserError
from tests.engine.comparisons import correct, example, general, reworded, unanswerable, wrong
from tests.engine.use_cases import finished

EPOCHS = registry.methods()["lora"].Settings().epochs


def kept(examples, before=wrong, after=correct, **options):
    return record.of_run(finished(examples, before, after, **options))


def test_the_result_holds_what_the_comparison_says_and_what_it_cost():
    found = kept([*reworded(), *unanswerable(), *general()])
    assert found["verdict"] == "better" and found["headline"] == {"en": "▲ better", "ja": "▲ 改善"}
    assert found["primary"] | {"metric": "key_facts", "n": 40, "before": 0, "after": 1, "wins": 40} == found["primary"]
    assert found["primary"]["prompted"] is None and found["primary"]["nearest"] is None
    assert found["declining"]["after"]["unanswerable"] == {"answered": 0, "declined": 36}
    assert found["forgetting"]["choice_accuracy"]["suite"] == "general" and not found["forgetting"]["bits_per_byte"]
    assert found["seconds"]["total"] == 1080.5 and found["seconds"]["compare"] == 0.5 and not found["base_kept"]
    assert found["trainable"] == {"count": 35, "share": 0.035} and found["peak_bytes"] == 2_500_000_000
    assert found["rows"] == {"train": 24, "validation": 2, "test": 116}
    assert found["machine"] == {"processor": "Abacus", "cores": 2, "memory_gb": 8, "device": "cpu"}
    assert set(found["versions"]) == {"torch", "transformers", "peft"}


def test_every_judged_figure_is_kept_once_and_what_has_no_good_direction_not_at_all():
    found = kept([*reworded(), *unanswerable(), *general()])
    places = [(change["metric"], change["suite"]) for change in found["others"]]
    assert ("declining", "unanswerable") in places and ("token_f1", "reworded") in places
    assert not {("key_facts", "reworded"), ("choice_accuracy", "general")} & set(places)
    assert not any(metric == "length_ratio" for metric, _ in places) and len(places) == len(set(places))


def test_a_loss_is_kept_as_a_loss():
    found = kept([*reworded(), *unanswerable()], before=correct, after=wrong)
    assert found["verdict"] == "worse" and "40 of 40 items got worse" in found["sentence"]["en"]
    assert any("declines 0 of 36" in line for line in found["bad"]["en"]) and len(found["bad"]["ja"]) > 0


def test_only_settings_that_differ_from_the_defaults_are_kept():
    assert kept(reworded(), settings={"rank": 4, "epochs": EPOCHS})["settings"] == {"rank": 4}


def test_a_model_folder_is_kept_by_its_name_alone():
    assert kept(reworded(), model="/some/where/my-model")["model"] == "my-model"


def test_where_base_had_answered_before_that_run_s_seconds_count_or_it_is_said_that_they_are_missing():
    alone = kept(reworded(), base_seconds=3.0)
    assert alone["base_kept"] and alone["seconds"]["base"] == 3.0
    first = kept(reworded(), base_seconds=500.0)
    again = kept(reworded(), base_seconds=3.0)
    assert not first["base_kept"] and not again["base_kept"]
    assert again["seconds"] == first["seconds"] and again["seconds"]["base"] == 500.0


def test_a_run_that_is_not_done_gives_no_result():
    run = finished(reworded(), wrong, correct)
    atomic.write_json(run.file("status"), {"state": "stopped", "seconds": {}})
    with pytest.raises(UserError, match="not done"):
        record.of_run(run)


def test_the_file_is_small_sorted_and_readable(tmp_path):
    long = [example("reworded", f"質問 {at}", f"{at + 2}日です。" + "長い答え" * 300, group=f"{at}") for at in range(9)]
    record.write(tmp_path / "result.json", kept([*long, *unanswerable(9), *general(9)]))
    text = (tmp_path / "result.json").read_text()
    assert list(json.loads(text)) == sorted(json.loads(text)) and "長い答え" in text
    assert len(text) < 8000 and text.endswith("}\n") and "\n " in text


def items(*scores, suite="reworded"):
    return [
        {
            "suite": suite,
            "example_id": f"{at}",
            "prompt": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": f"Q{at}"}],
            "reference": "R",
            "base": "B",
            "tuned": "T",
            "base_scores": {"token_f1": before, "answer_loss": before},
            "tuned_scores": {"token_f1": after, "answer_loss": after},
        }
        for at, (before, after) in enumerate(scores)
    ]


def chosen(found, metric="token_f1"):
    return record.example(found, metric=metric, suite="reworded")


def test_the_example_is_the_improved_item_with_the_median_gain():
    found = chosen(items((0, 0.1), (0, 0.9), (0, 0.5), (0.5, 0.2), (0, 0)))
    assert found["question"] == "Q2" and found["scores"] == [0, 0.5]
    assert "3" in found["why"]["en"] and "3" in found["why"]["ja"]


def test_where_lower_is_better_a_fall_is_the_gain():
    assert chosen(items((3, 2.9), (3, 1), (1, 3), (3, 2)), metric="answer_loss")["question"] == "Q3"


def test_equal_gains_go_by_the_items_id_and_of_two_in_the_middle_the_smaller_counts():
    assert chosen(items((0, 1), (0, 1), (0, 1)))["question"] == "Q1"
    assert chosen(items((0, 0.9), (0, 0.2)))["question"] == "Q1"


def test_where_none_improved_the_example_is_the_median_change():
    found = chosen(items((0.9, 0.1), (0.5, 0.5), (0.5, 0.3)))
    assert found["question"] == "Q2" and "None" in found["why"]["en"]


def test_only_items_of_the_deciding_suite_that_have_a_score_are_examples():
    assert chosen(items((0, 1), suite="general")) is None
    assert chosen(items((None, None))) is None


def test_a_conversation_says_who_speaks_and_a_long_text_is_cut():
    (item,) = items((0, 1))
    turns = [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "Two."}]
    found = chosen([item | {"prompt": [item["prompt"][0], *turns, item["prompt"][1]], "tuned": "x" * 900}])
    assert found["question"] == "user: One?\nassistant: Two.\nuser: Q0"
    assert len(found["after"]) == 700 and found["after"].endswith("x…")


def test_where_choices_are_judged_the_example_shows_those_each_model_found_likeliest():
    asked = [
        example("reworded", f"Capital {i}?", f"City {i}", choices=("Wrong town", "Other town"), group=f"{i}")
        for i in range(9)
    ]
    run = finished(asked, wrong, wrong, primary=Primary(metric="choice_accuracy", suite="reworded"))
    for arm, losses in (("base", (3.0, 1.0, 2.0)), ("tuned", (1.0, 3.0, 2.0))):
        rows = [
            row.to_dict() | {"scores": {**row.scores, "choice_accuracy": float(arm == "tuned")}}
            for row in run.answers(arm)
        ]
        atomic.write_lines(run.file(arm), [row | {"output": row["output"] | {"choice_losses": losses}} for row in rows])
    atomic.write_json(run.file("comparison"), compare(run))
    found = record.of_run(run)["example"]
    assert found["before"] == "Wrong town" and found["after"] == found["reference"]
    assert found["scores"] == [0, 1] and "likeliest" in found["why"]["en"]

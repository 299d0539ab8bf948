"""The comparison: every item counted, the deciding metric first, a loss never hidden behind a gain."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from engine import atomic
from engine.compare import compare
from engine.schema import Primary
from tests.engine.comparisons import REFUSAL, answers, correct, general, reworded, run_with, unanswerable, wrong

TRAINING = {
    "trainable_parameters": 4_884_480,
    "total_parameters": 139_399_488,
    "train_seconds": 120.5,
    "peak_bytes": 2_000_000_000,
    "tokens": 40_000,
    "tokens_per_second": 331.9,
    "adapter_bytes": 19_000_000,
    "steps": 160,
    "best_step": 120,
    "base_proof": {"max_abs_difference": 0.0, "equal": True},
}
LEAKED = {"test": 40, "exact": 3, "near": 1, "share": 0.1, "ids": [], "pairs": []}


def compared(examples, before=wrong, after=correct, *, right=(lambda i: True, lambda i: True), **fields):
    base = answers(examples, before, arm="base", right=right[0], loss=3.0)
    tuned = answers(examples, after, arm="tuned", right=right[1], loss=1.0)
    return compare(run_with(examples, base, tuned, **fields))


def change(comparison, metric, suite):
    return next(c for c in comparison["changes"] if (c["metric"], c["suite"]) == (metric, suite))


def codes(comparison):
    return {warning["code"] for warning in comparison["verdict"]["warnings"]}


def test_a_real_gain_is_better_and_every_item_is_counted():
    examples = reworded() + unanswerable() + general()
    result = compared(examples, training=TRAINING, report={"leakage": {"reworded": LEAKED | {"share": 0, "exact": 0}}})
    verdict = result["verdict"]
    assert (verdict["word"], verdict["metric"], verdict["suite"]) == ("better", "key_facts", "reworded")
    assert (verdict["wins"], verdict["ties"], verdict["losses"], verdict["n"]) == (40, 0, 0, 40)
    assert verdict["warnings"] == []
    assert len(result["items"]) == len(examples)
    assert result["counts"]["reworded"] == {"fixed": 40, "improved": 0, "same": 0, "worsened": 0, "broken": 0}
    assert result["counts"]["unanswerable"]["fixed"] == 36
    assert result["counts"]["general"]["same"] == 40
    assert result["not_measured"] == []


def test_the_deciding_metric_comes_first_and_alone():
    result = compared(reworded() + general())
    assert [c["primary"] for c in result["changes"]] == [True] + [False] * (len(result["changes"]) - 1)
    assert result["changes"][0]["p_adjusted"] == result["changes"][0]["p"]
    side = change(result, "token_f1", "reworded")
    assert side["p_adjusted"] > side["p"]


def test_the_same_answers_twice_cannot_tell():
    result = compared(reworded() + unanswerable() + general(), correct, correct)
    assert result["verdict"]["word"] == "cannot_tell"
    by_verdict = {c["metric"]: c["verdict"] for c in result["changes"]}
    assert by_verdict["answer_loss"] == "better"  # the one figure made to differ
    assert {v for m, v in by_verdict.items() if m not in ("answer_loss", "length_ratio")} == {"cannot_tell"}


def test_a_loss_is_worse():
    result = compared(reworded(), correct, wrong)
    assert result["verdict"]["word"] == "worse"
    assert result["counts"]["reworded"]["broken"] == 40


@pytest.mark.parametrize(
    "after", [lambda i, item: REFUSAL, lambda i, item: " ".join(f"In Paris it takes {n} days." for n in range(5))]
)
def test_a_model_that_always_declines_or_always_talks_never_wins(after):
    before = lambda i, item: item.completion if i % 2 else "Hello."  # noqa: E731
    result = compared(reworded() + unanswerable(), before, after)
    assert result["verdict"]["word"] == "worse"


def test_a_gain_with_forgotten_general_knowledge_is_better_but():
    result = compared(reworded() + general(), right=(lambda i: True, lambda i: i % 3 == 0))
    assert result["verdict"]["word"] == "better_but"
    assert codes(result) == {"general_worse"}
    warning = result["verdict"]["warnings"][0]
    assert (warning["metric"], warning["before"]) == ("choice_accuracy", 1)


def test_a_gain_with_answers_declined_that_it_could_give_is_better_but():
    after = lambda i, item: item.completion if i % 3 else REFUSAL  # noqa: E731
    result = compared(reworded(60), after=after)
    assert result["verdict"]["word"] == "better_but"
    assert result["verdict"]["warnings"] == [
        {"code": "over_declines", "metric": "declining", "suite": "reworded", "before": 0, "after": 20, "n": 60}
    ]


def test_a_model_that_no_longer_declines_is_warned_of():
    def before(i, item):
        return REFUSAL if not item.answerable else "Hello."

    def after(i, item):
        return item.completion if item.answerable else "It takes 5 days."

    result = compared(reworded() + unanswerable(), before, after)
    assert result["verdict"]["word"] == "better_but"
    assert codes(result) == {"declines_fewer_unanswerable"}
    assert {when: result["declining"][when] for when in ("before", "after")} == {
        "before": {"answerable": {"answered": 40, "declined": 0}, "unanswerable": {"answered": 0, "declined": 36}},
        "after": {"answerable": {"answered": 40, "declined": 0}, "unanswerable": {"answered": 36, "declined": 0}},
    }


def test_how_likely_a_refusal_is_tells_the_two_kinds_apart_without_a_threshold():
    examples = reworded(40) + unanswerable(36)
    base, tuned = (answers(examples, correct, arm=arm) for arm in ("base", "tuned"))
    likelier = {item.id: 2.5 for item in examples if not item.answerable}
    result = compare(run_with(examples, base, [refusing(row, likelier.get(row.example_id, 0)) for row in tuned]))
    found = result["declining"]["auroc"]
    assert (found["n_answerable"], found["n_unanswerable"]) == (40, 36)
    assert 0.45 < found["before"] < 0.55 and found["after"] > 0.7
    assert 0 < found["low"] < found["difference"] < found["high"]
    assert all(missing["what"] != "declining_auroc" for missing in result["not_measured"])


def refusing(row, likelier):
    """The row with its refusal made likelier by so many nats a token."""
    return replace(row, output=replace(row.output, refusal_loss=row.output.refusal_loss - likelier))


def test_without_the_likelihood_of_a_refusal_it_is_said_that_it_was_not_taken():
    examples = reworded() + unanswerable()
    arms = [answers(examples, correct, arm=arm) for arm in ("base", "tuned")]
    arms = [[replace(row, output=replace(row.output, refusal_loss=None)) for row in rows] for rows in arms]
    result = compare(run_with(examples, *arms))
    assert result["declining"]["auroc"] is None
    assert {"what": "declining_auroc", "why": "no_refusal"} in result["not_measured"]


def test_items_of_one_kind_alone_leave_nothing_to_tell_apart_and_nothing_unmeasured():
    result = compared(reworded())
    assert result["declining"]["auroc"] is None
    assert all(missing["what"] != "declining_auroc" for missing in result["not_measured"])


def test_a_mixed_suite_is_guarded_on_either_side():
    mixed = reworded(40) + [
        item.__class__(**{**{name: getattr(item, name) for name in item.__slots__}, "suite": "reworded"})
        for item in unanswerable(40)
    ]
    before = lambda i, item: REFUSAL if not item.answerable else "Hello."  # noqa: E731
    result = compared(mixed, before, lambda i, item: REFUSAL if i < 20 else item.completion)
    assert codes(result) == {"over_declines"}  # both sides together are even


def test_answers_that_are_cut_off_or_repeat_themselves_are_warned_of():
    cut = compared(reworded(), after=lambda i, item: item.completion + " And so on ...")
    assert codes(cut) == {"truncated"}
    circles = compared(reworded(), after=lambda i, item: item.completion + " and then and then" * 5)
    assert codes(circles) == {"repeats"}


def test_more_than_five_percent_leaked_questions_qualify_the_verdict_and_the_clean_score_stands_beside_it():
    examples = reworded()
    ids = [item.id for item in examples[:4]]
    result = compared(examples, report={"leakage": {"reworded": LEAKED | {"ids": ids}}})
    assert (result["verdict"]["word"], codes(result)) == ("better_but", {"leakage"})
    assert (result["leakage"]["leaked"], result["leakage"]["clean"]["n"]) == (4, 36)
    assert result["leakage"]["clean"]["verdict"] == "better"


def test_a_gain_on_leaked_questions_alone_gets_no_verdict():
    examples = reworded()
    ids = [item.id for item in examples[:15]]
    after = lambda i, item: item.completion if i < 15 else wrong(i, item)  # noqa: E731
    result = compared(examples, after=after, report={"leakage": {"reworded": LEAKED | {"ids": ids}}})
    assert (result["changes"][0]["verdict"], result["verdict"]["word"]) == ("better", "cannot_tell")
    everything = {"leakage": {"reworded": LEAKED | {"share": 1, "ids": [item.id for item in examples]}}}
    assert compared(examples, report=everything)["verdict"]["word"] == "cannot_tell"


@pytest.mark.parametrize("arm", ["nearest", "prompted"])
def test_a_model_that_does_no_more_than_a_search_or_a_prompt_is_better_but(arm):
    examples = reworded()
    run = run_with(
        examples, *(answers(examples, said, arm=name) for name, said in (("base", wrong), ("tuned", correct)))
    )
    atomic.write_lines(run.file(arm), answers(examples, correct, arm=arm))
    verdict = compare(run)["verdict"]
    assert (verdict["word"], [warning["code"] for warning in verdict["warnings"]]) == ("better_but", [arm])
    atomic.write_lines(run.file(arm), answers(examples, wrong, arm=arm))
    assert compare(run)["verdict"]["word"] == "better"


def test_an_item_without_an_answer_is_an_error_and_not_left_out():
    examples = reworded()
    base, tuned = (answers(examples, said, arm=arm) for arm, said in (("base", wrong), ("tuned", correct)))
    with pytest.raises(ValueError, match=r"tuned: item \w+ of reworded has no answer \(2 such items\)"):
        compare(run_with(examples, base, tuned[:-2]))
    with pytest.raises(ValueError, match="base: item .* is not in the test"):
        compare(run_with(examples[1:], base, tuned[1:]))


def test_a_score_that_only_one_arm_has_is_an_error():
    examples = reworded()
    base, tuned = (answers(examples, correct, arm=arm) for arm in ("base", "tuned"))
    tuned[3].scores["answer_loss"] = None
    with pytest.raises(ValueError, match="answer_loss is 1.03 before and None after"):
        compare(run_with(examples, base, tuned))


def test_a_deciding_metric_that_does_not_apply_is_not_measured():
    result = compared(general(), primary=Primary(metric="key_facts", suite="general"))
    assert result["verdict"]["word"] == "not_measured"
    assert result["changes"][0]["n"] == 0
    assert {"what": "key_facts", "why": "no_item"} in result["not_measured"]


def test_few_items_are_marked():
    assert compared(reworded(12))["illustrative"]
    assert not compared(reworded(40))["illustrative"]


def test_trained_rows_asked_again_are_shown_but_never_judged():
    trained = [
        item.__class__(**{**{name: getattr(item, name) for name in item.__slots__}, "suite": "trained"})
        for item in reworded()
    ]
    result = compared(reworded() + trained, after=lambda i, item: item.completion if item.suite == "trained" else "Hm.")
    assert result["verdict"]["word"] == "cannot_tell"
    recall = change(result, "key_facts", "trained")
    assert (recall["after"], recall["verdict"], recall["p"]) == (1, "not_measured", None)
    assert result["changes"][-1]["suite"] == "trained"


def test_efficiency_and_proof_come_from_the_training_record():
    result = compared(reworded(), training=TRAINING)
    assert result["efficiency"]["trainable_percent"] == pytest.approx(3.504, abs=0.001)
    assert result["efficiency"]["tuned"]["items"] == 40
    assert result["base_proof"] == TRAINING["base_proof"]
    assert {"what": "efficiency", "why": "not_recorded"} in compared(reworded())["not_measured"]


def test_the_same_files_give_the_same_comparison_and_plain_json():
    examples = reworded() + unanswerable() + general()
    base, tuned = (answers(examples, said, arm=arm) for arm, said in (("base", wrong), ("tuned", correct)))
    run = run_with(examples, base, tuned, training=TRAINING)
    first = compare(run)
    assert json.loads(json.dumps(first, allow_nan=False)) == json.loads(json.dumps(compare(run)))
    assert not run.file("comparison").exists()


def test_comparing_never_loads_torch():
    code = (
        "import sys; from engine import compare, verdict, registry; registry.metrics(); print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_slices_of_the_deciding_figure_and_the_style_stand_beside_it():
    examples = reworded() + unanswerable()
    run = run_with(examples, *(answers(examples, said, arm=arm) for said, arm in ((wrong, "base"), (correct, "tuned"))))
    plain = compare(run)
    assert (plain["slices"]["metric"], plain["slices"]["suite"]) == ("key_facts", "reworded")
    assert sum(row["n"] for row in plain["slices"]["rows"]) + plain["slices"]["topics_left_out"] == 40
    assert plain["style"] == {"why": "few_training", "n": 0}
    taught = [
        replace(item, suite="", completion=item.completion + " Call us!" * (i % 3)) for i, item in enumerate(reworded())
    ]
    atomic.write_lines(run.examples_file("train"), taught)
    assert compare(run)["style"]["distance"]["n"] == 40
    assert compare(run, train=taught[:20])["style"]["training"] == 20

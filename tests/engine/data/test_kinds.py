"""Rows of the wrong kind are refused before anything is trained, and the methods that fit are named."""

import json

import pytest

from engine.data.prepare import prepare
from engine.rundir import Run
from engine.schema import DataSpec, RunSpec, Source, UserError

ROWS = {
    "pairs": {"prompt": "Is it open {}?", "chosen": "Yes, at {}.", "rejected": "No {}."},
    "prompts": {"prompt": "Is it open {}?"},
    "text": {"text": "The lamp of tower {} is lit at dusk."},
    "completion": {"question": "Is it open {}?", "answer": "Yes, at {}."},
}


def prepared(tmp_path, kind, method, **settings):
    """The report of a run of that method over rows of that kind."""
    file = tmp_path / "rows.jsonl"
    rows = ({name: text.format(at) for name, text in ROWS[kind].items()} for at in range(40))
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    spec = RunSpec(data=DataSpec(train=Source(path=str(file))), method=method, settings=settings)
    return prepare(spec, Run("r", tmp_path / "run"))


@pytest.mark.parametrize(
    ("kind", "method"),
    [("text", "lora"), ("prompts", "dpo"), ("completion", "dpo"), ("pairs", "continued_pretraining")],
)
def test_rows_a_method_cannot_learn_from_are_refused(kind, method, tmp_path):
    with pytest.raises(UserError, match=r"rows.jsonl: .* cannot learn from .*\(row 1\).*Methods that fit these rows: "):
        prepared(tmp_path, kind, method)
    assert not (tmp_path / "run").exists()


def test_a_reward_model_needs_pairs_and_a_metric_does_not(tmp_path):
    with pytest.raises(UserError, match="learnt from pairs. Set reward to metric"):
        prepared(tmp_path, "prompts", "rlhf")
    assert prepared(tmp_path, "prompts", "rlhf", reward="metric", reward_metric="repetition")["accepted"] == 40


@pytest.mark.parametrize(("kind", "method"), [("pairs", "lora"), ("pairs", "dpo"), ("pairs", "rlhf")])
def test_pairs_teach_their_chosen_answer_too(kind, method, tmp_path):
    assert prepared(tmp_path, kind, method)["accepted"] == 40


def test_transcripts_from_elsewhere_are_read_as_pairs_and_those_of_different_prompts_dropped(tmp_path):
    asked = "\n\nHuman: Can you help me with box {}?\n\nAssistant:"
    rows = [
        {"chosen": asked.format(at) + f" Gladly, it is box {at}.", "rejected": asked.format(at) + " No."}
        for at in range(40)
    ]
    rows[3]["rejected"] = asked.format(99) + " No."
    file = tmp_path / "hh.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = Run("r", tmp_path / "run")
    report = prepare(RunSpec(data=DataSpec(train=Source(path=str(file))), method="dpo"), run)
    assert (report["format"], report["accepted"], report["dropped"]) == ("preference", 39, 1)
    (issue,) = (issue for issue in report["issues"] if issue["dropped"])
    assert issue["source_row"] == 4 and "differ before their last turn" in issue["message"]
    assert all(example.kind == "pairs" and len(example.prompt) == 1 for example in run.examples("train"))

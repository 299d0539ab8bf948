"""A run from start to verdict on a tiny model: stages, stop, resume, kill, the queue."""

import hashlib
import json
import os
import shutil
import signal
from dataclasses import replace

import pytest

from engine import launch, rundir
from engine.schema import Decoding, Source, UserError
from tests.engine.runs import end, tiny_spec, wait_for


def weights_hash(run) -> str:
    files = sorted(run.model.glob("*.safetensors"))
    assert files
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_ends_with_every_file_the_contract_names(method, tmp_path, tiny_model):
    run = launch.start(tiny_spec(tmp_path, tiny_model, method=method))
    assert end(run) == "done", run.file("log").read_text()
    for name in ("spec", "env", "status", "log", "report", "base", "tuned", "metrics", "training", "comparison"):
        assert run.file(name).exists(), name
    comparison = run.comparison()
    assert {change["suite"] for change in comparison["changes"]} == {"reworded", "general"}
    assert len(comparison["items"]) == 9
    assert set(run.status()["seconds"]) == set(rundir.STAGES)
    steps = [line for line in rundir.training_log(run) if line.get("kind") == "train"]
    assert [line["step"] for line in steps] == list(range(1, len(steps) + 1))
    assert not list(run.path.rglob("*.bin")) and not list(run.path.rglob("*.pt"))


def test_base_with_the_adapter_off_is_the_base_before_training(tmp_path, tiny_model):
    run = launch.start(tiny_spec(tmp_path, tiny_model))
    assert end(run) == "done"
    assert rundir.read_json(run.file("training"))["base_proof"] == {"max_abs_difference": 0.0, "equal": True}


def test_the_same_spec_gives_the_same_weights_twice_and_base_answers_once(tmp_path, tiny_model):
    spec = tiny_spec(tmp_path, tiny_model)
    first = launch.start(spec)
    assert end(first) == "done", first.file("log").read_text()
    second = launch.start(spec)
    assert second.id != first.id
    assert end(second) == "done"
    assert weights_hash(first) == weights_hash(second)
    assert len(list((rundir.home() / "cache" / "base").glob("*.jsonl"))) == 2  # base, and prompted
    assert first.file("base").read_bytes() == second.file("base").read_bytes()


def test_a_stopped_and_a_killed_run_resume_to_the_weights_of_one_never_interrupted(tmp_path, tiny_model):
    settings = {"epochs": 40, "batch_size": 4}
    calm = launch.start(tiny_spec(tmp_path, tiny_model, settings=settings, title="calm"))
    assert end(calm) == "done"
    run = launch.start(tiny_spec(tmp_path, tiny_model, settings=settings, title="broken off"))
    wait_for(lambda: len(rundir.training_log(run)) > 20)
    launch.stop(run)
    assert end(run) == "stopped"
    assert not run.file("training").exists()
    assert list(run.checkpoints.glob("step-*/manifest.json"))
    reached = run.status()["step"]
    launch.resume(run)
    wait_for(lambda: run.status().get("stage") == "train" and run.status()["step"] > reached)
    os.kill(run.status()["pid"], signal.SIGKILL)
    wait_for(lambda: rundir.state(run) == "lost")
    launch.resume(run)
    assert end(run) == "done", run.file("log").read_text()
    assert run.status()["attempt"] == 3
    assert weights_hash(run) == weights_hash(calm)
    losses = [[line["loss"] for line in rundir.training_log(each) if line["kind"] == "train"] for each in (run, calm)]
    assert losses[0] == losses[1]


def kept(run, arm):
    """What the run has kept of an arm that is answering: the item's place -> what was said."""
    path = run.partial(arm)
    lines = [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")][1:]
    return {line["at"]: line["said"] for line in lines if "said" in line}


def answering(run, arm):
    return run.partial(arm).exists() and len(kept(run, arm)) >= 2


def test_every_arm_s_answers_go_on_where_a_stop_or_a_kill_broke_them_off(tmp_path, tiny_model):
    decoding = Decoding(max_new_tokens=100, batch_size=2)
    run = launch.start(tiny_spec(tmp_path, tiny_model, decoding=decoding, arms=("prompted",), title="broken off"))
    held = {}
    for arm, broken_off in (("prompted", "stopped"), ("base", "lost"), ("tuned", "lost")):
        wait_for(lambda arm=arm: answering(run, arm), seconds=300)  # on a busy machine a worker starts slowly
        if broken_off == "stopped":
            launch.stop(run)
        else:
            os.kill(run.status()["pid"], signal.SIGKILL)
        wait_for(lambda word=broken_off: rundir.state(run) == word, seconds=120)
        held[arm] = kept(run, arm)
        assert not run.file(arm).exists()
        launch.resume(run)
    assert end(run, seconds=300) == "done", run.file("log").read_text()
    assert not list(run.partial("base").parent.glob("*"))
    shutil.rmtree(rundir.home() / "cache" / "base")
    calm = launch.start(tiny_spec(tmp_path, tiny_model, decoding=decoding, arms=("prompted",), title="calm"))
    assert end(calm, seconds=300) == "done"
    for arm, answers in held.items():
        rows, expected = run.answers(arm), calm.answers(arm)
        assert 2 <= len(answers) < len(rows)
        assert all(rows[at].output.seconds == said["seconds"] for at, said in answers.items())  # not asked again
        unhurried = [replace(row.output, seconds=0.0) for row in rows]
        assert unhurried == [replace(row.output, seconds=0.0) for row in expected]


def test_a_model_compared_with_itself_is_no_better_and_no_worse_to_the_last_bit(tmp_path, tiny_model):
    """A learning rate so small that the adapter folded into the weights leaves every weight as it was."""
    odd = [{"question": f"Who sings in hall {at}?", "answer": "I do not know.", "answerable": False} for at in range(6)]
    (tmp_path / "unanswerable.jsonl").write_text("".join(json.dumps(row) + "\n" for row in odd))
    spec = tiny_spec(tmp_path, tiny_model, settings={"epochs": 1, "learning_rate": 1e-30}, arms=())
    suites = {**spec.data.suites, "unanswerable": Source(path=str(tmp_path / "unanswerable.jsonl"))}
    more = ("key_facts", "rouge_l", "chrf", "perplexity", "bits_per_byte", "distinct_n", "unsupported_specifics")
    data = spec.data.model_copy(update={"suites": suites})
    run = launch.start(spec.model_copy(update={"data": data, "metrics": (*spec.metrics, *more)}))
    assert end(run, seconds=300) == "done", run.file("log").read_text()
    found = run.comparison()
    assert {change["suite"] for change in found["changes"]} == {"reworded", "general", "unanswerable"}
    for change in found["changes"]:
        assert change["before"] == change["after"] and change["difference"] == 0, change
        assert (change["low"], change["high"]) in ((0, 0), (None, None)), change
        assert (change["wins"], change["losses"], change["ties"]) == (0, 0, change["n"]), change
        judged = change["p"] is not None
        assert change["verdict"] == ("cannot_tell" if judged else "not_measured") and change["p"] in (1, None), change
    assert found["verdict"]["word"] == "cannot_tell" and found["verdict"]["warnings"] == []
    assert {item["outcome"] for item in found["items"]} == {"same"}
    told_apart = found["declining"]["auroc"]
    assert told_apart["before"] == told_apart["after"] and told_apart["difference"] == 0
    assert (told_apart["low"], told_apart["high"]) == (0, 0)


def test_pressing_start_twice_starts_once_and_another_run_waits_its_turn(tmp_path, tiny_model):
    long = tiny_spec(tmp_path, tiny_model, settings={"epochs": 100, "batch_size": 1})
    first = launch.start(long)
    assert launch.start(long).id == first.id
    other = launch.start(tiny_spec(tmp_path, tiny_model, title="other"))
    assert rundir.state(other) == "queued"
    launch.stop(first)
    assert end(first) == "stopped"
    assert end(other) == "done"


def test_a_queued_run_can_be_stopped(tmp_path, tiny_model):
    first = launch.start(tiny_spec(tmp_path, tiny_model, settings={"epochs": 100, "batch_size": 1}))
    other = launch.start(tiny_spec(tmp_path, tiny_model, title="other"))
    launch.stop(other)
    assert end(other) == "stopped"
    launch.stop(first)
    assert end(first) == "stopped"


def test_a_changed_data_file_fails_the_run_with_the_reason(tmp_path, tiny_model):
    spec = launch.check(tiny_spec(tmp_path, tiny_model))
    run = rundir.create(spec)
    (tmp_path / "train.jsonl").write_text('{"question": "a", "answer": "b"}\n')
    launch._spawn(run)
    assert end(run) == "failed"
    assert "train.jsonl" in run.status()["error"]["message"]


def test_a_diverging_run_says_which_setting_to_lower(tmp_path, tiny_model):
    run = launch.start(
        tiny_spec(
            tmp_path, tiny_model, settings={"learning_rate": 1.0, "epochs": 60, "max_grad_norm": 1000}, method="full"
        )
    )
    word = end(run)
    if word == "failed":
        assert "learning rate" in run.status()["error"]["message"]
    else:
        assert word == "done"


@pytest.mark.parametrize(
    "settings",
    [{"rank": 0}, {"rank": 10**6}, {"learning_rate": "fast"}, {"epochs": -1}, {"nonsense": 1}, {"rank": None}],
)
def test_a_bad_setting_is_refused_by_name_and_nothing_is_written(settings, tmp_path, tiny_model):
    with pytest.raises(UserError, match=next(iter(settings))):
        launch.start(tiny_spec(tmp_path, tiny_model, settings=settings))
    assert rundir.all_runs() == []

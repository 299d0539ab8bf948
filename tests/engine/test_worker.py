"""A run from start to verdict on a tiny model: stages, stop, resume, kill, the queue."""

import hashlib
import os
import signal

import pytest

from engine import launch, rundir
from engine.schema import UserError
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
    assert end(first) == "done"
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

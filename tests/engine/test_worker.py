"""A run from start to verdict on a tiny model: stages, stop, resume, kill, the queue."""

import hashlib
import json
import shutil
from dataclasses import replace

import pytest

from engine import atomic, launch, rundir
from engine.schema import Decoding, Source, UserError
from tests.engine.breaking import kept, killed_at, stopped_at
from tests.engine.runs import end, finished, in_this_process, tiny_spec, wait_for, without_end


def weights_hash(run) -> str:
    files = sorted(run.model.glob("*.safetensors"))
    assert files
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_ends_with_every_file_the_contract_names(method, tmp_path, tiny_model):
    run = launch.start(tiny_spec(tmp_path, tiny_model, method=method))
    assert end(run) == "done", run.file("log").read_text()
    for name in (
        "spec",
        "env",
        "status",
        "log",
        "report",
        "base",
        "tuned",
        "metrics",
        "training",
        "comparison",
        "html",
    ):
        assert run.file(name).exists(), name
    comparison = run.comparison()
    assert {change["suite"] for change in comparison["changes"]} == {"reworded", "general"}
    assert len(comparison["items"]) == 9
    assert set(run.status()["seconds"]) == set(rundir.STAGES)
    steps = [line for line in rundir.training_log(run) if line.get("kind") == "train"]
    assert [line["step"] for line in steps] == list(range(1, len(steps) + 1))
    assert not list(run.path.rglob("*.bin")) and not list(run.path.rglob("*.pt"))


def test_base_with_the_adapter_off_is_the_base_before_training(tmp_path, tiny_model):
    run = finished(tiny_spec(tmp_path, tiny_model))
    assert atomic.read_json(run.file("training"))["base_proof"] == {"max_abs_difference": 0.0, "equal": True}


def test_the_same_spec_gives_the_same_weights_twice_and_base_answers_once(tmp_path, tiny_model):
    spec = tiny_spec(tmp_path, tiny_model)
    first = finished(spec)
    second = launch.start(spec)  # in a process of its own
    assert second.id != first.id
    assert end(second) == "done", second.file("log").read_text()
    assert weights_hash(first) == weights_hash(second)
    assert len(list((rundir.home() / "cache" / "base").glob("*.jsonl"))) == 2  # base, and prompted
    assert first.file("base").read_bytes() == second.file("base").read_bytes()


def test_a_stopped_and_a_killed_run_resume_to_the_weights_of_one_never_interrupted(tmp_path, tiny_model):
    settings = {"epochs": 6, "batch_size": 4}
    calm = finished(tiny_spec(tmp_path, tiny_model, settings=settings, title="calm"))
    with stopped_at(5):
        run = launch.start(tiny_spec(tmp_path, tiny_model, settings=settings, title="broken off"))
    assert rundir.state(run) == "stopped"
    assert not run.file("training").exists()
    assert [path.parent.name for path in run.checkpoints.glob("step-*/manifest.json")] == ["step-5"]
    with killed_at(9):
        launch.resume(run)
    assert rundir.state(run) == "lost"
    assert [line["step"] for line in atomic.read_lines(run.file("metrics")) if line["attempt"] == 2][-1] == 9
    with in_this_process():
        launch.resume(run)
    assert rundir.state(run) == "done", run.file("log").read_text()
    assert run.status()["attempt"] == 3
    assert weights_hash(run) == weights_hash(calm)
    losses = [[line["loss"] for line in rundir.training_log(each) if line["kind"] == "train"] for each in (run, calm)]
    assert losses[0] == losses[1] and len(losses[0]) > 9


def test_every_arm_s_answers_go_on_where_a_stop_or_a_kill_broke_them_off(tmp_path, tiny_model):
    decoding = Decoding(max_new_tokens=24, batch_size=2)
    spec = tiny_spec(tmp_path, tiny_model, decoding=decoding, arms=("prompted",), title="broken off")
    held = {}
    with stopped_at("prompted"):
        run = launch.start(spec)
    for arm, word, goes_on in (
        ("prompted", "stopped", killed_at("base")),
        ("base", "lost", killed_at("tuned")),
        ("tuned", "lost", in_this_process()),
    ):
        assert rundir.state(run) == word
        held[arm] = kept(run, arm)
        assert not run.file(arm).exists()
        with goes_on:
            launch.resume(run)
    assert rundir.state(run) == "done", run.file("log").read_text()
    assert not list(run.partial("base").parent.glob("*"))
    shutil.rmtree(rundir.home() / "cache" / "base")
    calm = finished(spec.model_copy(update={"title": "calm"}))
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
    found = finished(spec.model_copy(update={"data": data, "metrics": (*spec.metrics, *more)})).comparison()
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


def test_pressing_start_twice_starts_once_and_another_run_waits_its_turn_or_is_stopped(tmp_path, tiny_model):
    with without_end(tmp_path, tiny_model) as long:
        first = launch.start(long)
        assert launch.start(long).id == first.id
        wait_for(lambda: rundir.state(first) == "running")
        other, unwanted = (launch.start(tiny_spec(tmp_path, tiny_model, title=title)) for title in ("next", "unwanted"))
        assert rundir.state(other) == rundir.state(unwanted) == "queued"
        launch.stop(unwanted)
        assert end(unwanted) == "stopped"
        assert rundir.state(other) == "queued" and rundir.state(first) == "running"
        launch.stop(first)
        assert end(first) == "stopped"
        assert end(other) == "done"


def test_a_changed_data_file_fails_the_run_with_the_reason(tmp_path, tiny_model):
    spec = launch.check(tiny_spec(tmp_path, tiny_model))
    run = rundir.create(spec)
    (tmp_path / "train.jsonl").write_text('{"question": "a", "answer": "b"}\n')
    with in_this_process():
        launch._spawn(run)
    assert rundir.state(run) == "failed"
    assert "train.jsonl" in run.status()["error"]["message"]


def test_a_diverging_run_says_which_setting_to_lower(tmp_path, tiny_model):
    settings = {"learning_rate": 1.0, "epochs": 60, "max_grad_norm": 1000}
    with in_this_process():
        run = launch.start(tiny_spec(tmp_path, tiny_model, settings=settings, method="full"))
    word = rundir.state(run)
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

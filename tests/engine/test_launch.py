"""What a run will look like and cost, asked of a process of its own."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import atomic, history, launch, rundir
from engine.schema import UserError
from tests.engine.runs import tiny_spec


def test_the_preview_shows_rows_as_the_model_sees_them(tmp_path, tiny_model):
    found = launch.preview(tiny_spec(tmp_path, tiny_model))
    assert found["rows"] == 24 and found["train"] + found["validation"] == 24
    assert found["suites"] == {"reworded": 8, "general": 1}
    sample = found["samples"][0]
    kinds = [part["kind"] for part in sample["segments"]]
    assert kinds == ["template", "prompt", "template", "answer"]
    assert sample["segments"][1]["text"].endswith("?")
    assert sample["segments"][3]["text"].endswith("<|im_end|>")
    assert {item["suite"] for item in found["held_out"]} == {"reworded", "general"}
    assert not list((rundir.home() / "cache").glob("preview-*"))


def test_the_forecast_counts_parameters_on_the_model_and_times_steps(tmp_path, tiny_model):
    found = launch.forecast(tiny_spec(tmp_path, tiny_model, settings={"rank": 4, "epochs": 3, "batch_size": 8}))
    hidden, inner, heads = 64, 128, 32  # the tiny model's widths; key and value have half the heads
    per_layer = 4 * (2 * (hidden + hidden) + 2 * (hidden + heads) + 3 * (hidden + inner))
    assert found["trainable_parameters"] == 2 * per_layer
    assert 0 < found["trainable_percent"] < 20
    assert found["steps"] == 9
    assert found["train_seconds"] > 0 and found["peak_bytes"] > 1e7


def test_a_model_that_is_not_there_is_one_clear_message(tmp_path, tiny_model):
    with pytest.raises(UserError, match="no model folder"):
        launch.forecast(tiny_spec(tmp_path, tiny_model, model="/nowhere/model"))


@pytest.mark.parametrize("model", ["/etc", "../x", "file:///etc/passwd", "~/nowhere", "..\\\\x", "a/b/c"])
def test_a_model_that_cannot_be_loaded_is_refused_before_a_run_exists(model, tmp_path, tiny_model):
    with pytest.raises(UserError, match="^model: "):
        launch.start(tiny_spec(tmp_path, tiny_model, model=model))
    assert rundir.all_runs() == []


@pytest.mark.parametrize("config", ['{"auto_map": {"AutoModel": "evil.Model"}}', "not JSON"])
def test_a_model_folder_with_code_of_its_own_or_a_broken_config_is_refused(config, tmp_path, tiny_model):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "config.json").write_text(config)
    with pytest.raises(UserError, match="^model: the folder"):
        launch.start(tiny_spec(tmp_path, tiny_model, model=str(folder)))


def test_the_page_side_never_loads_torch():
    code = "import engine.launch, engine.chat, engine.specs, sys; print({'torch', 'transformers'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


def test_rows_that_cannot_be_used_are_said_before_a_run_exists(tmp_path, tiny_model):
    spec = tiny_spec(tmp_path, tiny_model)
    (tmp_path / "train.jsonl").write_text('{"question": "a?", "answer": ""}\n' * 9)
    with pytest.raises(UserError, match=r"train\.jsonl"):
        launch.start(spec)
    assert rundir.all_runs() == []
    assert not list((rundir.home() / "cache").glob("rehearsal-*"))


def test_two_pages_that_ask_for_the_same_preview_start_one_process(tmp_path, tiny_model, monkeypatch):
    spec, started, run = tiny_spec(tmp_path, tiny_model), [], subprocess.run
    monkeypatch.setattr(
        launch.subprocess, "run", lambda *args, **options: started.append(args) or run(*args, **options)
    )
    with ThreadPoolExecutor(2) as pages:
        first, second = pages.map(launch.preview, [spec, spec])
    assert first == second and len(started) == 1


def test_a_preview_that_takes_too_long_is_ended_with_a_reason(tmp_path, tiny_model, monkeypatch):
    monkeypatch.setattr(launch, "LONGEST_LOOK", 0)
    with pytest.raises(UserError, match="took more than 0 minutes"):
        launch.preview(tiny_spec(tmp_path, tiny_model, seed=77))


def test_a_waiting_run_of_another_version_stands_in_nobodys_way(tmp_path, tiny_model, monkeypatch):
    spec = tiny_spec(tmp_path, tiny_model)
    later = rundir.create(spec)
    written = atomic.read_json(later.file("spec")) | {"of_a_later_version": 1}
    atomic.write_json(later.file("spec"), written)
    monkeypatch.setattr(launch, "_spawn", lambda run: None)
    run = launch.start(spec)
    assert run.id != later.id
    assert [found.method for found in history.entries()] == ["lora", "lora"]

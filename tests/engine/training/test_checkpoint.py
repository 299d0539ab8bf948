"""Checkpoints: whole or passed over, never half believed."""

import json

import pytest
import torch

from engine import atomic, rundir
from engine.schema import DataSpec, RunSpec, Source, UserError
from engine.training import checkpoint


@pytest.fixture
def run():
    found = rundir.create(RunSpec(data=DataSpec(train=Source(path="x"))))
    atomic.write_lines(found.examples_file("train"), [{"question": "a"}])
    return found


def save(run, step):
    tensors = {"weights": {"w": torch.full((4,), float(step))}, "rng": {"cpu": torch.get_rng_state()}}
    return checkpoint.save(run, step=step, tensors=tensors, state={"step": step})


def test_the_newest_checkpoint_comes_back_as_it_was(run):
    save(run, 1)
    save(run, 2)
    tensors, state, notes = checkpoint.load(run)
    assert state == {"step": 2} and notes == []
    assert tensors["weights"]["w"].tolist() == [2.0] * 4


def test_only_the_newest_two_are_kept_by_step_and_not_by_time(run):
    for step in (2, 10, 9):
        save(run, step)
    assert sorted(path.name for path in run.checkpoints.iterdir()) == ["step-10", "step-9"]


@pytest.mark.parametrize("name", ["weights.safetensors", "rng.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_a_damaged_file_sends_us_one_checkpoint_back_and_says_so(run, name, damage):
    save(run, 1)
    path = save(run, 2) / name
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "truncate":
        path.write_bytes(content[:-3])
    else:
        path.unlink()
    if name == "manifest.json" and damage == "flip":
        path.write_bytes(path.read_bytes().replace(b'"sha256": "', b'"sha256": "0', 1))
    found = checkpoint.load(run)
    assert found[1] == {"step": 1}
    assert "step-2" in found[2][0]


def test_a_half_written_checkpoint_is_none(run):
    (run.checkpoints / "step-7.tmp").mkdir(parents=True)
    assert checkpoint.load(run) is None


@pytest.mark.parametrize("changed", ["spec", "data", "torch"])
def test_resuming_is_refused_when_spec_data_or_versions_changed(run, changed, monkeypatch):
    save(run, 1)
    if changed == "spec":
        run.file("spec").write_text("{}")
    elif changed == "data":
        run.examples_file("train").write_text(json.dumps({"question": "b"}))
    else:
        monkeypatch.setattr(checkpoint, "version", lambda package: "0.0")
    with pytest.raises(UserError, match=changed):
        checkpoint.load(run)


def test_a_full_disk_leaves_the_checkpoint_before_as_the_newest(run, monkeypatch):
    save(run, 1)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(OSError):
        save(run, 2)
    assert checkpoint.load(run)[1] == {"step": 1}

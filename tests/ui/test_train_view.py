"""A run's state on the Train step is what its files say."""

import re
import time

import pytest

from engine import atomic, rundir
from engine.schema import DataSpec, RunSpec, Source
from ui import runs, train_view
from ui.tabs import train


@pytest.fixture
def run():
    return rundir.create(RunSpec(title="t", data=DataSpec(train=Source(path="x.jsonl"))))


def finish(run, *stages):
    for stage in stages:
        atomic.write_text(run.file(train_view.OUTPUTS[stage]), "{}")


def marks(run, status, state):
    return re.findall(r"k-stage k-stage-(\w+)", train_view.stages(run, status, state, "en"))


def test_stage_is_ticked_only_when_its_output_exists(run):
    finish(run, "prepare", "base")
    status = {"stage": "train", "seconds": {"prepare": 1, "base": 2, "train": 60}}
    assert marks(run, status, "stopped") == ["done", "done", "cut", "open", "open"]
    assert marks(run, status, "lost") == ["done", "done", "cut", "open", "open"]
    assert marks(run, status, "failed") == ["done", "done", "failed", "open", "open"]
    assert marks(run, status, "running") == ["done", "done", "now", "open", "open"]


def test_lost_run_offers_resume_and_is_not_shown_as_training(run):
    atomic.write_json(run.file("status"), {"state": "running", "pid": 2**22 - 3, "started": 1.0, "boot_id": "x"})
    stop, _, resume, result, *_ = train.show_buttons(run)
    assert (stop["visible"], resume["visible"], result["visible"]) == (False, True, False)
    assert "k-state-lost" in runs.sidebar("", "en") and "k-run-bar" not in runs.sidebar("", "en")


def test_present_stage_shows_its_time_so_far(run):
    status = {"stage": "prepare", "stage_started": time.time() - 75, "seconds": {}}
    assert "1 min 15 s" in train_view.stages(run, status, "running", "en")


def test_queued_run_says_its_place():
    assert "Place in the queue: 3" in train_view.box({"queue": 3}, "queued", "en")


def test_progress_says_step_and_time_left_and_is_gone_when_done():
    status = {"stage": "train", "step": 30, "of": 120, "eta_seconds": 90}
    shown = train_view.progress(status, "running", "en")
    assert "width:25.0%" in shown and "step 30 of 120" in shown and "1 min 30 s" in shown
    assert train_view.progress(status, "done", "en") == ""


def test_chart_waits_for_the_first_steps_and_then_draws_them(run):
    assert train_view.chart(run, "en") == ""
    lines = [{"kind": "train", "step": n, "of": 9, "attempt": 1, "loss": 3.0 / n} for n in (1, 2, 3)]
    atomic.write_lines(run.file("metrics"), lines)
    assert "<svg" in train_view.chart(run, "en")


def test_log_shows_its_end_only(run):
    atomic.write_text(run.file("log"), "old\n" * 100_000 + "the last line")
    tail = train_view.log_tail(run, "en")
    assert "the last line" in tail and len(tail) < 2 * train_view.LOG_BYTES

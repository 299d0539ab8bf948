"""Runs on the tiny model, for the tests that need one."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from engine import launch, rundir, worker
from engine.rundir import Run
from engine.schema import DataSpec, Decoding, Primary, RunSpec, Source

METRICS = ("token_f1", "exact_match", "declining", "choice_accuracy", "answer_loss", "length_ratio", "repetition")


def tiny_spec(folder: Path, tiny_model: Path, **changes) -> RunSpec:
    """A spec over 24 rows with two suites, small enough to end within seconds."""
    train, reworded, general = (folder / f"{name}.jsonl" for name in ("train", "reworded", "general"))
    facts = [(f"What is the code of box {at}?", f"It is {at * 7 + 100}.", f"box/{at}") for at in range(8)]
    wordings = ("{}", "Please tell me: {}", "Hello! {}")
    rows = [{"question": w.format(q), "answer": a, "group": g} for q, a, g in facts for w in wordings]
    train.write_text("".join(json.dumps(row) + "\n" for row in rows))
    held_out = [{"question": f"I need to know this. {q}", "answer": a, "group": g} for q, a, g in facts]
    reworded.write_text("".join(json.dumps(row) + "\n" for row in held_out))
    choice = {"question": "Is water wet?", "answer": "Yes, it is.", "choices": ["No, dry.", "It is red."]}
    general.write_text(json.dumps(choice | {"group": "g"}) + "\n")
    suites = {"reworded": Source(path=str(reworded)), "general": Source(path=str(general))}
    values = {
        "title": "tiny",
        "model": str(tiny_model),
        "system": "You help.",
        "data": DataSpec(train=Source(path=str(train)), suites=suites),
        "settings": {"epochs": 2, "batch_size": 4},
        "metrics": METRICS,
        "primary": Primary(metric="token_f1", suite="reworded"),
        "decoding": Decoding(max_new_tokens=8),
    }
    return RunSpec(**values | changes)


@contextmanager
def without_end(folder: Path, tiny_model: Path) -> Iterator[RunSpec]:
    """A spec whose training goes on for minutes on any machine, for runs that are stopped before it ends. What still
    trains after the with is killed."""
    own = folder / "without-end"
    own.mkdir()
    spec = tiny_spec(own, tiny_model, title="without end", settings={"epochs": 100, "batch_size": 1})
    with open(spec.data.train.path, "a") as train:
        for at in range(300):
            row = {"question": f"What lies in chest {at}?", "answer": f"Coin {at}.", "group": f"chest/{at}"}
            train.write(json.dumps(row) + "\n")
    try:
        yield spec
    finally:
        end_workers()


def end_workers() -> None:
    """End what trains in this KURABE_HOME: no test leaves a process behind."""
    for run in rundir.all_runs():
        if rundir.state(run) in ("running", "queued") and run.status():
            os.kill(run.status()["pid"], signal.SIGKILL)


def sharpened(tiny_model: Path) -> Any:
    """The tiny model loaded, its weights moved so that answers differ and some end early."""
    import torch

    from engine import models

    found = models.load(str(tiny_model))
    with torch.no_grad():
        generator = torch.Generator().manual_seed(1)
        for weight in found.model.parameters():
            weight.add_((torch.randn(weight.shape, generator=generator) * 0.2).to(weight.device))
    return found


@contextmanager
def in_this_process() -> Iterator[None]:
    """launch.start and launch.resume do the run here, to its end, instead of starting a process that loads torch anew.

    For tests of what a run gives. How it is started, stopped, killed and waited for needs processes: test_worker.py,
    test_main.py and the browser's tests.
    """

    def work(run: Run) -> None:
        with open(run.file("log"), "a") as log, redirect_stdout(log), redirect_stderr(log):
            worker.main(run.id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "_spawn", work)
        yield


def finished(spec: RunSpec) -> Run:
    """A run of the spec, done in this process to its end."""
    with in_this_process():
        run = launch.start(spec)
    assert rundir.state(run) == "done", run.file("log").read_text()
    return run


def end(run: Run, *, seconds: float = 900) -> str:
    """Follow a run to its end and return its state."""
    deadline = time.monotonic() + seconds
    for _ in launch.follow(run, every=0.05):
        assert time.monotonic() < deadline, run.file("log").read_text()
    return rundir.state(run)


def wait_for(condition, *, seconds: float = 900) -> None:
    """Wait until condition() holds; fail the test when it does not in time, which is long on a busy machine."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)

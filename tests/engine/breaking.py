"""Runs broken off at a certain point of their work, so that no test needs luck to hit it.

A point is a step of the training, or an arm: then it is reached once two of the arm's answers are kept.
`python -m tests.engine.breaking RUN POINT` is a worker that kills itself at that point.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine import launch, worker
from engine.rundir import Run
from tests.engine.runs import in_this_process

Point = int | str


def kept(run: Run, arm: str) -> dict[int, dict]:
    """What the run has kept of an arm that is answering: the item's place -> what was said."""
    path = run.partial(arm)
    lines = path.read_text().splitlines(keepends=True)[1:] if path.exists() else []
    whole = (json.loads(line) for line in lines if line.endswith("\n"))
    return {line["at"]: line["said"] for line in whole if "said" in line}


def reached(status: worker.Status, point: Point) -> bool:
    """Whether the run whose worker has written this status is at the point."""
    if isinstance(point, str):
        return len(kept(status.run, point)) >= 2
    return (status.values["stage"], status.values["note"]) == ("train", "train") and status.values["step"] >= point


@contextmanager
def _at(point: Point, do) -> Iterator[None]:
    """do(run) whenever a worker of this process tells that it is at the point."""
    progress = worker.Status.progress

    def tell(status: worker.Status, *told, **values) -> None:
        progress(status, *told, **values)
        if reached(status, point):
            do(status.run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker.Status, "progress", tell)
        yield


@contextmanager
def stopped_at(point: Point) -> Iterator[None]:
    """launch.start and launch.resume do the run in this process, where it is told to stop at the point."""
    with in_this_process(), _at(point, launch.stop):
        yield


@contextmanager
def killed_at(point: Point) -> Iterator[None]:
    """launch.start and launch.resume do the run in a process of its own, which is killed at the point."""

    def work(run: Run) -> None:
        command = [sys.executable, "-m", "tests.engine.breaking", run.id, str(point)]
        with open(run.file("log"), "ab") as log:
            done = subprocess.run(command, cwd=launch.ROOT, env=os.environ | launch.ENVIRONMENT, stdout=log, stderr=log)
        assert done.returncode == -signal.SIGKILL, run.file("log").read_text()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "_spawn", work)
        yield


if __name__ == "__main__":
    run_id, given = sys.argv[1:]
    with _at(int(given) if given.isdigit() else given, lambda run: os.kill(os.getpid(), signal.SIGKILL)):
        sys.exit(worker.main(run_id))

"""What runs take on the disk, by what it is for, and the part that may go: the checkpoints of runs that are done."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine import rundir, showcase
from engine.launch import nothing_starts
from engine.rundir import Run
from engine.schema import UserError


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes: what was learnt (`model`), what only resuming needs (`checkpoints`), the base model with what was learnt
    folded in for runs that start from it (`whole`), and everything else."""

    model: int
    checkpoints: int
    whole: int
    other: int

    @property
    def total(self) -> int:
        return self.model + self.checkpoints + self.whole + self.other


def usage(run: Run) -> Usage:
    """What a run takes."""
    model, checkpoints, whole = (size(folder) for folder in (run.model, run.checkpoints, run.whole))
    return Usage(model, checkpoints, whole, max(0, size(run.path) - model - checkpoints - whole))


def size(folder: Path | str) -> int:
    """Bytes of all files in a folder; links are not followed; 0 where it is not there."""
    total = 0
    try:
        with os.scandir(folder) as inside:
            for entry in inside:
                if entry.is_dir(follow_symlinks=False):
                    total += size(entry.path)
                elif not entry.is_symlink():
                    total += entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # gone, or going while we look
        pass
    return total


def spare(runs: Iterable[Run]) -> dict[str, int]:
    """The runs that are done and still have checkpoints: id -> bytes."""
    found = {run.id: size(run.checkpoints) for run in runs if run.checkpoints.is_dir()}
    return {run_id: taken for run_id, taken in found.items() if taken and _done(rundir.open_run(run_id))}


def free_checkpoints(run: Run) -> int:
    """Remove the checkpoints of a run that is done; what it learnt lies in model/ and stays. Returns bytes freed.

    Raises UserError for any other run: one that was stopped or failed resumes from them.
    """
    showcase.refuse()
    with nothing_starts():
        if not _done(run):
            raise UserError(f"Run {run.id} is not done: it would resume from its checkpoints, so they are kept.")
        freed = size(run.checkpoints)
        if run.checkpoints.is_dir():
            shutil.rmtree(run.checkpoints)
    return freed


def _done(run: Run) -> bool:
    return rundir.state(run) == "done" and run.file("training").exists() and run.model.is_dir()

"""Runs deleted and brought back: a deleted run lies in KURABE_HOME/trash for DAYS, as it was, and is then removed."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from engine import atomic, chain, history, rundir, showcase
from engine.launch import ALIVE, nothing_starts
from engine.rundir import RUN_ID, Run
from engine.schema import UserError

DAYS = 7


def delete(run: Run) -> None:
    """Move a run into the trash. Raises UserError for one that is queued or running, or that others start from."""
    showcase.refuse()
    with nothing_starts():
        if rundir.state(run) in ALIVE:
            raise UserError(
                f"Run {run.id} is not finished. Stop it first, and wait until it has ended; then delete it."
            )
        if others := history.built_on(run):
            raise UserError(
                f"Other runs start from the model of run {run.id}: {', '.join(others[:5])}. Delete those first; "
                "without it they could not be asked again."
            )
        os.replace(run.path, rundir.trash() / run.id)
        os.utime(rundir.trash() / run.id)  # the folder's own time says since when it lies here
    purge(days=DAYS)


def deleted() -> list[Run]:
    """The runs in the trash, newest first."""
    return [Run(path.name, path) for path in sorted(rundir.trash().iterdir(), reverse=True) if RUN_ID.match(path.name)]


def restore(run_id: str) -> list[Run]:
    """Bring a run back, with those in the trash whose models it starts from. Raises UserError where it is not there."""
    showcase.refuse()
    found = next((run for run in deleted() if run.id == run_id), None)
    if found is None:
        raise UserError(f"Run {str(run_id)[:60]} is not in the trash (any more).")
    with nothing_starts():
        back = list(_with_parents(found))
        for run in back:
            os.replace(run.path, rundir.home() / "runs" / run.id)
    return [rundir.open_run(run.id) for run in back]


def _with_parents(run: Run) -> Iterator[Run]:
    waiting = {one.id: one for one in deleted()}
    while run is not None:
        yield run
        model = (atomic.read_json(run.file("spec"), default={}) or {}).get("model", "")
        run = waiting.get(model.removeprefix(chain.PREFIX)) if model.startswith(chain.PREFIX) else None


def purge(*, days: float = 0) -> int:
    """Remove for good what has lain in the trash longer than so many days; with 0, everything. Returns bytes freed."""
    showcase.refuse()
    from engine.storage import size

    freed = 0
    for path in list(rundir.trash().iterdir()):
        name = path.name.removeprefix(".")
        if not RUN_ID.match(name) or path.is_symlink():
            continue
        if not path.name.startswith("."):
            if time.time() - path.stat().st_mtime < days * 86_400:
                continue
            half = path.with_name(f".{name}")  # cut short, half a run must not be taken for one that can be restored
            os.replace(path, half)
            path = half
        freed += size(path)
        shutil.rmtree(path)
        shutil.rmtree(_downloads() / name, ignore_errors=True)
    return freed


def _downloads() -> Path:
    """Where the page keeps what it made of runs for the browser to fetch."""
    return Path(os.environ.get("GRADIO_TEMP_DIR") or rundir.home() / "cache" / "gradio")

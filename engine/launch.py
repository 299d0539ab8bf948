"""Start, stop, resume, follow and forecast runs. The heavy work is in processes of their own: no torch here."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine import registry, rundir, showcase, sources, specs
from engine.data.files import local
from engine.data.prepare import prepare
from engine.rundir import Run
from engine.schema import RunSpec, UserError

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait take the core the page, or another run, needs
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUNBUFFERED": "1",
}
REHEARSED_BYTES = 20_000_000
LONGEST_LOOK = 600  # seconds a preview or a forecast may take
ALIVE = ("queued", "running")


@contextmanager
def nothing_starts() -> Iterator[None]:
    """Inside, no other process starts, resumes or removes a run."""
    with open(rundir.home() / "start.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check(spec: RunSpec) -> RunSpec:
    """The spec checked again in full, its data pinned by hash and its settings made whole with their defaults.

    Raises UserError naming the field: nothing that the page or a file sends is taken on trust.
    """
    spec = specs.check(spec)
    sources.check(spec.model)
    settings = registry.methods()[spec.method].Settings.model_validate(spec.settings)
    return spec.model_copy(update={"settings": settings.model_dump(mode="json")})


def start(spec: RunSpec) -> Run:
    """A new run, its worker started and detached. An equal spec already waiting or running gives that run instead, so
    pressing Start twice starts once."""
    showcase.refuse()
    spec = check(spec)
    _rehearse(spec)
    with nothing_starts():
        for run in rundir.all_runs()[:50]:
            if rundir.state(run) in ALIVE and same(run, spec):
                return run
        run = rundir.create(spec)
        _spawn(run)
        return run


def same(run: Run, spec: RunSpec) -> bool:
    """Whether the run is of this very spec, checked as `check` leaves it."""
    try:
        return run.spec() == spec
    except ValueError:  # from another version
        return False


def _rehearse(spec: RunSpec) -> None:
    """Prepare the data once in a folder that is gone afterwards, so that rows that cannot be used are said before a run
    exists. Large files are left to the worker."""
    more = (other.source for other in spec.data.more)
    sources = (spec.data.train, *more, *spec.data.suites.values())
    if sum(Path(local(source.path)).stat().st_size for source in sources) > REHEARSED_BYTES:
        return
    with tempfile.TemporaryDirectory(dir=rundir.home() / "cache", prefix="rehearsal-") as folder:
        prepare(spec, Run("rehearsal", Path(folder)))


def resume(run: Run) -> Run:
    """Go on with a stopped, failed or lost run from what is there. Does nothing while it is running; raises UserError
    for a run that is done."""
    showcase.refuse()
    with nothing_starts():
        word = rundir.state(run)
        if word == "done":
            raise UserError(f"Run {run.id} is done; there is nothing to resume.")
        if word not in ALIVE:
            run.file("stop").unlink(missing_ok=True)
            run.file("status").touch()
            _spawn(run)
    return run


def stop(run: Run) -> None:
    """Ask the run to stop at its next step and keep a checkpoint. A run that has ended is left as it is."""
    showcase.refuse()
    if rundir.state(run) in ALIVE:
        run.file("stop").touch()


def _spawn(run: Run) -> None:
    """Start the worker in a session of its own, so that neither the page nor a terminal takes it down with it."""
    before = run.status().get("attempt", 0)
    with open(run.file("log"), "ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "engine.worker", run.id],
            cwd=ROOT,
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and run.status().get("attempt", 0) == before:
        time.sleep(0.05)  # until the worker says it is there, "lost" could not be told from "just started"


def follow(run: Run, *, every: float = 0.5) -> Iterator[dict[str, Any]]:
    """The run's status again and again until it has ended; the last one carries the final state."""
    while True:
        word = rundir.state(run)
        yield run.status() | {"state": word}
        if word not in ALIVE:
            return
        time.sleep(every)


def preview(spec: RunSpec) -> dict[str, Any]:
    """How the data looks to the model: counts, sample rows in segments, held-out questions (4 s the first time)."""
    checked = check(spec).model_dump_json()
    found = _ask("preview", checked)
    if found.get("ledger") and not rundir.ledger_file(found["ledger"]).exists():  # only the newest are kept
        _cached.cache_clear()
        found = _ask("preview", checked)
    return found


def forecast(spec: RunSpec) -> dict[str, Any]:
    """Trainable parameters, memory and time of a run, from a few timed steps here (20 s the first time)."""
    showcase.refuse()
    return _ask("forecast", check(spec).model_dump_json())


@lru_cache(maxsize=64)
def _cached(what: str, spec_json: str) -> str:
    try:
        process = subprocess.run(
            [sys.executable, "-m", "engine.forecast", what],
            cwd=ROOT,
            env=os.environ | ENVIRONMENT,
            input=spec_json,
            capture_output=True,
            text=True,
            timeout=LONGEST_LOOK,
        )
    except subprocess.TimeoutExpired:
        raise UserError(
            f"The {what} took more than {LONGEST_LOOK // 60} minutes and was ended. Give fewer rows, or wait until "
            "nothing else runs on this machine; a run itself may take as long as it needs."
        ) from None
    if process.returncode == 0:
        return process.stdout
    last = process.stderr.strip().splitlines()[-1] if process.stderr.strip() else f"exit code {process.returncode}"
    if process.returncode < 0:
        last = f"The {what} was ended by the system (signal {-process.returncode}), most likely for want of memory."
    raise UserError(last)


@lru_cache(maxsize=64)
def _lock(what: str, spec_json: str) -> threading.Lock:
    return threading.Lock()


def _ask(what: str, spec_json: str) -> dict[str, Any]:
    with _lock(what, spec_json):  # asked twice at once, the second waits for the first one's answer
        return json.loads(_cached(what, spec_json))

"""The only file that knows the names inside KURABE_HOME and inside a run. A run's state is derived from its files.

A stage is done if and only if its output exists, so restart, refresh, a second tab and a killed worker are one path:
read the files, skip what is done.
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.atomic import read_json, read_lines, write_text
from engine.schema import EvalRow, Example, RunSpec, UserError

State = Literal["queued", "running", "done", "stopped", "failed", "lost"]
STAGES = ("prepare", "base", "train", "tuned", "compare")
RUN_ID = re.compile(r"^\d{8}-\d{6}-[0-9a-f]{6}$")
LEDGER = re.compile(r"^[0-9a-f]{32}$")
MOST_LEDGERS = 30
FILES = {
    "spec": "spec.json",
    "about": "about.json",
    "env": "env.json",
    "status": "status.json",
    "stop": "stop.request",
    "log": "log.txt",
    "report": "data/report.json",
    "reference": "data/reference.json",
    "earlier": "eval/earlier.jsonl",
    "base": "eval/base.jsonl",
    "prompted": "eval/prompted.jsonl",
    "nearest": "eval/nearest.jsonl",
    "tuned": "eval/tuned.jsonl",
    "base_part": "eval/base.part.jsonl",
    "tuned_part": "eval/tuned.part.jsonl",
    "harness": "eval/harness.json",
    "metrics": "metrics.jsonl",
    "training": "training.json",
    "comparison": "comparison.json",
    "html": "report.html",
    "votes": "votes.jsonl",
    "pairs": "pairs.jsonl",
    "llm_judge": "eval/judge.json",
}


def home() -> Path:
    """KURABE_HOME (default ~/.kurabe), made with mode 0700 when missing."""
    path = Path(os.environ.get("KURABE_HOME") or Path.home() / ".kurabe").expanduser().resolve()
    for folder in (path, path / "runs", path / "models", path / "cache", path / "cache" / "ledgers", path / "uploads"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def trash() -> Path:
    """Where deleted runs wait to be restored or removed for good."""
    path = home() / "trash"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


@dataclass(frozen=True)
class Run:
    """One run's directory. Get one from `create` or `open_run`, never by joining paths."""

    id: str
    path: Path

    def file(self, name: str) -> Path:
        """The path of a named file: one of FILES."""
        return self.path / FILES[name]

    def examples_file(self, split: str) -> Path:
        """Where the examples of a split lie: train, validation or test."""
        return self.path / "data" / f"{split}.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def whole(self) -> Path:
        """The base model with what was learnt folded in, made when a later run starts from this one."""
        return self.path / "whole"

    @property
    def reward(self) -> Path:
        """The reward model that RLHF learnt from preferences: there once it is whole."""
        return self.path / "reward"

    @property
    def exports(self) -> Path:
        """What the page has made of the run to take away: a folder a kind, there once it is whole."""
        return self.path / "exports"

    def inner(self, name: str) -> "Run":
        """A folder laid out as a run for answers that servers gave to this run's test. The program makes the name."""
        return Run(self.id, self.path / "eval" / "remote" / name)

    def judgements(self, judge: str) -> Path:
        """Where what a judge said of this run's answers is kept, item by item. The program makes the name."""
        return self.path / "eval" / "judges" / f"{judge}.jsonl"

    def partial(self, arm: str) -> Path:
        """Where the answers of an arm are kept while it answers."""
        return self.path / "eval" / "partial" / f"{arm}.jsonl"

    def spec(self) -> RunSpec:
        return RunSpec.model_validate_json(self.file("spec").read_text(encoding="utf-8"))

    def examples(self, split: str) -> list[Example]:
        return list(self.each_example(split))

    def each_example(self, split: str) -> Iterator[Example]:
        """The examples of a split, read one at a time."""
        return map(Example.from_dict, read_lines(self.examples_file(split)))

    def answers(self, arm: str) -> list[EvalRow]:
        return [EvalRow.from_dict(line) for line in read_lines(self.file(arm))]

    def status(self) -> dict[str, Any]:
        return read_json(self.file("status"), default={})

    def comparison(self) -> dict[str, Any] | None:
        """The result of a finished run, or None before it is there."""
        return read_json(self.file("comparison"), default=None)

    def stop_requested(self) -> bool:
        return self.file("stop").exists()


def create(spec: RunSpec) -> Run:
    """A new run directory holding spec.json. The id sorts by time and is safe as a file name."""
    run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    run = Run(run_id, home() / "runs" / run_id)
    building = home() / "runs" / f".{run_id}"
    (building / "data").mkdir(mode=0o700, parents=True)
    write_text(building / FILES["spec"], spec.model_dump_json(indent=2))
    os.replace(building, run.path)
    return run


def open_run(run_id: str) -> Run:
    """The run of that id. Raises UserError for an id that is malformed or not there: no user text becomes a path."""
    if not isinstance(run_id, str) or not RUN_ID.match(run_id):
        raise UserError(f"'{str(run_id)[:60]}' is not a run's id. `python -m engine list` shows the runs there are.")
    path = home() / "runs" / run_id
    if path.is_symlink() or not path.is_dir():
        raise UserError(f"There is no run {run_id}. `python -m engine list` shows the runs there are.")
    return Run(run_id, path)


def secret() -> bytes:
    """32 random bytes of this KURABE_HOME, made once and known to nobody else: what blind votes are shuffled by."""
    path = home() / "secret"
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
            stream.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()


def serve_log() -> Path:
    """What the process that answers the page's questions has written."""
    return home() / "serve.log"


def all_runs() -> list[Run]:
    """Every run, newest first."""
    folder = home() / "runs"
    names = sorted((entry.name for entry in os.scandir(folder) if RUN_ID.match(entry.name)), reverse=True)
    return [Run(name, folder / name) for name in names]


def state(run: Run) -> State:
    """What the run is doing now: the status file's word, or "lost" where it says running but no such process lives."""
    status = run.status()
    word = status.get("state", "queued")
    if word in ("running", "queued") and not _worker_lives(run, status):
        return "lost"
    return word


def _worker_lives(run: Run, status: dict[str, Any]) -> bool:
    if not status:  # the worker has a moment to write its first status
        return time.time() - run.file("spec").stat().st_mtime < 30
    try:
        return process_lives(status["pid"], status["started"], status["boot_id"])
    except KeyError:  # no worker wrote this
        return False


def waiting_before(run: Run) -> int:
    """How many older runs wait for their turn, their workers alive."""
    return sum(1 for other in all_runs() if other.id < run.id and state(other) == "queued")


def boot_id() -> str:
    """A word that changes with every boot: with the start time it tells a reused pid from ours."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def process_lives(pid: int, started: float, boot: str) -> bool:
    """Whether the process that wrote (pid, start time, boot id) still runs; a zombie does not."""
    import psutil

    if boot != boot_id():
        return False
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def training_log(run: Run) -> list[dict[str, Any]]:
    """The logged steps in order. After a resume the same step may stand twice: the highest attempt counts."""
    best: dict[tuple[str, int], dict[str, Any]] = {}
    for line in read_lines(run.file("metrics")):
        key = (line.get("kind", "train"), line["step"])
        if key not in best or line["attempt"] >= best[key]["attempt"]:
            best[key] = line
    return sorted(best.values(), key=lambda line: line["step"])


def ledger_file(key: str) -> Path:
    """Where the list of a training file's rows is kept for the page, by a word the program makes (`ledger_key`). Raises
    UserError where the word is malformed."""
    if not LEDGER.match(str(key)):
        raise UserError("The list of rows is not there any more. Choose the data again.")
    return home() / "cache" / "ledgers" / f"{key}.sqlite"


def ledger_key(spec: RunSpec) -> str:
    """The word for the rows of that spec's data as its model sees them."""
    return hashlib.sha256(spec.model_dump_json().encode("utf-8", "replace")).hexdigest()[:32]


def forget_ledgers(most: int = MOST_LEDGERS) -> None:
    """Remove the oldest lists of rows, so that no more than `most` are kept."""
    folder = home() / "cache" / "ledgers"
    found = sorted(folder.glob("*.sqlite"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in found[most:]:
        path.unlink(missing_ok=True)

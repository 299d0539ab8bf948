"""Run directories made by hand and cheaply, for lists of many: what a list reads, and nothing that was trained."""

import json
from pathlib import Path

from engine import rundir
from engine.rundir import Run
from engine.schema import DataSpec, RunSpec, Source

SPEC = RunSpec(data=DataSpec(train=Source(path="rows.jsonl")), use_case="company_faq").model_dump(mode="json")


def made(number: int = 0, *, state: str = "done", verdict: str = "better", items: int = 0, **spec) -> Run:
    """A run of that number, which also says when it was made; `items` makes its comparison as large as a real one."""
    name = f"20260101-{number // 3600:02d}{number // 60 % 60:02d}{number % 60:02d}-{number:06x}"
    run = Run(name, rundir.home() / "runs" / name)
    run.path.mkdir()
    _write(run.file("spec"), SPEC | spec)
    seconds = {"prepare": 2.0, "base": 10.5, "train": 60.0}
    status = {"state": state, "stage": "compare", "seconds": seconds, "pid": 1, "started": 0.0, "boot_id": "-"}
    _write(run.file("status"), status)
    if state == "done":
        asked = [{"example_id": f"{at:016x}", "base": "a" * 400, "tuned": "b" * 400} for at in range(items)]
        _write(run.file("comparison"), {"verdict": {"word": verdict}, "items": asked})
    return run


def weigh(run: Run, **kilobytes: int) -> Run:
    """Put files of that size into model, checkpoints or whole; the run then counts as trained."""
    for name, size in kilobytes.items():
        folder: Path = getattr(run, name) / ("step-9" if name == "checkpoints" else "")
        folder.mkdir(parents=True)
        (folder / "weights.safetensors").write_bytes(b"0" * 1000 * size)
    _write(run.file("training"), {})
    return run


def _write(path: Path, value) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")

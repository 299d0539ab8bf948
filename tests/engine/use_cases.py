"""A small use case in a folder of its own, and a run as it would have ended, for the tests that need one."""

import json
from pathlib import Path

from engine import atomic, specs
from engine.compare import compare
from engine.rundir import Run
from tests.engine.comparisons import answers, run_with
from tests.engine.runs import tiny_spec

MACHINE = {
    "versions": {"python": "3.11", "torch": "2", "transformers": "5", "peft": "0", "trl": "1"},
    "processor": "Abacus",
    "device": "cpu",
    "cores": 2,
    "memory_bytes": 8e9,
}


def write_use_case(name: str, tiny_model: Path, **changes) -> Path:
    """Write the use case's file and rows below specs.PRESETS (a test must have pointed it elsewhere); its folder."""
    folder = specs.PRESETS / name
    folder.mkdir(parents=True)
    run = tiny_spec(folder, tiny_model, **changes).model_dump(mode="json", exclude_unset=True)
    for source in (run["data"]["train"], *run["data"]["suites"].values()):
        source["path"] = Path(source["path"]).name
    both = {"en": f"Use case {name}", "ja": f"ユースケース {name}"}
    card = {part: both for part in ("title", "summary", "changes", "reason")}
    preset = {"name": name, **card, "minutes": 1, "demo": ["?"], "limits": ["?"], "run": run}
    (folder / "preset.yaml").write_text(json.dumps(preset))
    return folder


def finished(examples, before, after, *, base_seconds=999.0, **options) -> Run:
    """A run that has ended, its answers made up: `before` and `after` say them (see comparisons.answers)."""
    said = [answers(examples, told, arm=arm) for arm, told in (("base", before), ("tuned", after))]
    report = {"splits": {"train": 24, "validation": 2, "test": len(examples)}, "leakage": {}}
    report |= {"rows": 30, "accepted": 26, "fixed": 1, "dropped": 4, "reasons": {"empty_answer": 4}}
    training = {"trainable_parameters": 35, "total_parameters": 1000, "peak_bytes": 2_500_000_000}
    run = run_with(examples, *said, report=report, training=training, **options)
    atomic.write_json(run.file("env"), MACHINE)
    atomic.write_json(run.file("comparison"), compare(run))
    seconds = {"prepare": 1.0, "base": base_seconds, "train": 60.0, "tuned": 20.0, "compare": 0.5}
    atomic.write_json(run.file("status"), {"state": "done", "seconds": seconds})
    return run

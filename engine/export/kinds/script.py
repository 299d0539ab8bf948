"""A Python script that repeats the training with trl, peft and transformers, and nothing of ours; its rows beside."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from engine import registry
from engine.atomic import write_lines, write_text
from engine.export import facts, rows
from engine.export.code import code, why_not
from engine.export.kind import Kind
from engine.export.kinds.adapter import BOTTLENECK, SOURCE
from engine.rundir import Run, training_log
from engine.schema import Progress
from engine.text import text

LOGGED = ("kind", "step", "loss")  # the run's own course, to be held against that of the script


def write(run: Run, folder: Path, lang: str) -> Iterator[Progress]:
    """train.py and what it needs."""
    write_text(folder / "train.py", code(run))
    yield from beside(run, folder, lang, start="python train.py")


def beside(run: Run, folder: Path, lang: str, *, start: str) -> Iterator[Progress]:
    """What a script or a notebook needs beside it: the frozen rows, requirements.txt, README.md, and the module of
    bottleneck adapters where it imports one."""
    counts = rows.write(run, folder, settings=facts.settings(run))
    if own := [line for line in training_log(run) if line.get("kind", "train") in ("train", "validation")]:
        write_lines(folder / "run_losses.jsonl", ({key: line[key] for key in LOGGED} for line in own))
    pinned = [f"{name}=={version.partition('+')[0]}" for name, version in facts.versions(run).items()]
    write_text(folder / "requirements.txt", "\n".join(pinned) + "\n")
    spec = run.spec()
    if registry.way(spec) == "adapter":
        shutil.copyfile(SOURCE, folder / BOTTLENECK)
    base = facts.base(spec)
    note = text(f"export.base.{base.note}", lang, base=base.name) if base.note else ""
    counted = ", ".join(f"{name}.jsonl ({n:,})" for name, n in counts.items())
    values = {"title": facts.title(run), "run": run.id, "base": base.name, "rows": counted, "start": start}
    family = "rlhf" if spec.method == "rlhf" else "exact"
    parts = [text("export.readme.script", lang, **values), note, text(f"export.readme.differs_{family}", lang)]
    write_text(folder / "README.md", "\n\n".join(part for part in parts if part) + "\n")
    yield Progress("write", 1, 1)


KIND = Kind("script", write, needs="data", refuses=why_not)

"""The whole tuned model as safetensors, with its tokenizer and chat template: plain transformers loads it."""

from collections.abc import Iterator
from pathlib import Path

from engine import registry
from engine.atomic import read_json
from engine.export import facts, process
from engine.export.kind import Kind
from engine.rundir import Run
from engine.schema import Progress

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


def write(run: Run, folder: Path, lang: str) -> Iterator[Progress]:
    """What was learnt folded into the weights, in the number format the run was measured in: no rounding."""
    yield from process.ask("engine.export.merge", {"run_id": run.id, "folder": str(folder)}, stage="merge")


def refuses(run: Run) -> str:
    """A bottleneck adapter or a learnt prompt cannot become part of the weights."""
    return "" if registry.method_of(run.spec()).folds else "does_not_fold"


def size(run: Run) -> int | None:
    parameters = read_json(run.file("training"), default={}).get("total_parameters")
    return parameters * BYTES[facts.dtype(run)] if parameters else None


KIND = Kind("merged", write, needs="result", refuses=refuses, size=size, weights=True, slow=True)

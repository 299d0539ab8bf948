"""The items of a finished run as one JSON document: every arm's answer and scores, and what they were made from."""

import hashlib
import json
from typing import Any

from engine.arms import ARMS
from engine.rundir import Run
from engine.schema import EvalRow

HASHED = ("spec", "report", "training", "comparison", "base", "prompted", "nearest", "earlier", "tuned")
SPLITS = ("train", "validation", "test")


def answers(run: Run) -> dict[str, dict[tuple[str, str], EvalRow]]:
    """Every arm's answers by item (suite, id): the models before base in a chain of runs (by what a spec calls them),
    base, prompted, nearest, tuned. An arm that was not asked is left out."""
    arms: dict[str, dict[tuple[str, str], EvalRow]] = {}
    for row in run.answers("earlier"):
        arms.setdefault(row.arm, {})[row.item] = row
    for arm in ("base", *ARMS, "tuned"):
        arms[arm] = {row.item: row for row in run.answers(arm)}
    return {arm: rows for arm, rows in arms.items() if rows}


def items_json(run: Run) -> str:
    """The document: {"run", "title", "use_case", "method", "model", "revision", "seed", "system", "decoding",
    "primary", "sha256": {file: hash}, "arms", "items"}.

    `sha256` names the run's own files (spec, data, answers, comparison), so that the document can be held against
    them. Each item has its prompt, reference, outcome, and under `answers` what each arm said with its scores; an arm
    that was not asked the item is not there. Raises ValueError where the run has no comparison.
    """
    found, spec = run.comparison(), run.spec()
    if found is None:
        raise ValueError(f"run {run.id} has no comparison")
    said = answers(run)
    kept = ("example_id", "suite", "group", "answerable", "prompt", "question", "reference", "metric", "outcome")
    document = {
        "run": run.id,
        **{name: getattr(spec, name) for name in ("title", "use_case", "method", "model", "revision", "seed")},
        "system": spec.system,
        "decoding": spec.decoding.model_dump(),
        "primary": spec.primary.model_dump(),
        "sha256": hashes(run),
        "arms": list(said),
        "items": [
            {name: item[name] for name in kept if name in item}
            | {"answers": {arm: _answer(rows[key]) for arm, rows in said.items() if key in rows}}
            for item in found["items"]
            for key in [(item["suite"], item["example_id"])]
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)


def hashes(run: Run) -> dict[str, str]:
    """The SHA-256 of each file the result was made from, by its place in the run; files that are not there left out."""
    files = [run.file(name) for name in HASHED] + [run.examples_file(split) for split in SPLITS]
    return {
        str(path.relative_to(run.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.exists()
    }


def _answer(row: EvalRow) -> dict[str, Any]:
    output = row.output
    told = {"text": output.text, "tokens": output.tokens, "seconds": output.seconds, "truncated": output.truncated}
    return told | {"scores": dict(row.scores)}

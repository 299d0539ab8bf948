"""One generate-and-score path for every arm: the same prompts, the same decoding, the same metrics."""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine import evaluate_metric, evaluate_name, kept, registry
from engine.answering import Progress, answer, asked_of
from engine.atomic import read_lines, write_lines
from engine.kept import Kept
from engine.models import Loaded
from engine.rundir import home
from engine.schema import EvalRow, Example, Metric, MetricFailed, Output, RunSpec

Rewards = Callable[[Sequence[tuple[Example, str]]], list[float]]


def evaluate(
    loaded: Loaded,
    examples: Sequence[Example],
    *,
    arm: str,
    spec: RunSpec,
    progress: Progress,
    fingerprint: str = "",
    partial: Path | None = None,
) -> list[EvalRow]:
    """Every example answered and scored by one arm, in the examples' order.

    `progress(done, of, what)` is called often and may raise to stop. With `partial` each finished answer is kept in
    that file, where an interrupted evaluation of the same examples by the model of the same `fingerprint` goes on.
    """
    so_far = kept.begin(partial, key=_key(fingerprint, examples, spec)) if partial else Kept()
    outputs = answer(loaded, examples, spec=spec, progress=progress, so_far=so_far)
    return score(outputs, examples, arm=arm, metrics=spec.metrics)


def base_answers(
    load: Callable[[], Loaded],
    examples: Sequence[Example],
    *,
    fingerprint: str,
    spec: RunSpec,
    progress: Progress,
    partial: Path | None = None,
) -> list[Output]:
    """What base says, kept by the content of (model, examples, decoding) and never computed twice. `load` is called
    only where it must be computed. `partial` is as for `evaluate`, and goes when all is answered.

    Raises UserError, before any work, where a metric of the `evaluate` library cannot be used.
    """
    for name in filter(evaluate_name.is_named, spec.metrics):
        evaluate_metric.expect_usable(name)
    key = _key(fingerprint, examples, spec)
    path = home() / "cache" / "base" / f"{key}.jsonl"
    before = [Output.from_dict(line) for line in read_lines(path)]
    if len(before) == len(examples):
        return before
    so_far = kept.begin(partial, key=key) if partial else Kept()
    outputs = answer(load(), examples, spec=spec, progress=progress, so_far=so_far)
    write_lines(path, ({name: getattr(output, name) for name in Output.__slots__} for output in outputs))
    if partial:
        partial.unlink()
    return outputs


def score(outputs: Sequence[Output], examples: Sequence[Example], *, arm: str, metrics: Sequence[str]) -> list[EvalRow]:
    """The outputs with the named metrics' scores (all metrics where none is named).

    A metric that fails (one of the `evaluate` library on an item, one whose model cannot be loaded) is left out of all
    rows, and the log says why.
    """
    members = registry.metrics()
    chosen = [members[name] for name in (metrics or sorted(members))]
    columns = {metric.name: _scores(metric, outputs, examples, arm=arm) for metric in chosen}
    measured = {name: column for name, column in columns.items() if column is not None}
    return [
        EvalRow(arm, example.suite, example.id, output, {name: column[at] for name, column in measured.items()})
        for at, (output, example) in enumerate(zip(outputs, examples, strict=True))
    ]


def _scores(
    metric: Metric, outputs: Sequence[Output], examples: Sequence[Example], *, arm: str
) -> list[float | None] | None:
    try:
        return metric.scores(outputs, examples)
    except MetricFailed as error:
        print(f"{arm}: {metric.name}: {error}. The metric is left out.", file=sys.stderr, flush=True)
        return None


def rewarded(rows: Sequence[EvalRow], examples: Sequence[Example], rewards: Rewards) -> list[EvalRow]:
    """The rows with the reward of each answer and its score; an item with choices, or without a prompt, has none.

    `rewards` is what Method.judge gives.
    """
    asked = {example.id: example for example in examples if example.prompt and not example.choices}
    given = iter(rewards([(asked[row.example_id], row.output.text) for row in rows if row.example_id in asked]))
    found = [next(given) if row.example_id in asked else None for row in rows]
    return [
        replace(row, output=replace(row.output, reward=reward), scores={**row.scores, "reward": reward})
        for row, reward in zip(rows, found, strict=True)
    ]


def _key(fingerprint: str, examples: Sequence[Example], spec: RunSpec) -> str:
    """A hash of all that decides the answers and what is measured of them."""
    content: dict[str, Any] = {
        "model": fingerprint,
        "examples": [
            [[(message.role, message.content) for message in example.prompt], *asked]
            for example, asked in zip(examples, asked_of(examples, spec), strict=True)
        ],
        "system": spec.system,
        "decoding": spec.decoding.model_dump(),
        "versions": [version("torch"), version("transformers")],
        "kept": sorted(Output.__slots__),  # answers kept before something more was measured lack it
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]

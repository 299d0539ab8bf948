"""One generate-and-score path for every arm: the same prompts, the same decoding, the same metrics."""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from engine import evaluate_metric, evaluate_name, registry
from engine.decoding import Answer, generate
from engine.models import Loaded, prompt_tokens
from engine.rundir import home, read_lines, write_lines
from engine.schema import EvalRow, Example, Metric, MetricFailed, Output, RunSpec
from engine.training.batches import Row, filled, tokenize
from engine.training.loss import row_losses

LOSS_TOKENS = 4096  # tokens whose likelihood is computed in one batch

Progress = Callable[[int, int, str], None]
Rewards = Callable[[Sequence[tuple[Example, str]]], list[float]]


def evaluate(
    loaded: Loaded, examples: Sequence[Example], *, arm: str, spec: RunSpec, progress: Progress
) -> list[EvalRow]:
    """Every example answered and scored by one arm, in the examples' order.

    `progress(done, of, what)` is called often and may raise to stop.
    """
    outputs = answer(loaded, examples, spec=spec, progress=progress)
    return score(outputs, examples, arm=arm, metrics=spec.metrics)


def base_answers(
    load: Callable[[], Loaded], examples: Sequence[Example], *, fingerprint: str, spec: RunSpec, progress: Progress
) -> list[Output]:
    """What base says, kept by the content of (model, examples, decoding) and never computed twice. `load` is called
    only where it must be computed.

    Raises UserError, before any work, where a metric of the `evaluate` library cannot be used.
    """
    for name in filter(evaluate_name.is_named, spec.metrics):
        evaluate_metric.expect_usable(name)
    path = home() / "cache" / "base" / f"{_base_key(fingerprint, examples, spec)}.jsonl"
    kept = [Output.from_dict(line) for line in read_lines(path)]
    if len(kept) == len(examples):
        return kept
    outputs = answer(load(), examples, spec=spec, progress=progress)
    write_lines(path, ({name: getattr(output, name) for name in Output.__slots__} for output in outputs))
    return outputs


def answer(loaded: Loaded, examples: Sequence[Example], *, spec: RunSpec, progress: Progress) -> list[Output]:
    """The greedy answer to every example's prompt, with the likelihood of the reference and of each alternative.

    A plain text is not asked: its answer is empty.
    """
    asked = [at for at, example in enumerate(examples) if example.prompt]
    prompts = [prompt_tokens(loaded.tokenizer, examples[at].prompt, spec.system) for at in asked]
    of = len(examples)
    answers = [Answer() for _ in examples]
    given = generate(
        loaded,
        prompts,
        max_new_tokens=spec.decoding.max_new_tokens,
        batch_size=spec.decoding.batch_size,
        progress=lambda done: progress(done, of, "answers"),
    )
    for at, answered in zip(asked, given, strict=True):
        answers[at] = answered
    losses = _losses(loaded, examples, spec=spec, progress=lambda done: progress(done, of, "likelihood"))
    return [
        Output(
            text=given.text(loaded.tokenizer),
            tokens=len(given.tokens),
            seconds=round(given.seconds, 4),
            truncated=given.truncated,
            answer_loss=loss[0][0] if loss else None,
            answer_tokens=loss[0][1] if loss else None,
            choice_losses=tuple(mean for mean, _ in loss) if len(loss) > 1 else (),
            choice_tokens=tuple(count for _, count in loss) if len(loss) > 1 else (),
        )
        for given, loss in zip(answers, losses, strict=True)
    ]


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


def _losses(
    loaded: Loaded, examples: Sequence[Example], *, spec: RunSpec, progress: Callable[[int], None]
) -> list[list[tuple[float, int]]]:
    """Per example (loss per token, tokens) of its reference, then of each alternative; none where there is no
    reference. A question is computed once for all its answers."""
    rows: list[Row] = []
    owner: list[int] = []
    for number, example in enumerate(examples):
        for text in (example.completion, *example.alternatives) if example.completion else ():
            rows.append(tokenize(loaded.tokenizer, _with_answer(example, text), system=spec.system))
            owner.append(number)
    losses: list[list[tuple[float, int]]] = [[] for _ in examples]
    for places in filled([len(row.tokens) for row in rows], tokens=LOSS_TOKENS):  # choices stay beside each other
        batch = [rows[at] for at in places]
        for at, row, loss in zip(places, batch, row_losses(loaded.core, batch), strict=True):
            losses[owner[at]].append((loss, len(row.labels)))
        progress(owner[places[-1]] + 1)
    return losses


def _with_answer(example: Example, text: str) -> Example:
    return Example(id=example.id, prompt=example.prompt, completion=text)


def _base_key(fingerprint: str, examples: Sequence[Example], spec: RunSpec) -> str:
    content: dict[str, Any] = {
        "model": fingerprint,
        "examples": [[example.id, example.alternatives] for example in examples],
        "system": spec.system,
        "decoding": spec.decoding.model_dump(),
        "versions": [version("torch"), version("transformers")],
        "kept": sorted(Output.__slots__),  # answers kept before something more was measured lack it
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]

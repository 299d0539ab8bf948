"""What a run will look like and cost: `python -m engine.forecast preview|forecast`, a spec on stdin, JSON on stdout."""

import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from engine import registry, rundir
from engine.atomic import write_text
from engine.data import ledger
from engine.data.inspect import kinds
from engine.rundir import FILES, Run, home
from engine.schema import Example, RunSpec, UserError

SAMPLES = 6
HELD_OUT = 8
TIMED_STEPS = 3
TIMED_TOKENS = 8


def preview(spec: RunSpec) -> dict[str, Any]:
    """How many rows there are, some as the model sees them, held-out questions of each suite, what was dropped."""
    from engine import plain_template
    from engine.models import load_tokenizer

    tokenizer = load_tokenizer(spec.model, revision=spec.revision)
    key = rundir.ledger_key(spec)
    with _prepared(spec, tokenizer, ledger=rundir.ledger_file(key)) as (run, report):
        rundir.forget_ledgers()
        counted = report["tokens"].get("train", {"prompt": 0, "answer": 0})
        return {
            "rows": report["rows"],
            "fixed": report["fixed"],
            "ledger": key,
            "notices": report["notices"],
            "reasons": report["reasons"],
            "about_file": [issue for issue in report["issues"] if issue["source_row"] is None],
            "too_long": report["too_long"],
            "max_length": spec.data.max_length,
            "lengths": ledger.lengths(rundir.ledger_file(key)),
            "sizes": report["sizes"],
            "hashes": {name: suite["sha256"] for name, suite in report["suites"].items()},
            "unleaked": report["unleaked"],
            "group": spec.data.train.columns.get("group", ""),
            "edits": len(spec.data.changes),
            "speed": _speed(spec.model),
            "train": report["splits"]["train"],
            "validation": report["splits"]["validation"],
            "suites": {name: suite["n"] for name, suite in report["suites"].items()},
            "samples": [
                _segments(tokenizer, example, spec.system) for example in islice(run.each_example("train"), SAMPLES)
            ],
            "held_out": _held_out(run.each_example("test")),
            "accepted": report["accepted"],
            "dropped": report["dropped"],
            "leakage": report["leakage"],
            "entities": report["entities"],
            "not_made": report["not_made"],
            "tokens_per_epoch": counted["prompt"] + counted["answer"],
            "kinds": kinds(run.each_example("train")),
            "plain_template": plain_template.given(tokenizer),
        }


def _speed(model: str) -> dict[str, Any]:
    """How fast the newest finished run of that model trained here: {"run", "tokens_per_second"}; {} where none did."""
    for run in rundir.all_runs()[:50]:
        try:
            same = run.spec().model == model
        except ValueError:  # from another version
            continue
        lines = rundir.training_log(run) if same and rundir.state(run) == "done" else []
        last = next((line for line in reversed(lines) if line.get("seconds") and line.get("tokens")), None)
        if last:
            return {"run": run.id, "tokens_per_second": last["tokens"] / last["seconds"]}
    return {}


def forecast(spec: RunSpec) -> dict[str, Any]:
    """Parameters counted on the loaded model, and time and memory from a few timed steps of training and answering.

    Seconds are for the whole run: `train_seconds`, `evaluate_seconds` (both arms) and their sum with loading.
    """
    from engine import models
    from engine.training.loop import plan_steps
    from engine.training.memory import peak_bytes
    from engine.training.train import attach, task_of

    method = registry.method_of(spec)
    settings = method.Settings.model_validate(spec.settings)
    begun = time.perf_counter()
    loaded = models.load_to_train(spec, method)
    load_seconds = time.perf_counter() - begun
    with _prepared(spec, loaded.tokenizer) as (run, report):
        splits = {name: run.examples(name) for name in ("train", "validation", "mix")}
        tests = run.examples("test")
    evaluate_seconds = _evaluate_seconds(loaded, tests, spec)
    counted = attach(method, loaded, settings, seed=spec.seed)
    task = task_of(method, loaded, settings, splits=splits, spec=spec, run=None)
    plan = plan_steps(task, settings, seed=spec.seed)
    steps = len(plan)
    step_seconds, tokens = _step_seconds(loaded, task, plan, settings, seed=spec.seed)
    train_seconds = task.before_seconds + step_seconds * steps
    return {
        **counted,
        "steps": steps,
        "train_seconds": train_seconds,
        "evaluate_seconds": 2 * evaluate_seconds,
        "total_seconds": train_seconds + 2 * evaluate_seconds + 3 * load_seconds,
        "tokens_per_second": tokens / step_seconds,
        "peak_bytes": peak_bytes(loaded.device),
        "dtype": str(loaded.dtype).removeprefix("torch."),
        "device": loaded.device,
    }


def _step_seconds(loaded: Any, task: Any, plan: list[list[int]], settings: Any, *, seed: int) -> tuple[float, float]:
    """The median seconds of a training step and the tokens of such a step, after one step that is not counted."""
    from engine.training.loop import start, train_step

    fit = start(loaded.model, settings, seed=seed)
    loaded.model.train()
    seconds = []
    for batch in (plan * (TIMED_STEPS + 1))[: TIMED_STEPS + 1]:
        begun = time.perf_counter()
        train_step(fit, task, batch, settings, rate=settings.learning_rate)
        seconds.append(time.perf_counter() - begun)
    tokens = sum(task.lengths[at] for batch in plan for at in batch) / len(plan)
    return statistics.median(seconds[1:]), tokens


def _evaluate_seconds(loaded: Any, tests: list[Example], spec: RunSpec) -> float:
    """The seconds one arm needs for its answers: a few decoding steps of a full batch, scaled to all that is asked.

    Plain texts are not asked; where there is nothing else they are timed as if they were prompts.
    """
    from engine.decoding import stream
    from engine.models import answer_tokens, prompt_tokens

    asked = [example for example in tests if example.prompt] or tests
    size = min(spec.decoding.batch_size, len(asked))
    prompts = [
        prompt_tokens(loaded.tokenizer, example.prompt, spec.system)
        if example.prompt
        else answer_tokens(loaded.tokenizer, example.completion)
        for example in asked[:size]
    ]
    marks = [time.perf_counter()]
    for _ in stream(loaded, prompts, max_new_tokens=min(TIMED_TOKENS, spec.decoding.max_new_tokens)):
        marks.append(time.perf_counter())
    prefill = marks[1] - marks[0]
    step = statistics.median(
        [later - earlier for earlier, later in zip(marks[1:], marks[2:], strict=False)] or [prefill]
    )
    # The likelihood of the reference costs about one more prefill.
    return math.ceil(len(asked) / size) * (2 * prefill + step * spec.decoding.max_new_tokens)


def _segments(tokenizer: Any, example: Example, system: str) -> dict[str, Any]:
    """One row as the model sees it: template, prompt and answer told apart, special tokens visible.

    A pair has the segments of its answer `rejected` too, a labelled answer its `label`. Prompts without an answer, and
    texts without a prompt, have segments of what they have.
    """
    from engine.models import answer_tokens, prompt_tokens

    if not example.prompt:
        return _text_segments(tokenizer, example)
    prompt, answer = prompt_tokens(tokenizer, example.prompt, system), answer_tokens(tokenizer, example.completion)
    answered = example.kind != "prompts"
    segments, rest = [], tokenizer.decode(prompt)
    for message in example.prompt:
        before, found, rest_after = rest.partition(message.content.strip())
        if found:
            segments += [{"text": before, "kind": "template"}, {"text": found, "kind": "prompt"}]
            rest = rest_after
    segments.append({"text": rest, "kind": "template"})
    shown: dict[str, Any] = {"kind": example.kind, "prompt_tokens": len(prompt)}
    if answered:
        segments.append({"text": tokenizer.decode(answer), "kind": "answer"})
        shown["answer_tokens"] = len(answer)
    if example.rejected is not None:
        rejected = answer_tokens(tokenizer, example.rejected)
        shown |= {"rejected": tokenizer.decode(rejected), "rejected_tokens": len(rejected)}
    if example.label is not None:
        shown["label"] = example.label
    return {"segments": segments, **shown}


def _text_segments(tokenizer: Any, example: Example) -> dict[str, Any]:
    """A plain text between the tokens that mark its ends: all of it is learnt but the token it begins with."""
    from engine.training.batches import tokenize

    row = tokenize(tokenizer, example)
    begin, learnt = row.tokens[: row.start], row.tokens[row.start :]
    segments = [
        {"text": tokenizer.decode(begin), "kind": "template"},
        {"text": tokenizer.decode(learnt), "kind": "answer"},
    ]
    return {"segments": segments, "kind": example.kind, "prompt_tokens": len(begin), "answer_tokens": len(learnt)}


def _held_out(tests: Iterable[Example]) -> list[dict[str, Any]]:
    """The first questions of each suite."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for example in tests:
        items = shown.setdefault(example.suite, [])
        if len(items) < HELD_OUT:
            item = {"suite": example.suite, "question": example.question, "reference": example.completion}
            items.append(item | ({"rejected": example.rejected} if example.rejected is not None else {}))
    return [item for items in shown.values() for item in items]


class _prepared:  # noqa: N801 - used as a context manager
    """The spec's data prepared as the run will do it, in a folder that is gone afterwards: (Run, report)."""

    def __init__(self, spec: RunSpec, tokenizer: Any, *, ledger: Path | None = None):
        self.spec, self.tokenizer, self.ledger = spec, tokenizer, ledger

    def __enter__(self) -> tuple[Run, dict[str, Any]]:
        from engine.data.prepare import prepare
        from engine.training.batches import tokenize

        self.folder = tempfile.TemporaryDirectory(dir=home() / "cache", prefix="preview-")
        run = Run("preview", Path(self.folder.name))
        write_text(run.path / FILES["spec"], self.spec.model_dump_json())

        def count_tokens(example: Example) -> tuple[int, int]:
            row = tokenize(self.tokenizer, example, system=self.spec.system)
            return row.start, len(row.tokens) - row.start

        return run, prepare(self.spec, run, count_tokens=count_tokens, ledger=self.ledger)

    def __exit__(self, *error: object) -> None:
        self.folder.cleanup()


if __name__ == "__main__":
    try:
        asked = {"preview": preview, "forecast": forecast}[sys.argv[1]]
        print(json.dumps(asked(RunSpec.model_validate_json(sys.stdin.read())), ensure_ascii=False))
    except UserError as error:
        print(str(error).replace("\n", " "), file=sys.stderr)
        sys.exit(2)

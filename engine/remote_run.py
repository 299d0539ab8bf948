"""A run's frozen test asked of two servers, base and tuned, and compared as a run's own answers are. No training."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from engine import atomic, evaluate_metric, evaluate_name, registry, remote
from engine.compare import compare
from engine.remote_call import Server
from engine.rundir import Run
from engine.schema import Example, Message, Metric, Output, RunSpec, UserError

ARMS = ("base", "tuned")
Progress = Callable[[str, int, int], None]


def compare_servers(run: Run, base: Server, tuned: Server, *, progress: Progress) -> dict[str, Any]:
    """The comparison (as compare.compare gives it) of both servers' answers to the run's test; written to its folder.

    Same test, prompts, limit of tokens and statistics; a server gives no likelihoods, so metrics that need them are not
    measured, and the seed is None: how the models were trained is not known here. `progress(arm, done, of)` may raise
    to stop; asked again for the same servers, answers that came before an interruption are kept. Raises UserError as
    `remote.answer`, and for a run whose test is not made yet or has nothing to ask.
    """
    from engine.evaluation import score

    spec, examples = run.spec(), run.examples("test")
    if not run.file("report").exists():
        raise UserError(f"Run {run.id} has no frozen test yet. Let it prepare its data, then ask the servers.")
    if not any(example.prompt for example in examples):
        raise UserError(f"The test of run {run.id} has no question to ask: its items are plain texts.")
    chosen = spec.metrics or tuple(sorted(registry.metrics()))
    unmeasured = [name for name in chosen if needs_likelihood(registry.metrics()[name], examples)]
    metrics = tuple(name for name in chosen if name not in unmeasured)
    if not metrics:
        raise UserError(f"Every metric of run {run.id} needs likelihoods, and servers give none.")
    for name in filter(evaluate_name.is_named, metrics):
        evaluate_metric.expect_usable(name)
    inner = _prepared(run, base, tuned, spec=spec, examples=examples, metrics=metrics)
    for arm, server in zip(ARMS, (base, tuned), strict=True):
        outputs = _outputs(inner, server, examples, arm=arm, spec=spec, progress=progress)
        atomic.write_lines(inner.file(arm), score(outputs, examples, arm=arm, metrics=metrics))
    found = compare(inner, train=run.examples("train")) | {"seed": None, "method": "", "servers": _shown(base, tuned)}
    found["not_measured"] = [
        *({"what": name, "why": "no_likelihood"} for name in unmeasured),
        *(missing for missing in found["not_measured"] if missing["what"] not in ("efficiency", *unmeasured)),
    ]
    atomic.write_json(inner.file("comparison"), found)
    for arm in ARMS:
        inner.file(f"{arm}_part").unlink(missing_ok=True)
    return found


def needs_likelihood(metric: Metric, examples: Sequence[Example]) -> bool:
    """Whether the metric scores some example of these only where likelihoods (or a reward) are at hand."""
    if evaluate_name.is_named(metric.name) or metric.across:  # they look at texts
        return False
    said = [Output(text="x", tokens=1, seconds=1.0) for _ in examples]
    if any(metric.score(output, example) is not None for output, example in zip(said, examples, strict=True)):
        return False
    return any(metric.score(_with_likelihoods(example), example) is not None for example in examples)


def _with_likelihoods(example: Example) -> Output:
    choices = len(example.alternatives) + 1 if example.alternatives else 0
    return Output(
        text="x",
        tokens=1,
        seconds=1.0,
        answer_loss=1.0,
        choice_losses=(1.0,) * choices,
        choice_tokens=(1,) * choices,
        reward=1.0,
    )


def _outputs(
    inner: Run, server: Server, examples: Sequence[Example], *, arm: str, spec: RunSpec, progress: Progress
) -> list[Output]:
    """What the server says to each example; a plain text is not asked, and its answer is empty."""
    asked = [at for at, example in enumerate(examples) if example.prompt]
    given = remote.answer(
        server,
        [_messages(examples[at], spec.system) for at in asked],
        max_new_tokens=spec.decoding.max_new_tokens,
        progress=lambda done, of: progress(arm, done, of),
        kept=inner.file(f"{arm}_part"),
    )
    outputs = [Output(text="")] * len(examples)
    for at, output in zip(asked, given, strict=True):
        outputs[at] = output
    return outputs


def _messages(example: Example, system: str) -> list[Message]:
    """The prompt as models.prompt_tokens lays it out: the run's system prompt where the item has none of its own."""
    if system and example.prompt[0].role != "system":
        return [Message("system", system), *example.prompt]
    return list(example.prompt)


def place(run: Run, base: Server, tuned: Server) -> Run:
    """Where the comparison of these two servers lies: a folder laid out as a run, inside the run."""
    names = [[server.url, server.model] for server in (base, tuned)]
    return run.inner(hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16])


def _prepared(
    run: Run, base: Server, tuned: Server, *, spec: RunSpec, examples: Sequence[Example], metrics: Sequence[str]
) -> Run:
    """That folder with the run's test, and its spec with the servers in the model's place."""
    inner = place(run, base, tuned)
    model = " → ".join(f"{server.model} ({server.host})" for server in (base, tuned))
    changed = {"model": f"servers: {model}"[:400], "revision": None, "metrics": tuple(metrics)}
    atomic.write_text(inner.file("spec"), spec.model_copy(update=changed).model_dump_json(indent=2))
    atomic.write_lines(inner.examples_file("test"), examples)
    atomic.write_json(inner.file("report"), atomic.read_json(run.file("report")))
    return inner


def _shown(base: Server, tuned: Server) -> dict[str, dict[str, str]]:
    return {arm: {"url": server.url, "model": server.model} for arm, server in zip(ARMS, (base, tuned), strict=True)}

"""The process that does a run: `python -m engine.worker RUN`. The stages in order, each skipped where it is done.

It alone writes status.json. Only one worker per machine (per KURABE_HOME) works at a time; the others wait their turn.
"""

import errno
import fcntl
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from engine import arms, atomic, chain, registry, rundir
from engine.rundir import Run
from engine.schema import EvalRow, Example, Method, RunSpec, Stopped, UserError
from engine.training.memory import give_back

STATUS_SECONDS = 0.5  # how often progress is written at most
EXIT = {"done": 0, "wrong": 2, "failed": 3, "stopped": 130}


class Status:
    """What status.json says, and when it was last written. Times are seconds; a stage's time adds up over attempts."""

    def __init__(self, run: Run):
        import psutil

        before = run.status()
        self.run, self.written, self.begun, self.first = run, 0.0, time.monotonic(), 0
        process = psutil.Process()
        self.values: dict[str, Any] = {
            "state": "queued",
            "stage": "",
            "attempt": before.get("attempt", 0) + 1,
            "pid": process.pid,
            "started": process.create_time(),
            "boot_id": rundir.boot_id(),
            "seconds": before.get("seconds", {}),
        }

    def write(self, *, now: bool = True, **values: Any) -> None:
        """Take up the values; write them at once, or with now=False at most twice a second."""
        self.values |= values
        if now or time.monotonic() - self.written > STATUS_SECONDS:
            atomic.write_json(self.run.file("status"), self.values | {"updated": time.time()})
            self.written = time.monotonic()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; its seconds are kept whether it ends, stops or fails."""
        begun = time.monotonic()
        before = self.values["seconds"].get(name, 0.0)
        self.write(state="running", stage=name, step=0, of=0, note="", eta_seconds=None, stage_started=time.time())
        try:
            yield
        finally:
            self.values["seconds"] = self.values["seconds"] | {name: round(before + time.monotonic() - begun, 2)}

    def progress(self, step: int, of: int, note: str = "", **values: Any) -> None:
        """Tell how far the stage is; raises Stopped when a stop was requested."""
        if note != self.values["note"]:  # other work than before: its time is counted from here
            self.begun, self.first = time.monotonic(), step
        done = step - self.first
        left = (time.monotonic() - self.begun) / done * (of - step) if done > 0 else None
        self.write(now=False, step=step, of=of, note=note, eta_seconds=left, **values)
        if note != "train" and self.run.stop_requested():
            raise Stopped


def main(run_id: str) -> int:
    """Work the run to its end. Returns the exit code of the contract: 0 done, 2 wrong input, 3 failed, 130 stopped."""
    run = rundir.open_run(run_id)
    with _writer(run):
        status = Status(run)
        status.write()
        try:
            with _turn(run, status):
                work(run, status)
        except Stopped:
            return _end(status, "stopped")
        except UserError as error:
            return _end(status, "failed", error, code=EXIT["wrong"])
        except Exception as error:  # noqa: BLE001 - whatever it was, the person must see it
            traceback.print_exc()
            return _end(status, "failed", error)
        return _end(status, "done")


def work(run: Run, status: Status) -> None:
    """The stages in order."""
    spec = run.spec()
    method = registry.method_of(spec)
    stages: dict[str, tuple[str, Callable[[], None]]] = {
        "prepare": ("report", lambda: _prepare(run, spec, status)),
        "base": ("base", lambda: _base(run, spec, method, status)),
        "train": ("training", lambda: _train(run, spec, method, status)),
        "tuned": ("tuned", lambda: _tuned(run, spec, method, status)),
        "compare": ("comparison", lambda: _compare(run, status)),
    }
    for name, (output, do) in stages.items():
        if run.stop_requested():
            raise Stopped
        if not run.file(output).exists():
            with status.stage(name):
                do()
            give_back()
    if not run.file("html").exists():  # tells of the comparison, so it can only follow it
        with status.stage("compare"):
            _report(run)


def _prepare(run: Run, spec: RunSpec, status: Status) -> None:
    from engine import plain_template
    from engine.data.prepare import prepare
    from engine.environment import describe
    from engine.models import load_tokenizer
    from engine.training.batches import tokenize

    tokenizer = load_tokenizer(spec.model, revision=spec.revision)
    atomic.write_json(run.file("env"), describe() | {"plain_template": plain_template.given(tokenizer)})

    def count_tokens(example: Any) -> tuple[int, int]:
        row = tokenize(tokenizer, example, system=spec.system)
        return row.start, len(row.tokens) - row.start

    def tell(what: str, done: int, of: int) -> None:
        status.progress(done, of, what)

    prepare(spec, run, count_tokens=count_tokens, tell=tell)


def _base(run: Run, spec: RunSpec, method: Method, status: Status) -> None:
    """What the model says that is trained, also when it is given instructions and examples; what a search in the
    training rows gives; and, in a chain of runs, what each model before it says. Base comes last: it means done."""
    from engine import evaluation

    train, tests = run.examples("train"), run.examples("test")
    earlier: list[EvalRow] = []
    for model, revision in chain.earlier(spec):
        for _, rows in _untrained(run, spec, method, status, model, revision, {model: (tests, tests)}):
            earlier += rows
    if earlier:
        atomic.write_lines(run.file("earlier"), earlier)
    questions = {"base": (tests, tests)}
    others = arms.asked(train, tests)
    if others and arms.NEAREST in spec.arms:
        rows = evaluation.score(arms.nearest(others, train), others, arm=arms.NEAREST, metrics=spec.metrics)
        atomic.write_lines(run.file("nearest"), rows)
    if others and arms.PROMPTED in spec.arms:
        questions = {arms.PROMPTED: (arms.prompted(others, train, spec=spec), others), **questions}
    for arm, rows in _untrained(run, spec, method, status, spec.model, spec.revision, questions):
        atomic.write_lines(run.file(arm), rows)


def _untrained(
    run: Run,
    spec: RunSpec,
    method: Method,
    status: Status,
    model: str,
    revision: str | None,
    questions: Mapping[str, tuple[Sequence[Example], Sequence[Example]]],
) -> Iterator[tuple[str, list[EvalRow]]]:
    """For each arm the answers of a model that this run does not train, scored. `questions` holds, by arm, what is
    asked and the items it is scored as. The model is loaded once, and only where an answer is not kept."""
    from engine import evaluation, models
    from engine.device import best_device, choose_dtype

    quantization = method.quantization
    load = cache(lambda: models.load(model, revision=revision, quantization=quantization))
    key = models.fingerprint(model, revision, quantization, choose_dtype(best_device()))
    for arm, (asked, items) in questions.items():
        outputs = evaluation.base_answers(
            load,
            asked,
            fingerprint=key,
            spec=spec,
            progress=status.progress,
            partial=run.partial(arm if arm in rundir.FILES else "earlier"),
        )
        yield arm, evaluation.score(outputs, items, arm=arm, metrics=spec.metrics)


def _train(run: Run, spec: RunSpec, method: Method, status: Status) -> None:
    from engine import models
    from engine.training.memory import peak_bytes
    from engine.training.train import train

    loaded = models.load_to_train(spec, method)
    previous: dict[str, float] = {}

    def report(line: dict[str, Any]) -> None:
        step_seconds = line["seconds"] - previous.get("seconds", 0.0)
        rate = (line["tokens"] - previous.get("tokens", 0)) / step_seconds if previous and step_seconds else None
        previous.update(seconds=line["seconds"], tokens=line["tokens"])
        peak = peak_bytes(loaded.device)
        status.progress(line["step"], line["of"], "train", loss=line["loss"], tokens_per_second=rate, peak_bytes=peak)

    def tell(what: str, done: int, of: int) -> None:
        status.progress(done, of, what, peak_bytes=peak_bytes(loaded.device))

    train(method, loaded, spec=spec, run=run, attempt=status.values["attempt"], report=report, tell=tell)


def _tuned(run: Run, spec: RunSpec, method: Method, status: Status) -> None:
    from engine import evaluation, models

    loaded = models.load_tuned(spec, run.model, quantization=method.quantization, adapter=method.adapter)
    examples = run.examples("test")
    rows = evaluation.evaluate(
        loaded,
        examples,
        arm="tuned",
        spec=spec,
        progress=status.progress,
        fingerprint="|".join([loaded.fingerprint, *models.weight_files(run.model)]),
        partial=run.partial("tuned"),
    )
    del loaded  # the reward model takes its place
    rewards = method.judge(run, spec=spec, quantization=method.quantization) if method.judge else None
    if rewards:
        for arm in ("earlier", "prompted", "nearest", "base"):
            if run.file(arm).exists():
                atomic.write_lines(run.file(arm), evaluation.rewarded(run.answers(arm), examples, rewards))
        rows = evaluation.rewarded(rows, examples, rewards)
    atomic.write_lines(run.file("tuned"), rows)
    run.partial("tuned").unlink()


def _compare(run: Run, status: Status) -> None:
    from engine.compare import compare

    atomic.write_json(run.file("comparison"), compare(run))


def _report(run: Run) -> None:
    """The report that comes with every run, in the language of its test; others are written on demand."""
    from engine import report

    report.write(run, run.file("html"), lang=report.language_of(run))


def _end(status: Status, word: str, error: BaseException | None = None, code: int | None = None) -> int:
    """Write the last status and return the exit code."""
    code = EXIT[word] if code is None else code
    shown = {"stage": status.values["stage"], "message": explain(error), "code": code} if error else None
    status.run.file("stop").unlink(missing_ok=True)
    status.write(state=word, error=shown, eta_seconds=None)
    if shown:
        print(f"{shown['stage']}: {shown['message']}", file=sys.stderr, flush=True)
    return code


def explain(error: BaseException) -> str:
    """The error in words a person can act on."""
    text = str(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"The disk that holds {rundir.home()} is full. Free some space, then press Resume; nothing done is lost."
    if isinstance(error, MemoryError) or "out of memory" in text.lower() or "can't allocate memory" in text.lower():
        return "The memory is used up. Lower the batch size or choose LoRA or a smaller model, then start again."
    return text or type(error).__name__


@contextmanager
def _writer(run: Run) -> Iterator[None]:
    """Be the run's only writer. Raises UserError where another worker already is."""
    with open(run.path / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"Run {run.id} is already being worked on.") from error
        yield


@contextmanager
def _turn(run: Run, status: Status) -> Iterator[None]:
    """Wait until no other run works on this machine; the oldest waiting run goes first. Raises Stopped when told to."""
    with open(rundir.home() / "worker.lock", "w") as lock:
        while True:
            ahead = rundir.waiting_before(run)
            if ahead == 0:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    pass
            status.write(state="queued", queue=ahead + 1)
            if run.stop_requested():
                raise Stopped
            time.sleep(0.5)
        yield


if __name__ == "__main__":
    os.nice(5)  # the page must answer within a second while both cores train
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    sys.exit(main(sys.argv[1]))

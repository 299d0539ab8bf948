"""The training loop: steps, held-out loss, the best weights, stop, and a resume that ends in the same bytes."""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import torch

from engine import threads
from engine.atomic import append_line
from engine.models import Loaded
from engine.rundir import Run
from engine.schema import Stopped, UserError
from engine.training import checkpoint
from engine.training.batches import epoch_batches
from engine.training.optimizer import choose_optimizer, make_optimizer, moments, restore_moments
from engine.training.settings import TrainingSettings
from engine.training.task import Part, Task

CHECKPOINT_SECONDS = 60.0
LEAST_ROWS = 2  # of a step for a thread of their own
DIVIDED_BYTES = 256 * 1024**2  # of trained weights: every thread has gradients of its own for them
SAVE_SHARE = 0.05  # saving may take at most this share of the time, so big models are saved less often

Report = Callable[[dict[str, Any]], None]


@dataclass
class Fit:
    """A training run in memory: everything that a checkpoint must hold is here."""

    weights: dict[str, torch.nn.Parameter]
    optimizer: torch.optim.Optimizer
    optimizer_name: str = "adamw"
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best_loss: float = float("inf")
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    misses: int = 0  # how many held-out measurements in a row were no better than the best
    measured: int = -1  # the step of the last one

    def tensors(self) -> dict[str, dict[str, torch.Tensor]]:
        rng = {"cpu": torch.get_rng_state()}
        if torch.cuda.is_available():  # dropout and NEFTune draw there
            rng |= {f"cuda:{at}": state for at, state in enumerate(torch.cuda.get_rng_state_all())}
        return {"weights": self.weights, "optimizer": moments(self.optimizer), "best": self.best, "rng": rng}

    def numbers(self) -> dict[str, Any]:
        best_loss = self.best_loss if math.isfinite(self.best_loss) else None
        return {
            "optimizer": self.optimizer_name,
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "best_step": self.best_step,
            "best_loss": best_loss,
            "misses": self.misses,
            "measured": self.measured,
        }

    def restore(self, tensors: dict[str, dict[str, torch.Tensor]], numbers: dict[str, Any]) -> None:
        """Take up where the checkpoint left off. Raises UserError where it was made by another optimiser."""
        if numbers.get("optimizer", self.optimizer_name) != self.optimizer_name:
            raise UserError(
                f"The checkpoint was made by the optimiser {numbers['optimizer']}, but on this machine the run would "
                f"go on by {self.optimizer_name}. Resume it on the kind of machine it began on, or start a new run."
            )
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(tensors["weights"][name])
        restore_moments(self.optimizer, tensors["optimizer"])
        torch.set_rng_state(tensors["rng"]["cpu"])
        if torch.cuda.is_available():
            for name, state in tensors["rng"].items():
                if name != "cpu":
                    torch.cuda.set_rng_state(state, name)
        self.step, self.tokens, self.seconds = numbers["step"], numbers["tokens"], numbers["seconds"]
        self.best, self.best_step = tensors.get("best", {}), numbers["best_step"]
        self.best_loss = float("inf") if numbers["best_loss"] is None else numbers["best_loss"]
        self.misses, self.measured = numbers["misses"], numbers["measured"]


def start(
    model: Any, settings: TrainingSettings, *, seed: int, rate_ratio: Callable[[str, Any], float] | None = None
) -> Fit:
    """A fresh Fit over the model's trainable weights, the random state set from the seed.

    `rate_ratio(name, settings)` gives a weight's share of the learning rate, 1.0 where there is none.
    """
    torch.manual_seed(seed)
    random.seed(seed)
    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    ratios: dict[float, list[torch.nn.Parameter]] = {}
    for name, weight in weights.items():
        ratios.setdefault(rate_ratio(name, settings) if rate_ratio else 1.0, []).append(weight)
    groups = [{"params": group, "ratio": ratio} for ratio, group in ratios.items()]
    trainable = sum(weight.numel() for weight in weights.values())
    device = next(iter(weights.values())).device.type
    name = choose_optimizer(settings.optimizer, device=device, trainable=trainable)
    embedding = model.get_input_embeddings().weight
    optimizer = make_optimizer(
        name, groups, rate=settings.learning_rate, decay=settings.weight_decay, embedding=embedding
    )
    return Fit(weights, optimizer, name)


def train_step(
    fit: Fit, task: Task, batch: Sequence[int], settings: TrainingSettings, *, rate: float
) -> dict[str, float]:
    """One optimiser step on the rows `batch` at learning rate `rate`. Returns the step's measures, "loss" among them.

    The batch is computed in settings.accumulation parts. Raises RuntimeError where the loss is not a number.
    """
    for group in fit.optimizer.param_groups:
        group["lr"] = rate * group["ratio"]
    size = -(-len(batch) // settings.accumulation)
    total, weight, rows, sums = 0.0, 0.0, 0, {}
    for first in range(0, len(batch), size):
        for part in _add_gradients(fit, task, batch[first : first + size]):
            total, weight, rows = total + part.total.item(), weight + part.weight, rows + part.rows
            sums = {name: sums.get(name, 0.0) + value for name, value in part.measures.items()}
    loss = total / weight
    if not math.isfinite(loss):
        raise RuntimeError(
            f"The loss became {loss} at step {fit.step + 1}. "
            f"Lower the learning rate (now {settings.learning_rate}) and start again."
        )
    for parameter in fit.weights.values():
        if parameter.grad is not None:
            parameter.grad.div_(weight)
    torch.nn.utils.clip_grad_norm_(fit.weights.values(), settings.max_grad_norm)
    fit.optimizer.step()
    fit.optimizer.zero_grad(set_to_none=True)
    return {"loss": loss, **{name: value / rows for name, value in sums.items()}}


def _add_gradients(fit: Fit, task: Task, indices: Sequence[int]) -> list[Part]:
    """The loss of these rows, its gradient added to that of the weights.

    Where the rows may be divided and few weights are trained, threads each take some rows through the whole model:
    their gradients are added in the rows' order, so that the same step gives the same bytes.
    """
    weights = list(fit.weights.values())
    divided = task.divides and sum(weight.nbytes for weight in weights) <= DIVIDED_BYTES
    workers = threads.workers(len(indices), device=weights[0].device.type, least=LEAST_ROWS) if divided else 1
    if workers == 1:
        part = task.loss(indices)
        if part.total.requires_grad:  # not where every row was without a signal
            part.total.backward()
        return [part]

    def work(places: range) -> tuple[Part, Sequence[torch.Tensor | None]]:
        part = task.loss([indices[at] for at in places])
        return part, torch.autograd.grad(part.total, weights, allow_unused=True)

    found = threads.each(work, threads.parts(len(indices), most=len(indices), workers=workers), workers=workers)
    for _, gradients in found:
        for parameter, gradient in zip(weights, gradients, strict=True):
            if gradient is not None:
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
    return [part for part, _ in found]


def learning_rate(settings: TrainingSettings, step: int, of: int) -> float:
    """The learning rate of a step (from 0): linear warm-up, then the schedule down to zero.

    >>> learning_rate(TrainingSettings(learning_rate=1.0, warmup_share=0.0), 5, 10)
    0.5
    """
    warmup = int(settings.warmup_share * of)
    if step < warmup:
        return settings.learning_rate * (step + 1) / (warmup + 1)
    left = 1 - (step - warmup) / max(1, of - warmup)
    factor = {"linear": left, "cosine": 0.5 * (1 - torch.cos(torch.tensor(torch.pi * left)).item()), "constant": 1.0}
    return settings.learning_rate * factor[settings.schedule]


def plan_steps(task: Task, settings: TrainingSettings, *, seed: int) -> list[list[int]]:
    """The rows of every step of a run, in order."""
    tokens = getattr(settings, "pack_tokens", 0)
    return [
        batch
        for epoch in range(settings.epochs)
        for batch in epoch_batches(task.lengths, batch_size=settings.batch_size, seed=seed, epoch=epoch, tokens=tokens)
    ]


def fit_task(
    loaded: Loaded,
    task: Task,
    settings: TrainingSettings,
    *,
    run: Run,
    seed: int,
    attempt: int,
    report: Report,
    rate_ratio: Callable[[str, Any], float] | None = None,
) -> Fit:
    """Train to the end, from the newest checkpoint if any. Each step becomes a line of metrics.jsonl.

    Ends before its time where the held-out loss has not fallen for settings.patience measurements. Raises Stopped,
    after saving a checkpoint, when a stop is requested.
    """
    fit = start(loaded.model, settings, seed=seed, rate_ratio=rate_ratio)
    found = checkpoint.load(run)
    if found:
        tensors, numbers, notes = found
        fit.restore(tensors, numbers)
        for note in notes:
            print(note, flush=True)
    plan = plan_steps(task, settings, seed=seed)
    of, per_epoch = len(plan), len(plan) / settings.epochs
    every = max(1, of // task.measured)
    saved_at, save_seconds = time.perf_counter(), 0.0
    loaded.model.train()
    for step in count(fit.step):
        if step % every == 0 or step == of:
            _validate(fit, loaded, task, run=run, attempt=attempt, keep=settings.keep_best)
        now = time.perf_counter()
        stopping = run.stop_requested()
        if stopping or now - saved_at > max(CHECKPOINT_SECONDS, save_seconds / SAVE_SHARE):
            checkpoint.save(run, step=step, tensors=fit.tensors(), state=fit.numbers())
            saved_at, save_seconds = time.perf_counter(), time.perf_counter() - now
        if stopping:
            raise Stopped
        if step == of or (settings.patience and fit.misses >= settings.patience):
            return fit
        rate = learning_rate(settings, step, of)
        begun = time.perf_counter()
        task.begin(step)
        measures = train_step(fit, task, plan[step], settings, rate=rate)
        fit.step, fit.tokens = step + 1, fit.tokens + sum(task.lengths[at] for at in plan[step])
        fit.seconds += time.perf_counter() - begun
        line = {
            "kind": "train",
            "step": step + 1,
            "of": of,
            "epoch": round((step + 1) / per_epoch, 3),
            "attempt": attempt,
        }
        line |= measures | {"learning_rate": rate, "tokens": fit.tokens, "seconds": round(fit.seconds, 3)}
        append_line(run.file("metrics"), line)
        report(line)
    raise AssertionError("unreachable")


def _validate(fit: Fit, loaded: Loaded, task: Task, *, run: Run, attempt: int, keep: bool) -> None:
    """Measure what is held out, log it, and remember the best weights. Not again at the step a resume begins with."""
    if task.held_out is None or fit.measured == fit.step:
        return
    fit.measured = fit.step
    loaded.model.eval()
    with torch.no_grad():
        measures = task.held_out()
    loaded.model.train()
    line = {"kind": "validation", "step": fit.step, "attempt": attempt, **measures}
    append_line(run.file("metrics"), line | {"seconds": round(fit.seconds, 3)})
    if measures["loss"] < fit.best_loss:
        fit.best_loss, fit.best_step, fit.misses = measures["loss"], fit.step, 0
        if keep:
            fit.best = {name: weight.detach().clone() for name, weight in fit.weights.items()}
    else:
        fit.misses += 1


def use_best(fit: Fit) -> None:
    """Put the best weights in place of the last ones, where better ones were kept."""
    if fit.best and fit.best_step != fit.step:
        with torch.no_grad():
            for name, weight in fit.weights.items():
                weight.copy_(fit.best[name])

"""The training loop: steps, held-out loss, the best weights, stop, and a resume that ends in the same bytes."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import torch

from engine.models import Loaded
from engine.rundir import Run, append_line
from engine.schema import Stopped
from engine.training import checkpoint
from engine.training.batches import Row, epoch_batches
from engine.training.loss import answer_loss, row_losses
from engine.training.settings import TrainingSettings

CHECKPOINT_SECONDS = 60.0
SAVE_SHARE = 0.05  # saving may take at most this share of the time, so big models are saved less often
VALIDATIONS = 12  # how often the held-out loss is measured over a run

Report = Callable[[dict[str, Any]], None]


@dataclass
class Fit:
    """A training run in memory: everything that a checkpoint must hold is here."""

    weights: dict[str, torch.nn.Parameter]
    optimizer: torch.optim.Optimizer
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best_loss: float = float("inf")
    best: dict[str, torch.Tensor] = field(default_factory=dict)

    def tensors(self) -> dict[str, dict[str, torch.Tensor]]:
        moments = {
            f"{index}.{name}": value
            for index, entry in self.optimizer.state_dict()["state"].items()
            for name, value in entry.items()
        }
        return {"weights": self.weights, "optimizer": moments, "best": self.best, "rng": {"cpu": torch.get_rng_state()}}

    def numbers(self) -> dict[str, Any]:
        best_loss = self.best_loss if self.best else None
        return {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "best_step": self.best_step,
            "best_loss": best_loss,
        }

    def restore(self, tensors: dict[str, dict[str, torch.Tensor]], numbers: dict[str, Any]) -> None:
        """Take up where the checkpoint left off."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(tensors["weights"][name])
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in tensors["optimizer"].items():
            index, name = key.split(".", 1)
            state.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})
        torch.set_rng_state(tensors["rng"]["cpu"])
        self.step, self.tokens, self.seconds = numbers["step"], numbers["tokens"], numbers["seconds"]
        self.best, self.best_step = tensors.get("best", {}), numbers["best_step"]
        self.best_loss = numbers["best_loss"] if self.best else float("inf")


def start(model: Any, settings: TrainingSettings, *, seed: int) -> Fit:
    """A fresh Fit over the model's trainable weights, the random state set from the seed."""
    torch.manual_seed(seed)
    random.seed(seed)
    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    optimizer = torch.optim.AdamW(
        weights.values(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    return Fit(weights, optimizer)


def train_step(
    fit: Fit, core: Any, batch: Sequence[Row], settings: TrainingSettings, *, rate: float, share: bool
) -> float:
    """One optimiser step on a batch at learning rate `rate`. Returns the batch's loss in nats per answer token."""
    for group in fit.optimizer.param_groups:
        group["lr"] = rate
    loss = answer_loss(core, batch, share=share)
    value = loss.item()
    if not torch.isfinite(loss):
        raise RuntimeError(
            f"The loss became {value} at step {fit.step + 1}. "
            f"Lower the learning rate (now {settings.learning_rate}) and start again."
        )
    loss.backward()
    torch.nn.utils.clip_grad_norm_(fit.weights.values(), settings.max_grad_norm)
    fit.optimizer.step()
    fit.optimizer.zero_grad(set_to_none=True)
    return value


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


def fit_rows(
    loaded: Loaded,
    rows: Sequence[Row],
    held_out: Sequence[Row],
    settings: TrainingSettings,
    *,
    run: Run,
    seed: int,
    attempt: int,
    share: bool,
    report: Report,
) -> Fit:
    """Train on `rows` to the end, from the newest checkpoint if any. Each step becomes a line of metrics.jsonl.

    `share` lets rows that begin alike share their computation (off where dropout must differ by row). Raises Stopped,
    after saving a checkpoint, when a stop is requested.
    """
    fit = start(loaded.model, settings, seed=seed)
    found = checkpoint.load(run)
    if found:
        tensors, numbers, notes = found
        fit.restore(tensors, numbers)
        for note in notes:
            print(note, flush=True)
    lengths = [len(row.tokens) for row in rows]
    plan = [
        batch
        for epoch in range(settings.epochs)
        for batch in epoch_batches(lengths, batch_size=settings.batch_size, seed=seed, epoch=epoch)
    ]
    of, per_epoch = len(plan), len(plan) / settings.epochs
    every = max(1, of // VALIDATIONS)
    saved_at, save_seconds = time.perf_counter(), 0.0
    loaded.model.train()
    for step in count(fit.step):
        _validate(
            fit,
            loaded,
            held_out,
            run=run,
            attempt=attempt,
            due=step % every == 0 or step == of,
            keep=settings.keep_best,
        )
        now = time.perf_counter()
        stopping = run.stop_requested()
        if stopping or now - saved_at > max(CHECKPOINT_SECONDS, save_seconds / SAVE_SHARE):
            checkpoint.save(run, step=step, tensors=fit.tensors(), state=fit.numbers())
            saved_at, save_seconds = time.perf_counter(), time.perf_counter() - now
        if stopping:
            raise Stopped
        if step == of:
            return fit
        rate = learning_rate(settings, step, of)
        begun = time.perf_counter()
        batch = [rows[at] for at in plan[step]]
        loss = train_step(fit, loaded.core, batch, settings, rate=rate, share=share)
        fit.step, fit.tokens = step + 1, fit.tokens + sum(len(row.tokens) for row in batch)
        fit.seconds += time.perf_counter() - begun
        line = {
            "kind": "train",
            "step": step + 1,
            "of": of,
            "epoch": round((step + 1) / per_epoch, 3),
            "attempt": attempt,
        }
        line |= {"loss": loss, "learning_rate": rate, "tokens": fit.tokens, "seconds": round(fit.seconds, 3)}
        append_line(run.file("metrics"), line)
        report(line)
    raise AssertionError("unreachable")


def _validate(
    fit: Fit, loaded: Loaded, held_out: Sequence[Row], *, run: Run, attempt: int, due: bool, keep: bool
) -> None:
    """Measure the held-out loss where it is due, log it, and remember the best weights."""
    if not due or not held_out:
        return
    loaded.model.eval()
    loss = sum(row_losses(loaded.core, held_out)) / len(held_out)
    loaded.model.train()
    append_line(
        run.file("metrics"),
        {"kind": "validation", "step": fit.step, "attempt": attempt, "loss": loss, "seconds": round(fit.seconds, 3)},
    )
    if keep and loss < fit.best_loss:
        fit.best_loss, fit.best_step = loss, fit.step
        fit.best = {name: weight.detach().clone() for name, weight in fit.weights.items()}


def use_best(fit: Fit) -> None:
    """Put the best weights in place of the last ones, where better ones were kept."""
    if fit.best and fit.best_step != fit.step:
        with torch.no_grad():
            for name, weight in fit.weights.items():
                weight.copy_(fit.best[name])

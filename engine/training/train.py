"""One training run of any method: weights attached, the loop, the model saved, and the proof that base stayed base."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from engine.atomic import write_json
from engine.models import Loaded
from engine.packing import hidden_states, learnt_prompt, logits_of, pack
from engine.placement import is_spread
from engine.rundir import Run
from engine.schema import Method, RunSpec, Tell, UserError, silent
from engine.training.loop import fit_task, use_best
from engine.training.memory import peak_bytes, reset_peak
from engine.training.task import Task


def train(
    method: Method,
    loaded: Loaded,
    *,
    spec: RunSpec,
    run: Run,
    attempt: int,
    report: Callable[[dict], None],
    tell: Tell = silent,
) -> None:
    """Train by the method on the run's rows. Leaves model/, then training.json, which means done.

    Raises Stopped when a stop is requested, and UserError where the rows are of a kind the method cannot use.
    """
    settings = method.Settings.model_validate(spec.settings)
    splits = {name: run.examples(name) for name in ("train", "validation", "mix")}
    before, base_bytes = probe_logits(loaded), loaded.core.get_memory_footprint()
    counted = attach(method, loaded, settings, seed=spec.seed)
    reset_peak(loaded.device)
    begun = time.perf_counter()
    task = task_of(method, loaded, settings, splits=splits, spec=spec, run=run, tell=tell)
    fit = fit_task(
        loaded,
        task,
        settings,
        run=run,
        seed=spec.seed,
        attempt=attempt,
        report=report,
        rate_ratio=method.rate_ratio,
    )
    wall_seconds = time.perf_counter() - begun
    peak = peak_bytes(loaded.device)
    if settings.keep_best:
        use_best(fit)
    loaded.model.eval()
    size = save_model(loaded, run.model)
    write_json(
        run.file("training"),
        {
            **counted,
            "train_seconds": fit.seconds,
            "wall_seconds": wall_seconds,
            "tokens": fit.tokens,
            "tokens_per_second": fit.tokens / fit.seconds if fit.seconds else None,
            "peak_bytes": peak,
            "base_bytes": base_bytes,
            "adapter_bytes": size,
            "optimizer": fit.optimizer_name,
            "steps": fit.step,
            "best_step": fit.best_step if settings.keep_best and fit.best else fit.step,
            "best_loss": fit.best_loss if fit.best else None,
            "dtype": str(loaded.dtype).removeprefix("torch."),
            "device": loaded.device,
            "base_proof": base_proof(method, loaded, before),
            **task.facts(),
        },
    )


def autocast(loaded: Loaded) -> AbstractContextManager:
    """Inside, a model whose weights are in fp32 though it is to compute in `loaded.dtype` does so."""
    mixed = loaded.core.dtype != loaded.dtype
    return torch.autocast(loaded.device, loaded.dtype) if mixed else nullcontext()


def task_of(method: Method, loaded: Loaded, settings: Any, **given: Any) -> Task:
    """The method's task, made and measured in the dtype the model is to compute in. `given` goes to Method.task."""
    with autocast(loaded):
        task = method.task(loaded, settings, **given)
    return in_its_precision(task, loaded)


def in_its_precision(task: Task, loaded: Loaded) -> Task:
    """The task with its losses computed in the dtype the model is to compute in, wherever its weights are finer."""

    def within(measure: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*given: Any) -> Any:
            with autocast(loaded):
                return measure(*given)

        return measured

    return replace(task, loss=within(task.loss), held_out=task.held_out and within(task.held_out))


def attach(method: Method, loaded: Loaded, settings: Any, *, seed: int) -> dict[str, Any]:
    """Make just the promised parameters trainable, in place. Returns how many there are and their share in %.

    Raises UserError where all weights were to be trained of a model that one GPU cannot hold.
    """
    if is_spread(loaded.core) and not method.adapter:
        raise UserError(
            "The model is spread over several GPUs, where its weights stay frozen. Choose LoRA or QLoRA, or a model "
            "that fits on one GPU."
        )
    torch.manual_seed(seed)
    loaded.model = method.attach(loaded.model, settings)
    trainable = sum(weight.numel() for weight in loaded.model.parameters() if weight.requires_grad)
    total = (
        loaded.core.num_parameters(exclude_embeddings=False) if not method.adapter else _all_parameters(loaded.model)
    )
    return {"trainable_parameters": trainable, "total_parameters": total, "trainable_percent": 100 * trainable / total}


def _all_parameters(model: Any) -> int:
    """Every parameter, 4-bit ones counted by what they stand for and not by how they are packed."""
    return model.get_nb_trainable_parameters()[1]


@torch.no_grad()
def probe_logits(loaded: Loaded) -> torch.Tensor:
    """The logits of a fixed sentence, (tokens, vocabulary): equal logits show equal weights."""
    ids = loaded.tokenizer("Base must stay base: 1, 2, 3.", add_special_tokens=False)["input_ids"]
    packed = pack([(*learnt_prompt(loaded.core), *ids)], device=loaded.device)
    return logits_of(loaded.core, hidden_states(loaded.core, packed))


def base_proof(method: Method, loaded: Loaded, before: torch.Tensor) -> dict[str, Any] | None:
    """How far the logits with the adapter off are from those before training: 0 shows that base is base.

    None for full fine-tuning, where nothing can be switched off: base is loaded apart.
    """
    if not method.adapter:
        return None
    with loaded.base():
        difference = (probe_logits(loaded) - before).abs().max().item()
    return {"max_abs_difference": difference, "equal": difference == 0.0}


def save_model(loaded: Loaded, folder: Path) -> int:
    """Write the adapter or the weights as safetensors, aside and then renamed. Returns the size in bytes.

    Of several adapters on one model only the one that answers is written, not the reward model's.
    """
    building = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(building, ignore_errors=True)
    chosen = {"selected_adapters": ["default"]} if hasattr(loaded.model, "peft_config") else {}
    loaded.model.save_pretrained(building, safe_serialization=True, **chosen)
    if not hasattr(loaded.model, "get_base_model"):
        loaded.tokenizer.save_pretrained(building)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(building, folder)
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))

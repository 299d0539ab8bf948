"""How a model is loaded to be trained."""

import pytest
import torch

from engine import models, registry
from engine.methods._sft import row_task
from engine.schema import DataSpec, RunSpec, Source
from engine.training.batches import Row
from engine.training.loop import start, train_step
from engine.training.train import attach, in_its_precision


@pytest.mark.parametrize("method", ["full", "lora"])
def test_weights_that_are_trained_stay_in_fp32_where_bf16_is_computed_in(method, tiny_model, monkeypatch):
    """A step of 1e-5 is smaller than bf16 can add to most weights: of weights held in it, nearly none would move."""
    monkeypatch.setattr(models, "choose_dtype", lambda device: torch.bfloat16)
    spec, method = RunSpec(data=DataSpec(train=Source(path="-")), model=str(tiny_model)), registry.methods()[method]
    loaded = models.load_to_train(spec, method)
    assert loaded.dtype == torch.bfloat16
    settings = method.Settings(learning_rate=1e-5)
    attach(method, loaded, settings, seed=0)
    fit = start(loaded.model, settings, seed=0)
    assert {weight.dtype for weight in fit.weights.values()} == {torch.float32}
    before = {name: weight.detach().clone() for name, weight in fit.weights.items()}
    row = Row((5, 6, 7, 8, 9), 2)
    used = []
    loaded.core.get_output_embeddings().register_forward_hook(lambda *seen: used.append(seen[-1].dtype))
    for _ in range(2):  # LoRA's first step moves one of its two matrices, the second both
        task = in_its_precision(row_task(loaded, settings, train=[row]), loaded)
        train_step(fit, task, [0], settings, rate=1e-5)
    assert set(used) == {torch.bfloat16}
    moved = sum((weight != before[name]).sum().item() for name, weight in fit.weights.items())
    some = sum(weight.numel() for name, weight in fit.weights.items() if "embed" not in name and "lm_head" not in name)
    assert moved > 0.9 * some

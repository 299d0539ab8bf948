"""Which optimiser a run gets, and that 8-bit moments are as good as their word: small, kept, and learning."""

import pytest
import torch
from safetensors.torch import load, save

from engine import models, registry
from engine.methods._sft import row_task
from engine.schema import UserError
from engine.training.batches import Row
from engine.training.loop import start, train_step
from engine.training.optimizer import MANY, choose_optimizer, moments
from engine.training.train import attach

FULL = registry.methods()["full"]
ROWS = [Row((10, 11, 12, 20 + at, *range(30, 33 + at), 2), 4) for at in range(6)]


@pytest.mark.parametrize(
    ("wanted", "device", "trainable", "given"),
    [
        ("auto", "cpu", 10 * MANY, "adamw"),
        ("auto", "cuda", MANY - 1, "adamw"),
        ("auto", "cuda", MANY, "adamw_8bit"),
        ("adamw", "cuda", 10 * MANY, "adamw"),
        ("adamw_8bit", "cuda", 10, "adamw_8bit"),
        ("adamw_8bit", "cpu", 10, "adamw_8bit"),
    ],
)
def test_8_bits_are_for_a_gpu_that_trains_many_weights_or_for_who_asks(wanted, device, trainable, given):
    assert choose_optimizer(wanted, device=device, trainable=trainable) == given


def trained(tiny_model, optimizer, steps=8):
    """A Fit after some steps over all weights, and the losses on the way."""
    loaded, settings = models.load(str(tiny_model)), FULL.Settings(optimizer=optimizer)
    attach(FULL, loaded, settings, seed=0)
    fit = start(loaded.model, settings, seed=0)
    task = row_task(loaded, settings, train=ROWS)
    return fit, [train_step(fit, task, range(len(ROWS)), settings, rate=3e-3)["loss"] for _ in range(steps)]


def test_8_bit_moments_learn_as_well_in_a_byte_each_but_for_small_tensors_and_the_embedding(tiny_model):
    (_, losses), (fit, small_losses) = (trained(tiny_model, name) for name in ("adamw", "adamw_8bit"))
    assert small_losses[-1] < 0.7 * small_losses[0] and abs(small_losses[-1] - losses[-1]) < 0.1
    in_a_byte = set()
    for name, weight in fit.weights.items():
        state = fit.optimizer.state[weight]
        bytes_each = state["state1"].element_size()
        assert bytes_each == state["state2"].element_size() and state["state1"].numel() == weight.numel()
        in_a_byte |= {name} if bytes_each == 1 else set()
    assert in_a_byte == {
        name for name, weight in fit.weights.items() if weight.numel() >= 4096 and "embed_tokens" not in name
    }


def test_the_8_bit_state_is_the_same_after_safetensors(tiny_model):
    fit, _ = trained(tiny_model, "adamw_8bit", steps=2)
    kept = load(save(moments(fit.optimizer)))
    again, _ = trained(tiny_model, "adamw_8bit", steps=1)
    again.restore({**again.tensors(), "weights": fit.weights, "optimizer": kept}, fit.numbers())
    for weights in zip(fit.weights.values(), again.weights.values(), strict=True):
        ours, theirs = (found.optimizer.state[weight] for found, weight in zip((fit, again), weights, strict=True))
        assert ours["step"] == theirs["step"] == 2 and isinstance(theirs["step"], int)
        assert all(torch.equal(ours[name], theirs[name]) for name in ours if name != "step")


def test_a_checkpoint_of_another_optimiser_is_refused(tiny_model):
    fit, _ = trained(tiny_model, "adamw", steps=1)
    other, _ = trained(tiny_model, "adamw_8bit", steps=1)
    with pytest.raises(UserError, match="made by the optimiser adamw, .* by adamw_8bit"):
        other.restore(fit.tensors(), fit.numbers())

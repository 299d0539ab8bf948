"""The step and the loop: parts of a step weigh as one, early stopping, noise, groups of learning rates."""

import pytest
import torch

from engine import models, registry, rundir
from engine.atomic import read_lines
from engine.methods._sft import row_task
from engine.training.batches import Row
from engine.training.loop import fit_task, plan_steps, start, train_step
from engine.training.task import Part, Task
from engine.training.train import attach
from tests.engine.runs import tiny_spec

LORA = registry.methods()["lora"]
ROWS = [Row((10, 11, 12, 20 + at, *range(30, 33 + at), 2), 4) for at in range(6)]  # answers of different lengths


def fresh(tiny_model, **changes):
    """A loaded tiny model with LoRA on it, and its settings."""
    loaded, settings = models.load(str(tiny_model)), LORA.Settings(**changes)
    attach(LORA, loaded, settings, seed=0)
    return loaded, settings


def weights_after(tiny_model, *, plain_steps=False, **changes):
    """The trained weights after two steps on all rows, which with `plain_steps` follow the gradient itself."""
    loaded, settings = fresh(tiny_model, **changes)
    fit = start(loaded.model, settings, seed=0, rate_ratio=LORA.rate_ratio)
    if plain_steps:
        fit.optimizer = torch.optim.SGD([{"params": list(fit.weights.values()), "ratio": 1.0}], lr=1.0)
    task = row_task(loaded, settings, train=ROWS)
    for _ in range(2):
        train_step(fit, task, range(len(ROWS)), settings, rate=1.0 if plain_steps else 1e-2)
    return {name: weight.detach().clone() for name, weight in fit.weights.items()}


def test_a_step_in_parts_is_the_same_step(tiny_model):
    # AdamW would turn the rounding of a gradient near 0 into a whole step.
    whole, parts = (weights_after(tiny_model, plain_steps=True, accumulation=parts) for parts in (1, 4))
    for name, weight in whole.items():
        assert torch.allclose(weight, parts[name], atol=1e-5), name


def test_rows_divided_among_threads_make_the_same_step_and_the_same_bytes_twice(tiny_model, monkeypatch):
    monkeypatch.setattr("engine.threads.workers", lambda rows, **given: 1)
    whole = weights_after(tiny_model, plain_steps=True)
    monkeypatch.setattr("engine.threads.workers", lambda rows, **given: 3)
    divided, again = (weights_after(tiny_model, plain_steps=True) for _ in range(2))
    assert all(torch.allclose(whole[name], divided[name], atol=1e-5) for name in whole)
    assert all(torch.equal(divided[name], again[name]) for name in whole)


def test_rows_are_not_divided_where_noise_is_drawn_or_many_weights_are_trained(tiny_model, monkeypatch):
    loaded, settings = fresh(tiny_model)
    assert row_task(loaded, settings, train=ROWS).divides
    assert not row_task(loaded, settings.model_copy(update={"dropout": 0.1}), train=ROWS).divides
    monkeypatch.setattr("engine.training.loop.DIVIDED_BYTES", 0)
    monkeypatch.setattr("engine.threads.each", None)
    weights_after(tiny_model)


def test_noise_changes_what_is_learnt_and_the_same_seed_gives_the_same_noise(tiny_model):
    plain, noisy, again = (weights_after(tiny_model, neftune_alpha=alpha) for alpha in (0.0, 5.0, 5.0))
    assert any(not torch.equal(plain[name], noisy[name]) for name in plain)
    assert all(torch.equal(noisy[name], again[name]) for name in noisy)


def test_lora_plus_trains_the_second_matrices_faster(tiny_model):
    plain, faster = weights_after(tiny_model), weights_after(tiny_model, b_ratio=8.0)
    grown = [name for name in plain if "lora_B" in name and faster[name].norm() > 2 * plain[name].norm()]
    assert len(grown) == sum("lora_B" in name for name in plain)


def test_batches_may_be_filled_up_to_a_number_of_tokens(tiny_model):
    loaded, settings = fresh(tiny_model)
    task = Task([7] * 10, lambda rows: Part(torch.zeros(()), 1, 1))
    packed = settings.model_copy(update={"pack_tokens": 21, "epochs": 1})
    assert sorted(map(len, plan_steps(task, packed, seed=0))) == [1, 3, 3, 3]


@pytest.fixture
def run(tmp_path, tiny_model, monkeypatch):
    monkeypatch.setenv("KURABE_HOME", str(tmp_path / "home"))
    return rundir.create(tiny_spec(tmp_path, tiny_model))


def test_training_ends_early_once_the_held_out_loss_has_not_fallen(run, tiny_model):
    loaded, settings = fresh(tiny_model, epochs=24, batch_size=6, patience=2)
    losses = iter([3.0, 2.0, 2.5, 2.4, 1.0])
    task = row_task(loaded, settings, train=ROWS)
    task = Task(task.lengths, task.loss, lambda: {"loss": next(losses)})
    lines = []
    fit = fit_task(loaded, task, settings, run=run, seed=0, attempt=1, report=lines.append)
    assert (fit.step, fit.best_step, fit.best_loss) == (6, 2, 2.0)
    assert [line["loss"] for line in read_lines(run.file("metrics")) if line["kind"] == "validation"][-1] == 2.4


def test_a_loss_that_is_no_number_ends_the_run_and_says_what_to_do(run, tiny_model):
    loaded, settings = fresh(tiny_model)
    task = Task([3] * 8, lambda rows: Part(torch.tensor(float("nan"), requires_grad=True), 1, 1))
    with pytest.raises(RuntimeError, match="Lower the learning rate"):
        fit_task(loaded, task, settings, run=run, seed=0, attempt=1, report=lambda line: None)

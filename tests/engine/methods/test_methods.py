"""What every method promises: these parameters change and no others, loss falls, base stays base."""

import pytest
import torch

from engine import models, registry
from engine.methods._sft import row_task
from engine.schema import DataSpec, RunSpec, Source
from engine.training.batches import Row
from engine.training.loop import start, train_step
from engine.training.loss import answer_loss
from engine.training.train import attach, probe_logits, save_model

METHODS = registry.methods()
SUPERVISED = sorted(name for name, method in METHODS.items() if "completion" in method.needs and not method.through)
RATES = {"full": 5e-3, "ia3": 0.5, "prompt_tuning": 0.1}
NAMES = {"lora": "lora_", "qlora": "lora_", "adapter": "bottleneck_", "ia3": "ia3_l", "prompt_tuning": "prompt_encoder"}
HIDDEN, INNER, KV, LAYERS = 64, 128, 32, 2  # the tiny model
ADDED = {  # parameters each method adds to it with its defaults, counted by hand
    "lora": LAYERS * 16 * (2 * (HIDDEN + HIDDEN) + 2 * (HIDDEN + KV) + 3 * (HIDDEN + INNER)),
    "adapter": LAYERS * 2 * (2 * HIDDEN * (HIDDEN // 16) + HIDDEN // 16 + HIDDEN),
    "ia3": LAYERS * (2 * KV + INNER),
    "prompt_tuning": 16 * HIDDEN,
}
ADDED["qlora"] = ADDED["lora"]
ROWS = [Row((10, 11, 12, 20 + at, 30, 31, 32, 2), 4) for at in range(8)]  # one answer to every question


@pytest.fixture(params=SUPERVISED)
def method(request):
    return METHODS[request.param]


@pytest.fixture
def loaded(method, tiny_model):
    return models.load(str(tiny_model), quantization=method.quantization)


def step(fit, loaded, settings, rate):
    """The loss of one step on all rows."""
    task = row_task(loaded, settings, train=ROWS)
    return train_step(fit, task, range(len(ROWS)), settings, rate=rate)["loss"]


def trained(method, loaded, steps=60):
    """The model after some steps on a learnable toy, with the losses."""
    settings = method.Settings(batch_size=8)
    attach(method, loaded, settings, seed=0)
    fit = start(loaded.model, settings, seed=0)
    loaded.model.train()
    losses = [step(fit, loaded, settings, RATES.get(method.name, 2e-2)) for _ in range(steps)]
    loaded.model.eval()
    return losses


def state(loaded):
    return {name: weight.detach().clone() for name, weight in loaded.model.named_parameters()}


def test_the_loss_falls_on_a_learnable_toy(method, loaded):
    losses = trained(method, loaded)
    assert losses[-1] < 0.95 * losses[0]


def test_the_promised_parameters_change_and_no_others(method, loaded):
    settings = method.Settings(learning_rate=5e-3)
    counted = attach(method, loaded, settings, seed=0)
    before = state(loaded)
    promised = {name for name, weight in loaded.model.named_parameters() if weight.requires_grad}
    fit = start(loaded.model, settings, seed=0)
    for _ in range(3):
        step(fit, loaded, settings, 5e-3)
    changed = {name for name, weight in state(loaded).items() if not torch.equal(weight, before[name])}
    assert changed == promised
    assert all(NAMES.get(method.name, "") in name for name in promised)
    assert counted["trainable_parameters"] == sum(before[name].numel() for name in promised)


def test_the_share_of_trainable_parameters_equals_a_count_by_hand(method, loaded):
    counted = attach(method, loaded, method.Settings(), seed=0)
    linear = HIDDEN * HIDDEN * 2 + HIDDEN * KV * 2 + HIDDEN * INNER * 3
    total = loaded.core.config.vocab_size * HIDDEN + LAYERS * (linear + 2 * HIDDEN) + HIDDEN
    added = ADDED.get(method.name, 0)
    wanted = (added, total + added) if method.adapter else (total, total)
    assert (counted["trainable_parameters"], counted["total_parameters"]) == wanted
    assert counted["trainable_percent"] == pytest.approx(100 * wanted[0] / wanted[1])


def test_with_the_adapter_off_the_logits_are_exactly_those_of_base(method, loaded):
    base = probe_logits(loaded)
    trained(method, loaded)
    assert not torch.equal(probe_logits(loaded), base)
    if method.adapter:
        with loaded.base():
            assert torch.equal(probe_logits(loaded), base)


def test_a_saved_model_loaded_afresh_gives_the_same_logits(method, loaded, tiny_model, tmp_path):
    trained(method, loaded)
    folder = tmp_path / "model"
    assert save_model(loaded, folder) > 0
    assert not [path for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".pkl")]
    spec = RunSpec(data=DataSpec(train=Source(path="x")), model=str(tiny_model))
    again = models.load_tuned(spec, folder, quantization=method.quantization, adapter=method.adapter, merge=False)
    assert torch.equal(probe_logits(again), probe_logits(loaded))


def test_merged_lora_answers_as_the_adapter_does(tiny_model, tmp_path):
    loaded = models.load(str(tiny_model), dtype=torch.float32)  # only such weights are merged
    trained(METHODS["lora"], loaded)
    save_model(loaded, tmp_path / "model")
    merged = models.load(str(tiny_model), adapter=tmp_path / "model", merge=True, dtype=torch.float32)
    assert not hasattr(merged.model, "peft_config") or merged.core is merged.model
    assert torch.allclose(probe_logits(merged), probe_logits(loaded), atol=1e-4)


def test_gradients_of_qlora_are_those_of_lora_on_the_same_weights_unpacked(tiny_model):
    from bitsandbytes.functional import dequantize_4bit

    def gradients(loaded):
        attach(METHODS["lora"], loaded, METHODS["lora"].Settings(), seed=0)
        loaded.model.train()
        with torch.no_grad():
            for name, weight in loaded.model.named_parameters():
                if "lora_B" in name:
                    weight.fill_(0.01)
        answer_loss(loaded.core, ROWS).backward()
        return {name: weight.grad for name, weight in loaded.model.named_parameters() if weight.requires_grad}

    packed = models.load(str(tiny_model), quantization="nf4", dtype=torch.float32)
    plain = models.load(str(tiny_model), dtype=torch.float32)
    probe_logits(packed)  # answering first must not change how it trains
    sources = dict(packed.core.named_modules())
    with torch.no_grad():
        for name, module in plain.core.named_modules():
            weight = getattr(sources[name], "weight", None)
            if hasattr(weight, "quant_state"):
                module.weight.copy_(dequantize_4bit(weight.data, weight.quant_state))
    wanted, found = gradients(plain), gradients(packed)
    assert wanted.keys() == found.keys()
    for name, gradient in wanted.items():
        assert torch.allclose(found[name], gradient, atol=1e-5), name


def test_qlora_keeps_the_base_weights_in_four_bits(tiny_model):
    loaded = models.load(str(tiny_model), quantization="nf4")
    layer = loaded.core.get_decoder().layers[0].mlp.down_proj
    assert layer.weight.dtype == torch.uint8
    assert layer.weight.numel() == 64 * 128 // 2


def test_dropout_turns_sharing_off_and_still_learns(tiny_model, tmp_path):
    loaded = models.load(str(tiny_model))
    settings = METHODS["lora"].Settings(dropout=0.1)
    attach(METHODS["lora"], loaded, settings, seed=0)
    fit = start(loaded.model, settings, seed=0)
    loaded.model.train()
    losses = [step(fit, loaded, settings, 2e-2) for _ in range(30)]
    assert losses[-1] < 0.9 * losses[0]

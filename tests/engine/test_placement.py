"""Which GPU, one or several, and which attention: decided from facts, which the tests make up, for want of a GPU."""

from types import SimpleNamespace

import pytest
import torch

from engine import device, models, placement, registry
from engine.placement import FLASH, PACKED, attentions, most_free, spreads, weights_bytes
from engine.schema import UserError
from engine.training.train import attach

GB = 10**9


@pytest.mark.parametrize(
    ("free", "home", "need", "spread"),
    [
        ([24 * GB], 0, 16 * GB, False),
        ([24 * GB], 0, 20 * GB, False),  # without room to spare, and nowhere else to go
        ([24 * GB, 24 * GB], 1, 16 * GB, False),
        ([24 * GB, 24 * GB], 0, 20 * GB, True),
        ([24 * GB] * 4, 0, 70 * GB, True),
        ([8 * GB, 24 * GB], 1, 24 * GB, True),
        ([2 * GB, 24 * GB], 1, 23 * GB, False),
    ],
)
def test_a_model_is_spread_only_where_one_gpu_lacks_room_and_all_have_it(free, home, need, spread):
    assert spreads(free, home=home, need=need) == spread


@pytest.mark.parametrize("free", [[24 * GB], [24 * GB, 8 * GB]])
def test_a_model_that_fits_on_no_gpu_is_refused_with_what_to_do(free):
    with pytest.raises(UserError, match=r"need about 140.0 GB .*Choose QLoRA"):
        spreads(free, home=0, need=140 * GB)


def test_the_process_works_on_the_gpu_with_the_most_free_memory(monkeypatch):
    chosen = []
    fakes = {
        "is_available": lambda: True,
        "device_count": lambda: 3,
        "mem_get_info": lambda at: ([10, 40, 35][at], 80),
        "memory_reserved": lambda at: [0, 10, 30][at],
        "memory_allocated": lambda at: [0, 10, 5][at],
        "set_device": chosen.append,
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(torch.cuda, name, fake)
    assert placement.free_bytes() == [10, 40, 60]  # what torch keeps for later use is free for this process
    monkeypatch.setattr(device, "_same_every_time", lambda: chosen.append("same every time"))  # holds for the process
    assert device.best_device.__wrapped__() == "cuda" and chosen == [2, "same every time"]
    assert most_free([5]) == 0


@pytest.mark.parametrize(
    ("facts", "tried"),
    [
        ({"device": "cpu", "sixteen_bit": False, "flash_attn": False, "spread": False}, (PACKED,)),
        ({"device": "cpu", "sixteen_bit": True, "flash_attn": True, "spread": False}, (PACKED,)),
        ({"device": "cuda", "sixteen_bit": True, "flash_attn": True, "spread": False}, (PACKED, FLASH)),
        ({"device": "cuda", "sixteen_bit": False, "flash_attn": True, "spread": False}, (PACKED,)),
        ({"device": "cuda", "sixteen_bit": True, "flash_attn": True, "spread": True}, (FLASH,)),
        ({"device": "cuda", "sixteen_bit": True, "flash_attn": False, "spread": True}, ()),
    ],
)
def test_flash_attention_is_for_16_bit_weights_on_a_gpu_that_do_not_pack(facts, tried):
    assert attentions(**facts) == tried


def test_the_bytes_of_the_weights_are_counted_without_loading_them(tiny_model):
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(tiny_model)
    whole = weights_bytes(config, dtype=torch.float32, quantized=False)
    assert whole == models.load(str(tiny_model)).core.get_memory_footprint(return_buffers=False)
    assert weights_bytes(config, dtype=torch.bfloat16, quantized=False) == whole / 2
    small = models.load(str(tiny_model), quantization="nf4").core.get_memory_footprint(return_buffers=False)
    assert small <= weights_bytes(config, dtype=torch.float32, quantized=True) < 1.1 * small


@pytest.mark.parametrize(("free", "spread"), [([100_000_000], False), ([300_000, 300_000], True)])
def test_loading_on_gpus_spreads_what_one_of_them_cannot_hold(free, spread, tiny_model, monkeypatch):
    asked, load_as_ever = [], models._from_pretrained

    def noted(kind, model, *, revision, **options):
        asked.append(options)
        kept = {name: value for name, value in options.items() if name not in ("device_map", "max_memory")}
        return load_as_ever(kind, model, revision=revision, **kept)

    monkeypatch.setattr(models, "_from_pretrained", noted)
    monkeypatch.setattr(models, "best_device", lambda: "cuda")
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(placement, "free_bytes", lambda: free)
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, device: self)
    loaded = models.load(str(tiny_model), dtype=torch.float32)
    (options,) = (options for options in asked if "dtype" in options)
    wanted = {"device_map": "auto", "max_memory": {0: 300_000, 1: 300_000}} if spread else {}
    assert {name: options[name] for name in ("device_map", "max_memory") if name in options} == wanted
    assert loaded.packed != spread


def test_all_weights_of_a_spread_model_are_not_trained(tiny_model):
    loaded = models.load(str(tiny_model))
    loaded.core.hf_device_map = {"model.layers.0": 0, "model.layers.1": 1}
    full, lora = (registry.methods()[name] for name in ("full", "lora"))
    with pytest.raises(UserError, match="spread over several GPUs.* Choose LoRA or QLoRA"):
        attach(full, loaded, full.Settings(), seed=0)
    assert attach(lora, loaded, lora.Settings(), seed=0)["trainable_parameters"] > 0
    assert not placement.is_spread(SimpleNamespace(hf_device_map={"": "cpu"}))

"""Base and tuned in one batch: each row answers as it does alone, with its own adapter or with none."""

import pytest
import torch
from peft import LoraConfig, get_peft_model

from engine import mixed
from engine.decoding import Sampling, stream
from engine.packing import LEAST_COMMON
from tests.engine.runs import sharpened

PROMPTS = [[5, 6, 7, 8], [5, 6, 7, 8], [30], [5, 6, 7, 11, 12, 13]]
ADAPTERS = ["", "default", "other", ""]


def adapted(tiny_model, **options):
    """The sharpened model with two adapters that change its answers."""
    loaded = sharpened(tiny_model)
    config = LoraConfig(r=4, target_modules="all-linear", **options)
    loaded.model = get_peft_model(loaded.model, config)
    loaded.model.add_adapter("other", config)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, weight in loaded.model.named_parameters():
            if "lora_B" in name:
                weight.add_(torch.randn(weight.shape, generator=generator) * 0.2)
    loaded.model.eval()
    return loaded


def last(found):
    *_, answers = found
    return [answer.tokens for answer in answers]


def alone(loaded, prompt, adapter, sample=None):
    with mixed.only(loaded, adapter):
        return last(stream(loaded, [prompt], max_new_tokens=12, sample=sample))[0]


def test_each_row_of_a_mixed_batch_answers_as_it_does_alone(tiny_model):
    loaded = adapted(tiny_model)
    assert mixed.can_mix(loaded)
    together = last(stream(loaded, PROMPTS, max_new_tokens=12, adapters=ADAPTERS))
    wanted = [alone(loaded, prompt, adapter) for prompt, adapter in zip(PROMPTS, ADAPTERS, strict=True)]
    assert together == wanted and together[0] != together[1]
    turned = last(stream(loaded, PROMPTS[::-1], max_new_tokens=12, adapters=ADAPTERS[::-1]))
    assert turned == wanted[::-1]


def test_rows_that_begin_alike_for_long_answer_as_alone_too(tiny_model):
    loaded, begin = adapted(tiny_model), [5 + at % 40 for at in range(LEAST_COMMON)]
    prompts = [[*begin, *prompt] for prompt in PROMPTS]
    together = last(stream(loaded, prompts, max_new_tokens=12, adapters=ADAPTERS))
    assert together == [alone(loaded, *asked) for asked in zip(prompts, ADAPTERS, strict=True)]


def test_base_in_a_mixed_batch_is_the_model_before_there_was_an_adapter(tiny_model):
    before = last(stream(sharpened(tiny_model), PROMPTS[:1], max_new_tokens=12))
    loaded = adapted(tiny_model)
    assert last(stream(loaded, PROMPTS[:2], max_new_tokens=12, adapters=["", "default"]))[0] == before[0]


def test_rows_of_a_mixed_batch_are_sampled_by_their_own_seeds(tiny_model):
    loaded, sample = adapted(tiny_model), Sampling([3, 3, 4, 5], 1.5, 0.9)
    together = last(stream(loaded, PROMPTS, max_new_tokens=12, adapters=ADAPTERS, sample=sample))
    for at, adapter in enumerate(ADAPTERS):
        assert together[at] == alone(loaded, PROMPTS[at], adapter, sample.only([at]))


@pytest.mark.parametrize("kind", ["dora", "no adapter", "padded"])
def test_what_cannot_mix_takes_turns(tiny_model, kind):
    loaded = sharpened(tiny_model) if kind == "no adapter" else adapted(tiny_model, use_dora=kind == "dora")
    if kind == "padded":
        loaded.packed = False
    assert not mixed.can_mix(loaded)

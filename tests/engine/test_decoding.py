"""Greedy answers: the same as transformers' generate, whatever the batch."""

import pytest
import torch

from engine import models
from engine.decoding import generate, stream
from engine.packing import ATTENTION

PROMPTS = [[5, 6, 7, 8], [5, 6, 7, 11, 12, 13], [30], [5, 6, 7, 8, 9, 10, 11, 12]]


@pytest.fixture
def loaded(tiny_model):
    """The tiny model, its output layer sharpened so that answers differ and some end early."""
    found = models.load(str(tiny_model))
    with torch.no_grad():
        generator = torch.Generator().manual_seed(1)
        for weight in found.model.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.2)
    return found


def expected(loaded, prompt, limit):
    """transformers' greedy answer to one prompt, without its end token."""
    before = loaded.model.config._attn_implementation
    loaded.model.set_attn_implementation("sdpa")
    ids = torch.tensor([prompt])
    out = loaded.model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=limit, do_sample=False,
        eos_token_id=loaded.stop_tokens, pad_token_id=0,
    )  # fmt: skip
    loaded.model.set_attn_implementation(before)
    answer = out[0, len(prompt) :].tolist()
    return answer[: next((at for at, token in enumerate(answer) if token in loaded.stop_tokens), limit)]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_answers_equal_those_of_transformers_generate_in_any_batch(loaded, batch_size, packed):
    if not packed:
        loaded.model.set_attn_implementation("sdpa")
    wanted = [expected(loaded, prompt, 12) for prompt in PROMPTS]
    answers = generate(loaded, PROMPTS, max_new_tokens=12, batch_size=batch_size)
    assert [answer.tokens for answer in answers] == wanted
    assert len({tuple(answer) for answer in wanted}) > 1


@pytest.mark.parametrize("packed", [True, False])
def test_an_answer_that_ends_leaves_the_batch_and_the_others_go_on(loaded, packed, monkeypatch):
    assert loaded.model.config._attn_implementation == ATTENTION
    if not packed:
        loaded.model.set_attn_implementation("sdpa")
    whole = generate(loaded, PROMPTS, max_new_tokens=12, batch_size=8)
    end = whole[0].tokens[3]  # pretend that the first answer's fourth token ends an answer
    monkeypatch.setattr(models.Loaded, "stop_tokens", [end])
    answers = generate(loaded, PROMPTS, max_new_tokens=12, batch_size=8)
    for answer, full in zip(answers, whole, strict=True):
        cut = full.tokens.index(end) if end in full.tokens else 12
        assert answer.tokens == full.tokens[:cut]
        assert answer.truncated == (cut == 12)
    assert len(answers[0].tokens) <= 3


def test_streaming_yields_one_more_token_at_a_time(loaded):
    counts = [[len(answer.tokens) for answer in answers] for answers in stream(loaded, PROMPTS[:2], max_new_tokens=5)]
    assert counts[0] == [1, 1] and counts[-1] == [5, 5]


def test_an_answer_cut_by_the_limit_says_so(loaded):
    answers = generate(loaded, PROMPTS, max_new_tokens=2, batch_size=4)
    assert all(answer.truncated and answer.done and len(answer.tokens) == 2 for answer in answers)

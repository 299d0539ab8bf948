"""Greedy answers are those of transformers' generate, whatever the batch; sampled ones follow the softmax."""

import pytest
import torch

from engine import models
from engine.decoding import Sampling, _drawn, generate, stream
from engine.packing import ATTENTION, LEAST_COMMON, hidden_states, pack
from tests.engine.runs import sharpened

PROMPTS = [[5, 6, 7, 8], [5, 6, 7, 11, 12, 13], [30], [5, 6, 7, 8, 9, 10, 11, 12]]


@pytest.fixture
def loaded(tiny_model):
    return sharpened(tiny_model)


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


def test_prompts_with_a_long_beginning_in_common_are_answered_as_alone(loaded):
    begin = [5 + at % 40 for at in range(LEAST_COMMON)]
    prompts = [[*begin, *prompt] for prompt in PROMPTS]
    assert pack(prompts).common == LEAST_COMMON
    answers = generate(loaded, prompts, max_new_tokens=12, batch_size=8)
    assert [answer.tokens for answer in answers] == [expected(loaded, prompt, 12) for prompt in prompts]


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


def sampled(loaded, prompts, seeds, *, temperature=1.0, batch_size=8, limit=12):
    sample = Sampling(seeds, temperature)
    answers = generate(loaded, prompts, max_new_tokens=limit, batch_size=batch_size, sample=sample)
    return [answer.tokens for answer in answers]


@pytest.mark.parametrize("packed", [True, False])
def test_a_seed_decides_an_answer_whatever_else_is_in_the_batch(loaded, packed):
    if not packed:
        loaded.model.set_attn_implementation("sdpa")
    seeds = [11, 12, 13, 14]
    together = sampled(loaded, PROMPTS, seeds)
    assert together == sampled(loaded, PROMPTS, seeds, batch_size=1)
    assert together == sampled(loaded, PROMPTS[::-1], seeds[::-1])[::-1]
    assert together != sampled(loaded, PROMPTS, [21, 22, 23, 24])


def test_copies_of_a_prompt_with_their_own_seeds_get_their_own_answers(loaded):
    assert len({tuple(answer) for answer in sampled(loaded, [PROMPTS[0]] * 6, range(6), temperature=2.0)}) > 1
    assert len({tuple(answer) for answer in sampled(loaded, [PROMPTS[0]] * 6, [5] * 6, temperature=2.0)}) == 1


@pytest.mark.parametrize("temperature", [0.7, 2.0])
def test_sampled_tokens_are_as_frequent_as_the_softmax_says(loaded, temperature, monkeypatch):
    """A chi-square test on the likeliest tokens and all others together, at one in ten thousand."""
    from scipy.stats import chisquare

    n, prompt = 4000, PROMPTS[0]
    monkeypatch.setattr(models.Loaded, "stop_tokens", [10**6])  # an answer is never empty
    with torch.no_grad():
        state = hidden_states(loaded.core, pack([prompt], device=loaded.device))[-1]
        chances = (loaded.core.get_output_embeddings()(state) / temperature).softmax(-1).double()
    drawn = torch.tensor(sampled(loaded, [prompt] * n, range(n), temperature=temperature, batch_size=n, limit=1))
    likely = [token for token in chances.topk(12).indices.tolist() if chances[token] * n >= 5]
    seen = [(drawn == token).sum().item() for token in likely]
    wanted = [chances[token].item() * n for token in likely]
    found = chisquare([*seen, n - sum(seen)], [*wanted, n - sum(wanted)])
    assert found.pvalue > 1e-4
    assert len(likely) > 3


def test_a_very_low_temperature_is_greedy(loaded):
    greedy = [answer.tokens for answer in generate(loaded, PROMPTS, max_new_tokens=12, batch_size=8)]
    assert sampled(loaded, PROMPTS, [1, 2, 3, 4], temperature=1e-4) == greedy


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.45, [1]), (0.5, [1]), (0.51, [1, 3]), (0.8, [1, 3]), (1.0, [0, 1, 2, 3])]
)
def test_top_p_keeps_the_likeliest_tokens_that_together_reach_it(top_p, kept):
    logits = torch.tensor([0.05, 0.5, 0.15, 0.3]).log()[None].expand(1000, -1)
    draws = torch.linspace(0, 0.999, 1000)
    drawn = _drawn(logits, Sampling(range(1000), 1.0, top_p), draws)
    assert sorted(set(drawn.tolist())) == kept


def test_the_token_that_ended_an_answer_is_known(loaded, monkeypatch):
    whole = generate(loaded, PROMPTS[:1], max_new_tokens=12, batch_size=1)[0]
    assert whole.end is None
    monkeypatch.setattr(models.Loaded, "stop_tokens", [whole.tokens[3]])
    assert generate(loaded, PROMPTS[:1], max_new_tokens=12, batch_size=1)[0].end == whole.tokens[3]

"""The packed layout gives what each row gives by itself."""

import pytest
import torch

from engine import packing
from engine.cache import Cache, Step
from engine.packing import ATTENTION, adopt, hidden_states, pack, step_states, tolerance

ROWS = [[5, 6, 7, 8, 9], [5, 6, 7, 11, 12, 13, 14], [5, 6, 20]]


@pytest.fixture(params=[99, 2], ids=["each row attends by itself", "what all begin with attends once"])
def model(tiny_model, request, monkeypatch):
    """A model, and from how many common tokens on attention treats them once: never in these short rows, or always."""
    monkeypatch.setattr(packing, "LEAST_COMMON", request.param)
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32).eval()


def alone(model, row):
    """The hidden states of one row by transformers' own attention."""
    with torch.no_grad():
        return model.get_decoder()(input_ids=torch.tensor([row])).last_hidden_state[0]


def test_rows_that_begin_alike_are_computed_once():
    packed = pack(ROWS)
    assert packed.row_tokens == 15
    assert len(packed.tokens) == 10
    assert packed.tokens[packed.rows[1, :7]].tolist() == ROWS[1]


def test_without_sharing_every_row_has_positions_of_its_own():
    assert len(pack(ROWS, share=False).tokens) == 15


@pytest.mark.parametrize("share", [True, False])
def test_packed_rows_have_the_hidden_states_they_have_alone(model, share):
    expected = [alone(model, row) for row in ROWS]
    assert adopt(model)
    packed = pack(ROWS, share=share)
    with torch.no_grad():
        states = hidden_states(model, packed)
    for number, row in enumerate(ROWS):
        assert torch.allclose(states[packed.rows[number, : len(row)]], expected[number], atol=1e-5)


def test_gradients_equal_those_of_separate_rows(model):
    def gradient(states):
        model.zero_grad()
        sum((part**2).mean() for part in states).backward()
        return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}

    separate = gradient([model.get_decoder()(input_ids=torch.tensor([row])).last_hidden_state[0] for row in ROWS])
    adopt(model)
    packed = pack(ROWS)
    states = hidden_states(model, packed)
    together = gradient([states[packed.rows[number, : len(row)]] for number, row in enumerate(ROWS)])
    assert separate.keys() == together.keys()
    for name, expected in separate.items():
        assert torch.allclose(together[name], expected, atol=1e-5), name


def test_a_step_on_the_cache_equals_the_row_computed_whole(model):
    expected = [alone(model, row)[-1] for row in ROWS]
    adopt(model)
    packed = pack([row[:-1] for row in ROWS])
    packed.keep = Cache(16, packed.common)
    with torch.no_grad():
        hidden_states(model, packed)
        step = Step(packed.keep, packed.lengths, int(packed.lengths.max()) + 1)
        states = step_states(model, torch.tensor([row[-1] for row in ROWS]), step)
    assert torch.allclose(states, torch.stack(expected), atol=1e-5)


def test_a_model_that_cannot_be_packed_computes_padded_rows_with_the_same_result(model):
    expected = [alone(model, row) for row in ROWS]
    packed = pack(ROWS)
    assert model.config._attn_implementation != ATTENTION
    with torch.no_grad():
        states = hidden_states(model, packed)
    for number, row in enumerate(ROWS):
        assert torch.allclose(states[packed.rows[number, : len(row)]], expected[number], atol=1e-5)


def test_an_attention_that_is_not_here_is_passed_over_for_the_next(model):
    own = model.config._attn_implementation
    assert not adopt(model, ("flash_attention_2",)) and model.config._attn_implementation == own
    assert adopt(model, ("flash_attention_2", ATTENTION)) and model.config._attn_implementation == ATTENTION


def test_16_bit_weights_are_allowed_their_own_rounding():
    assert tolerance(torch.float32) == 1e-3
    assert tolerance(torch.float32) < tolerance(torch.float16) < tolerance(torch.bfloat16) < 0.1


def test_a_model_with_sliding_windows_keeps_its_own_attention(tiny_model):
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=300, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, sliding_window=4,
    )  # fmt: skip
    model = MistralForCausalLM(config).eval()
    before = model.config._attn_implementation
    assert not adopt(model)
    assert model.config._attn_implementation == before
    rows = [[5, 6, 7, 8, 9, 10, 11, 12], [5, 6, 7]]
    packed = pack(rows)
    with torch.no_grad():
        states = hidden_states(model, packed)
    assert torch.allclose(states[packed.rows[0]], alone(model, rows[0]), atol=1e-5)

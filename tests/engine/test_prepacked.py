"""Weights laid out beforehand: the same logits, nothing left behind, gradients where something is trained."""

import pytest
import torch

from engine.prepacked import prepacked

pytestmark = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch was built without oneDNN")


@pytest.fixture
def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(48, 96), torch.nn.GELU(), torch.nn.Linear(96, 32, bias=False))


@pytest.mark.parametrize("shape", [(1, 48), (64, 48), (3, 7, 48)])
@torch.no_grad()
def test_the_model_computes_the_same_inside_and_is_as_it_was_afterwards(model, shape):
    states = torch.randn(shape)
    expected = model(states)
    with prepacked(model):
        assert "forward" in vars(model[0])
        torch.testing.assert_close(model(states), expected)
    assert all("forward" not in vars(layer) for layer in model)
    assert torch.equal(model(states), expected)


def test_what_is_trained_is_left_out_and_gradients_flow_through_the_rest(model):
    model[0].requires_grad_(False)
    states = torch.randn(4, 48, requires_grad=True)
    model(states).sum().backward()
    expected, states.grad = states.grad, None
    with prepacked(model, frozen_only=True):
        assert ["forward" in vars(layer) for layer in (model[0], model[2])] == [True, False]
        model(states).sum().backward()
    assert torch.equal(states.grad, expected)


@torch.no_grad()
def test_other_dtypes_and_too_little_memory_change_nothing(model, monkeypatch):
    with prepacked(model.bfloat16()):
        assert "forward" not in vars(model[0])
    monkeypatch.setattr("engine.prepacked.SPARE", 1e18)
    with prepacked(model.float()):
        assert "forward" not in vars(model[0])


def test_4_bit_weights_are_widened_once_and_give_the_same_and_the_same_gradients():
    from bitsandbytes.nn import Linear4bit

    torch.manual_seed(0)
    layer = Linear4bit(64, 128, bias=True, compute_dtype=torch.float32, quant_type="nf4").to("cpu")
    model, states = torch.nn.Sequential(layer), torch.randn(5, 64, requires_grad=True)
    with torch.no_grad():
        expected = model(states)
    assert layer.weight.quant_state is not None and layer.weight.dtype == torch.uint8
    with prepacked(model):
        assert "forward" in vars(layer)
        with torch.no_grad():
            torch.testing.assert_close(model(states), expected)
        model(states).sum().backward()
    assert states.grad.abs().sum() > 0 and "forward" not in vars(layer)


def test_an_error_inside_leaves_the_model_as_it_was(model):
    with pytest.raises(RuntimeError), prepacked(model):
        raise RuntimeError
    assert "forward" not in vars(model[0])

"""PiSSA beside an untouched base: the same function as peft's, the adapter off is base, saved as a plain LoRA."""

import json

import pytest
import torch
from peft import PeftModel

from engine import models
from engine.methods.lora import Settings, attach
from engine.packing import hidden_states, pack
from engine.pissa import principal
from engine.schema import UserError
from engine.training.train import probe_logits

RANK = 4


@pytest.fixture
def loaded(tiny_model):
    return models.load(str(tiny_model))


def pissa(loaded, seed=0, **options):
    torch.manual_seed(seed)
    loaded.model = attach(loaded.core, Settings(init="pissa", rank=RANK, **options)).eval()
    return loaded


def shaken(loaded):
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in loaded.model.parameters():
            if weight.requires_grad:
                weight.add_(0.02 * torch.randn_like(weight))
    return loaded


@pytest.mark.parametrize("options", [{}, {"rank_stabilised": True}, {"dora": True}])
def test_before_training_it_answers_as_base_does(loaded, options):
    base = probe_logits(loaded)
    difference = (probe_logits(pissa(loaded, **options)) - base).abs().max() / base.abs().max()
    assert difference < 1e-5


def test_switched_off_it_is_base_exactly_after_training_too(loaded):
    base = probe_logits(loaded)
    shaken(pissa(loaded))
    assert not torch.allclose(probe_logits(loaded), base, atol=1e-3)
    with loaded.model.disable_adapter():
        assert torch.equal(probe_logits(loaded), base)


def test_the_start_is_the_best_approximation_of_its_rank():
    torch.manual_seed(0)
    weight = torch.randn(40, 30)
    down, up = principal(weight, RANK, scaling=2.0)
    left, values, right = torch.linalg.svd(weight, full_matrices=False)
    best = left[:, :RANK] * values[:RANK] @ right[:RANK]
    assert (down.shape, up.shape) == ((RANK, 30), (40, RANK))
    assert (weight - 2.0 * up @ down).norm() < 1.01 * (weight - best).norm()
    assert torch.allclose(down.norm(dim=1), up.norm(dim=0), rtol=1e-3)  # shared out between the two, as in the paper


def test_trained_it_is_the_function_of_a_lora_beside_weights_without_those_directions(tiny_model):
    """PiSSA as the paper has it takes the directions out of the weights; here they are taken away beside them."""
    ours, papers = models.load(str(tiny_model)), models.load(str(tiny_model))
    starts = {name: weight.detach().clone() for name, weight in pissa(ours).model.named_parameters()}
    shaken(ours)
    papers.model = attach(papers.core, Settings(rank=RANK)).eval()
    matrices = dict(papers.model.named_parameters())
    with torch.no_grad():
        for name, weight in ours.model.named_parameters():
            if weight.requires_grad:
                assert not torch.equal(weight, starts[name])
                matrices[name.replace(".trained", ".weight")].copy_(weight)
        for name, layer in papers.core.named_modules():
            if hasattr(layer, "lora_A"):
                start = [starts[f"base_model.model.{name}.lora_{side}.default.trained"] for side in "BA"]
                layer.base_layer.weight.sub_(layer.scaling["default"] * start[0] @ start[1])
    assert torch.allclose(probe_logits(ours), probe_logits(papers), atol=1e-4)


def test_only_the_half_that_trains_is_trainable_and_the_other_never_moves(loaded):
    pissa(loaded)
    hidden, inner, kv, layers = 64, 128, 32, 2
    wanted = layers * RANK * (2 * (hidden + hidden) + 2 * (hidden + kv) + 3 * (hidden + inner))
    trained = [weight for weight in loaded.model.parameters() if weight.requires_grad]
    assert sum(weight.numel() for weight in trained) == wanted
    assert loaded.model.get_nb_trainable_parameters()[0] == wanted
    frozen = {name: held.clone() for name, held in loaded.model.named_buffers() if name.endswith(".frozen")}
    optimizer = torch.optim.AdamW(trained, lr=1e-2, weight_decay=0.5)
    before = [weight.detach().clone() for weight in trained]
    hidden_states(loaded.core, pack([[5, 6, 7]])).square().mean().backward()
    optimizer.step()
    assert all(not torch.equal(weight, old) for weight, old in zip(trained, before, strict=True))
    buffers = dict(loaded.model.named_buffers())
    assert len(frozen) == 2 * 7 * layers
    assert all(torch.equal(buffers[name], held) for name, held in frozen.items())


@pytest.mark.parametrize("options", [{}, {"rank_stabilised": True}, {"dora": True}])
def test_the_saved_adapter_is_a_plain_lora_of_twice_the_rank(loaded, tiny_model, tmp_path, options):
    shaken(pissa(loaded, **options)).model.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert (config["peft_type"], config["r"], config["init_lora_weights"]) == ("LORA", 2 * RANK, True)
    again = models.load(str(tiny_model))
    again.model = PeftModel.from_pretrained(again.core, tmp_path).eval()
    assert torch.equal(probe_logits(again), probe_logits(loaded))
    merged = models.load(str(tiny_model), adapter=tmp_path, merge=True)
    assert torch.allclose(probe_logits(merged), probe_logits(loaded), atol=1e-4)


def test_the_state_dict_can_be_read_back(loaded, tiny_model):
    shaken(pissa(loaded))
    other = pissa(models.load(str(tiny_model)), seed=5)
    assert not torch.equal(probe_logits(other), probe_logits(loaded))
    other.model.load_state_dict(loaded.model.state_dict())
    assert torch.equal(probe_logits(other), probe_logits(loaded))


def test_the_same_seed_gives_the_same_start(loaded, tiny_model):
    first = pissa(loaded).model.state_dict()
    again = pissa(models.load(str(tiny_model))).model.state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_on_4_bit_weights_it_is_refused_and_the_message_says_what_to_do(tiny_model):
    with pytest.raises(UserError, match="4 bits.*default.*LoRA"):
        pissa(models.load(str(tiny_model), quantization="nf4"))


def test_a_rank_above_the_narrowest_layer_is_refused(loaded):
    with pytest.raises(UserError, match="only 32 directions"):
        attach(loaded.core, Settings(init="pissa", rank=33))

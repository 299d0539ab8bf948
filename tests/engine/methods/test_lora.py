"""The options of LoRA: each changes what it says it changes, and nothing before training."""

import pytest
import torch

from engine import models
from engine.methods.lora import METHOD, Settings, attach, rate_ratio
from engine.schema import UserError
from engine.training.train import probe_logits


@pytest.fixture
def loaded(tiny_model):
    return models.load(str(tiny_model), dtype=torch.float32)


def layers(model):
    return {name: module for name, module in model.named_modules() if hasattr(module, "lora_A")}


@pytest.mark.parametrize(
    "options", [{"dora": True}, {"rank_stabilised": True}, {"target": "attention"}, {"target": "feed-forward"}]
)
def test_before_training_every_option_leaves_base_as_it_is(loaded, options):
    base = probe_logits(loaded)
    loaded.model = attach(loaded.core, Settings(**options)).eval()
    assert torch.equal(probe_logits(loaded), base)


def test_rank_stabilised_scales_by_the_root_of_the_rank(loaded, tiny_model):
    plain = layers(attach(models.load(str(tiny_model)).core, Settings(rank=16, alpha=32)))
    stable = layers(attach(loaded.core, Settings(rank=16, alpha=32, rank_stabilised=True)))
    assert {layer.scaling["default"] for layer in plain.values()} == {32 / 16}
    assert {layer.scaling["default"] for layer in stable.values()} == {32 / 4}


def test_dora_learns_a_length_for_every_output_of_every_layer(loaded):
    model = attach(loaded.core, Settings(dora=True, rank=4))
    lengths = {name: weight for name, weight in model.named_parameters() if "magnitude" in name}
    assert len(lengths) == 2 * 7
    assert all(weight.requires_grad for weight in lengths.values())
    layer = loaded.core.model.layers[0].mlp.down_proj
    assert torch.allclose(layer.lora_magnitude_vector["default"].weight, layer.base_layer.weight.norm(dim=1))


@pytest.mark.parametrize(
    ("target", "kinds"),
    [
        ("attention", {"q_proj", "k_proj", "v_proj", "o_proj"}),
        ("feed-forward", {"gate_proj", "up_proj", "down_proj"}),
        ("all-linear", {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}),
    ],
)
def test_only_the_chosen_layers_get_matrices(loaded, target, kinds):
    found = layers(attach(loaded.core, Settings(target=target)))
    assert {name.rsplit(".", 1)[-1] for name in found} == kinds
    assert len(found) == 2 * len(kinds)


def test_a_model_without_such_layers_is_refused_with_the_names_looked_for():
    with pytest.raises(UserError, match="attention.*q_proj"):
        attach(torch.nn.Sequential(torch.nn.Linear(2, 2)), Settings(target="attention"))


def test_lora_plus_gives_the_second_matrix_of_every_pair_its_own_rate(loaded):
    settings = Settings(b_ratio=16, dora=True)
    model = attach(loaded.core, settings)
    names = [name for name, weight in model.named_parameters() if weight.requires_grad]
    raised = {name for name in names if rate_ratio(name, settings) == 16}
    assert raised == {name for name in names if "lora_B" in name} and len(raised) == 2 * 7
    assert all(rate_ratio(name, settings) == 1 for name in names if name not in raised)
    assert all(rate_ratio(name, Settings()) == 1 for name in names)
    assert METHOD.rate_ratio is rate_ratio

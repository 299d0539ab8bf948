"""Adapter tuning: where the bottlenecks stand, how many parameters they have, and what is refused."""

import pytest
import torch

from engine import models
from engine.bottleneck import BottleneckLayer
from engine.methods.adapter import Settings, attach
from engine.schema import UserError
from engine.training.train import probe_logits

HIDDEN, LAYERS = 64, 2


@pytest.fixture
def loaded(tiny_model):
    return models.load(str(tiny_model))


@pytest.mark.parametrize(("placement", "kinds"), [("houlsby", {"o_proj", "down_proj"}), ("pfeiffer", {"down_proj"})])
def test_bottlenecks_stand_where_the_placement_says(loaded, placement, kinds):
    model = attach(loaded.core, Settings(placement=placement))
    wrapped = [name for name, module in model.named_modules() if isinstance(module, BottleneckLayer)]
    assert {name.rsplit(".", 1)[-1] for name in wrapped} == kinds
    assert len(wrapped) == LAYERS * len(kinds)


@pytest.mark.parametrize(("placement", "places"), [("houlsby", 2), ("pfeiffer", 1)])
@pytest.mark.parametrize(("reduction", "size"), [(16, 4), (2, 32), (256, 1)])
def test_the_parameters_are_those_counted_by_hand(loaded, placement, places, reduction, size):
    model = attach(loaded.core, Settings(placement=placement, reduction=reduction))
    wanted = LAYERS * places * (2 * HIDDEN * size + size + HIDDEN)
    assert model.get_nb_trainable_parameters()[0] == wanted


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu"])
def test_before_training_it_is_base_exactly(loaded, activation):
    base = probe_logits(loaded)
    loaded.model = attach(loaded.core, Settings(activation=activation)).eval()
    assert torch.equal(probe_logits(loaded), base)
    assert set(loaded.core.model.layers[0].mlp.down_proj.bottleneck_activation.values()) == {activation}


def test_a_model_whose_layers_have_unknown_names_is_refused():
    with pytest.raises(UserError, match="feed-forward.*down_proj"):
        attach(torch.nn.Sequential(torch.nn.Linear(2, 2)), Settings())

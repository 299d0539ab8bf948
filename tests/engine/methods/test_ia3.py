"""IA3: factors that begin at one, on keys, values and the feed-forward layer, and can be merged."""

import pytest
import torch

from engine import models
from engine.methods.ia3 import Settings, attach
from engine.schema import UserError
from engine.training.train import probe_logits


@pytest.fixture
def loaded(tiny_model):
    return models.load(str(tiny_model), dtype=torch.float32)


def test_before_training_it_is_base_exactly(loaded):
    base = probe_logits(loaded)
    loaded.model = attach(loaded.core, Settings()).eval()
    assert torch.equal(probe_logits(loaded), base)


def test_factors_stand_on_what_keys_and_values_give_and_on_what_the_feed_forward_takes(loaded):
    model = attach(loaded.core, Settings())
    shapes = {
        (name.split(".")[-3], tuple(weight.shape)) for name, weight in model.named_parameters() if weight.requires_grad
    }
    assert shapes == {("k_proj", (32, 1)), ("v_proj", (32, 1)), ("down_proj", (1, 128))}


def test_merged_it_answers_as_it_did_beside_the_weights(loaded, tiny_model, tmp_path):
    base = probe_logits(loaded)
    loaded.model = attach(loaded.core, Settings()).eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in loaded.model.parameters():
            if weight.requires_grad:
                weight.mul_(1 + 0.5 * torch.rand_like(weight))
    loaded.model.save_pretrained(tmp_path)
    merged = models.load(str(tiny_model), adapter=tmp_path, merge=True, dtype=torch.float32)
    assert type(merged.core.model.layers[0].mlp.down_proj) is torch.nn.Linear
    assert torch.allclose(probe_logits(merged), probe_logits(loaded), atol=1e-5)
    assert not torch.allclose(probe_logits(merged), base, atol=1e-3)


def test_a_model_whose_layers_have_unknown_names_is_refused():
    with pytest.raises(UserError, match="feed-forward"):
        attach(torch.nn.Sequential(torch.nn.Linear(2, 2)), Settings())

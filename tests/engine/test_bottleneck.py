"""Bottleneck adapters as a tuner of peft: exact before training, saved and loaded, switched, never merged."""

import json

import pytest
import torch
from peft import PeftModel, get_peft_model
from transformers import GPT2Config, GPT2LMHeadModel

from engine import models
from engine.bottleneck import BottleneckConfig, BottleneckLayer
from engine.packing import hidden_states, pack
from engine.schema import DataSpec, RunSpec, Source

TARGETS = ["o_proj", "down_proj"]


@pytest.fixture
def loaded(tiny_model):
    return models.load(str(tiny_model))


def config(**options):
    return BottleneckConfig(**{"target_modules": TARGETS, "task_type": "CAUSAL_LM", **options})


def adapted(loaded, **options):
    torch.manual_seed(0)
    return get_peft_model(loaded.core, config(**options)).eval()


def logits(model, ids=(5, 6, 7, 8, 9)):
    core = model.get_base_model() if isinstance(model, PeftModel) else model
    with torch.no_grad():
        return core.get_output_embeddings()(hidden_states(core, pack([ids], device=core.device)))


def shaken(model, adapter="default", seed=0):
    """The model with the weights of one adapter moved as training would move them."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if f"bottleneck_up.{adapter}." in name:
                weight.add_(0.1 * torch.randn_like(weight))
    return model


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu"])
def test_before_training_the_output_is_base_to_the_last_bit(loaded, activation):
    base = logits(loaded.model)
    assert torch.equal(logits(adapted(loaded, activation=activation)), base)


def test_what_is_added_is_up_of_the_activation_of_down(loaded):
    loaded.core.float()  # a GPU takes bf16
    model = shaken(adapted(loaded, reduction=8, activation="gelu"))
    layer = model.base_model.model.model.layers[0].mlp.down_proj
    x = torch.randn(3, 128, device=loaded.device)
    y = layer.base_layer(x)
    down, up = layer.bottleneck_down["default"], layer.bottleneck_up["default"]
    assert (down.out_features, up.out_features) == (64 // 8, 64)
    inner = torch.nn.functional.gelu(y @ down.weight.T + down.bias)
    assert torch.allclose(layer(x), y + inner @ up.weight.T + up.bias, atol=1e-6)


def test_only_the_bottlenecks_train(loaded):
    model = adapted(loaded)
    trainable = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert trainable == {name for name, _ in model.named_parameters() if "bottleneck_" in name}
    assert len(trainable) == 2 * 2 * 4  # layers, places, weights and biases of down and up


def test_a_saved_adapter_loaded_afresh_gives_the_same_logits(loaded, tiny_model, tmp_path):
    model = shaken(adapted(loaded, reduction=4, activation="silu"))
    model.save_pretrained(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} <= {".safetensors", ".json", ".md"}
    assert json.loads((tmp_path / "adapter_config.json").read_text())["peft_type"] == "BOTTLENECK"
    again = models.load(str(tiny_model), adapter=tmp_path)
    assert torch.equal(logits(again.model), logits(model))
    assert not [name for name, weight in again.model.named_parameters() if weight.requires_grad]


def test_switched_off_it_is_base_exactly_and_back_on_it_is_itself(loaded):
    base = logits(loaded.model)
    model = shaken(adapted(loaded))
    tuned = logits(model)
    with model.disable_adapter():
        assert torch.equal(logits(model), base)
    assert not torch.equal(tuned, base)
    assert torch.equal(logits(model), tuned)
    assert [name for name, weight in model.named_parameters() if weight.requires_grad]


def test_two_adapters_stand_side_by_side_and_are_switched(loaded, tiny_model):
    base = logits(loaded.model)
    first = logits(shaken(adapted(loaded), seed=1))
    torch.manual_seed(0)
    model = get_peft_model(models.load(str(tiny_model)).core, config(), adapter_name="one").eval()
    model.add_adapter("two", config(target_modules=["down_proj"], activation="silu"))
    assert torch.equal(logits(model), base)
    shaken(model, "one", seed=1), shaken(model, "two", seed=2)
    one = logits(model)
    assert torch.equal(one, first)
    model.set_adapter("two")
    two = logits(model)
    trainable = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert trainable and all(".two." in name for name in trainable)
    assert not torch.equal(two, one) and not torch.equal(two, base)
    model.set_adapter("one")
    assert torch.equal(logits(model), one)
    model.base_model.set_adapter(["one", "two"])
    assert not torch.equal(logits(model), one) and not torch.equal(logits(model), two)
    model.delete_adapter("two")
    assert torch.equal(logits(model), one)


def test_a_second_saved_adapter_is_loaded_beside_the_first(loaded, tiny_model, tmp_path):
    one, two = shaken(adapted(loaded), seed=1), shaken(adapted(models.load(str(tiny_model))), seed=2)
    one.save_pretrained(tmp_path / "one")
    two.save_pretrained(tmp_path / "two")
    both = PeftModel.from_pretrained(models.load(str(tiny_model)).core, tmp_path / "one", adapter_name="one").eval()
    both.load_adapter(tmp_path / "two", adapter_name="two")
    assert torch.equal(logits(both), logits(one))
    both.set_adapter("two")
    assert torch.equal(logits(both), logits(two))
    assert not torch.equal(logits(one), logits(two))


def test_merging_is_refused_in_words_and_leaves_the_model_as_it_was(loaded):
    model = shaken(adapted(loaded))
    before = logits(model)
    for merge in (model.merge_and_unload, model.merge_adapter):
        with pytest.raises(ValueError, match="cannot be merged"):
            merge()
    assert torch.equal(logits(model), before)


def test_the_tuned_model_of_a_run_keeps_the_adapter_beside_the_weights(loaded, tiny_model, tmp_path):
    model = shaken(adapted(loaded))
    model.save_pretrained(tmp_path)
    spec = RunSpec(data=DataSpec(train=Source(path="x")), model=str(tiny_model), method="adapter")
    again = models.load_tuned(spec, tmp_path, quantization="", adapter=True)
    assert isinstance(again.core.model.layers[0].mlp.down_proj, BottleneckLayer)
    assert torch.equal(logits(again.model), logits(model))


def test_it_can_be_taken_off_again(loaded):
    base = logits(loaded.model)
    plain = shaken(adapted(loaded)).unload()
    assert torch.equal(logits(plain), base)
    assert not [module for module in plain.modules() if isinstance(module, BottleneckLayer)]


def test_packed_rows_give_the_logits_of_plain_ones(loaded):
    assert loaded.packed
    loaded.core.float()
    model = shaken(adapted(loaded))
    rows = [[5, 6, 7, 8, 9], [5, 6, 7, 11, 12, 13]]
    packed = pack(rows, device=loaded.device)
    with torch.no_grad():
        together = loaded.core.get_output_embeddings()(hidden_states(loaded.core, packed))
    loaded.core.set_attn_implementation("eager")
    for number, row in enumerate(rows):
        with torch.no_grad():
            alone = model(input_ids=torch.tensor([row], device=loaded.device)).logits[0]
        assert torch.allclose(together[packed.rows[number, : len(row)]], alone, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_on_a_16_bit_base_the_adapter_is_fp32_and_the_output_stays_16_bit(loaded, dtype):
    base = loaded.core.to(dtype)
    before = logits(base)
    model = adapted(loaded)
    assert {weight.dtype for name, weight in model.named_parameters() if "bottleneck_" in name} == {torch.float32}
    assert logits(model).dtype == dtype
    assert torch.equal(logits(model), before)
    assert logits(shaken(model)).dtype == dtype


def test_4_bit_layers_are_wrapped_too_and_pass_gradients(tiny_model):
    loaded = models.load(str(tiny_model), quantization="nf4")
    base = logits(loaded.model)
    model = adapted(loaded, activation="gelu")  # of four ReLUs all may be silent, and then none learns
    assert torch.equal(logits(model), base)
    shaken(model)
    hidden_states(loaded.core, pack([[5, 6, 7]], device=loaded.device)).sum().backward()
    gradients = {name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}
    assert gradients and all(gradient.abs().sum() > 0 for gradient in gradients.values())


def test_a_whole_block_with_a_tensor_as_output_can_be_wrapped(loaded):
    base = logits(loaded.model)
    model = adapted(loaded, target_modules=["mlp"])
    layer = model.base_model.model.model.layers[0].mlp
    assert isinstance(layer, BottleneckLayer) and layer.width == 64
    assert torch.equal(logits(model), base)
    assert not torch.equal(logits(shaken(model)), base)


def test_gpt2_whose_layers_are_of_another_kind_works_as_well():
    shape = GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=2, n_positions=32, bos_token_id=0, eos_token_id=0)
    base = GPT2LMHeadModel(shape).eval()
    before = logits(base)
    model = get_peft_model(base, config(target_modules=["mlp.c_proj", "attn.c_proj"], reduction=4)).eval()
    assert torch.equal(logits(model), before)
    assert not torch.equal(logits(shaken(model)), before)


@pytest.mark.parametrize(("options", "words"), [({"activation": "sine"}, "relu"), ({"reduction": 0}, "at least 1")])
def test_settings_that_mean_nothing_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        BottleneckConfig(**options)

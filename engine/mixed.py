"""Several adapters on one loaded model: a row answers with its own adapter, or with none, which is base.

One step for both sides reads the weights once. Only LoRA can do that in one batch; other adapters take turns.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

BASE = ""  # no adapter
PEFT_BASE = "__base__"  # peft 0.21.2, LoraLayer._mixed_batch_forward
MIXING = ("Linear", "Linear4bit")  # peft's LoRA layers whose rows may have adapters of their own


def has_adapters(loaded: Any) -> bool:
    """Whether there is an adapter on the loaded model that can be switched off."""
    return hasattr(loaded.model, "peft_config")


def can_mix(loaded: Any) -> bool:
    """Whether rows with different adapters may stand in one batch of this model: plain LoRA, not DoRA."""
    if not has_adapters(loaded) or not loaded.packed:
        return False
    from peft.tuners.lora import LoraLayer
    from peft.tuners.tuners_utils import BaseTunerLayer

    layers = [module for module in loaded.model.modules() if isinstance(module, BaseTunerLayer)]
    return bool(layers) and all(
        isinstance(layer, LoraLayer) and type(layer).__name__ in MIXING and not any(layer.use_dora.values())
        for layer in layers
    )


@contextmanager
def only(loaded: Any, adapter: str) -> Iterator[None]:
    """Inside, every row answers with this adapter; BASE for none."""
    if adapter == BASE and has_adapters(loaded):
        with loaded.base():
            yield
        return
    if adapter != BASE and len(loaded.model.peft_config) > 1 and loaded.model.active_adapters != [adapter]:
        loaded.model.set_adapter(adapter, inference_mode=True)
    yield


@contextmanager
def each(loaded: Any, adapters: Sequence[str]) -> Iterator[None]:
    """Inside, row number i of a step answers with adapters[i]: the model's input must have as many rows."""
    if len(set(adapters)) == 1:
        with only(loaded, adapters[0]):
            yield
        return
    names = [adapter or PEFT_BASE for adapter in adapters]
    with loaded.model.base_model._enable_peft_forward_hooks(adapter_names=names):
        yield

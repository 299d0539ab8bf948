"""Bottleneck adapters as a tuner of peft: saved, loaded, switched off and exchanged the way LoRA is.

A wrapped module's output y becomes y + up(act(down(y))): down to a small width, a nonlinearity, and up again. `up`
begins at zero, so until trained the output is base's to the last bit. The nonlinearity is why it cannot be merged.
Sources: Houlsby et al. 2019, https://arxiv.org/abs/1902.00751 (the module, and its place after attention and after the
feed-forward layer); Pfeiffer et al. 2020, https://arxiv.org/abs/2005.00247 (after the feed-forward layer alone).
Importing this module makes the tuner known to peft (0.21.2).
"""

from dataclasses import dataclass
from typing import Any

import torch
from peft.config import PeftConfig
from peft.mapping import PEFT_TYPE_TO_TUNER_MAPPING
from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer
from peft.utils.peft_types import PeftType, register_peft_method
from torch import nn

NAME = "bottleneck"
ACTIVATIONS = {"relu": nn.functional.relu, "gelu": nn.functional.gelu, "silu": nn.functional.silu}
CANNOT_MERGE = (
    "A bottleneck adapter cannot be merged into the weights: what it adds is not linear. Keep it beside the model."
)


def _peft_type() -> PeftType:
    """peft's name for the tuner. Its names are a closed enum, in which a tuner from outside must first be entered."""
    key = NAME.upper()
    if key not in PeftType.__members__:
        member = str.__new__(PeftType, key)
        member._name_, member._value_ = key, key
        setattr(PeftType, key, member)
        PeftType._member_map_[key] = PeftType._value2member_map_[key] = member
        PeftType._member_names_.append(key)
    return PeftType(key)


@dataclass
class BottleneckConfig(PeftConfig):
    """`target_modules`: the ends of the wrapped modules' names. `reduction`: how many times narrower than the module's
    output the bottleneck is. `activation`: relu, gelu or silu. Raises ValueError for other values."""

    target_modules: list[str] | str | None = None
    exclude_modules: list[str] | str | None = None
    reduction: int = 16
    activation: str = "relu"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.peft_type = _peft_type()
        for name in ("target_modules", "exclude_modules"):  # peft goes through sets
            if isinstance(getattr(self, name), list):
                setattr(self, name, set(getattr(self, name)))
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation is '{self.activation}'; choose one of {', '.join(ACTIVATIONS)}")
        if self.reduction < 1:
            raise ValueError(f"reduction is {self.reduction}; it must be at least 1")


class BottleneckLayer(nn.Module, BaseTunerLayer):
    """Any module whose output is one tensor (..., width), and the bottlenecks put after it, by adapter name."""

    adapter_layer_names = ("bottleneck_down", "bottleneck_up")
    other_param_names = ("bottleneck_activation",)

    def __init__(self, base_layer: nn.Module, *, width: int) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.width = width
        self.bottleneck_down = nn.ModuleDict()
        self.bottleneck_up = nn.ModuleDict()
        self.bottleneck_activation: dict[str, str] = {}
        self._disable_adapters = False
        self._active_adapter: str | list[str] = []
        self.merged_adapters = []  # always empty; peft asks

    def add(self, adapter_name: str, config: BottleneckConfig, *, active: str | list[str]) -> None:
        """Put a bottleneck that changes nothing yet beside those that are there."""
        size = max(1, self.width // config.reduction)
        down, up = nn.Linear(self.width, size), nn.Linear(size, self.width)
        for zero in (down.bias, up.weight, up.bias):
            nn.init.zeros_(zero)
        self.bottleneck_down[adapter_name], self.bottleneck_up[adapter_name] = down, up
        self.bottleneck_activation[adapter_name] = config.activation
        self._move_adapter_to_device_of_base_layer(adapter_name)
        self.set_adapter(active, inference_mode=config.inference_mode)

    def forward(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        out = self.base_layer(*args, **kwargs)
        if self.disable_adapters:
            return out
        added = [self._added(name, out) for name in self.active_adapters if name in self.bottleneck_up]
        return sum(added, start=out)

    def _added(self, name: str, out: torch.Tensor) -> torch.Tensor:
        """What one adapter adds: computed in its own dtype (fp32), given in that of the output."""
        down, up = self.bottleneck_down[name], self.bottleneck_up[name]
        inner = ACTIVATIONS[self.bottleneck_activation[name]](down(out.to(down.weight.dtype)))
        return up(inner).to(out.dtype)

    def merge(self, *args: Any, **kwargs: Any) -> None:
        raise ValueError(CANNOT_MERGE)


class BottleneckModel(BaseTuner):
    """A model with its target modules wrapped in BottleneckLayers."""

    prefix = f"{NAME}_"
    tuner_layer_cls = BottleneckLayer
    target_module_mapping: dict[str, list[str]] = {}

    def _create_and_replace(
        self,
        peft_config: BottleneckConfig,
        adapter_name: str,
        target: nn.Module,
        target_name: str,
        parent: nn.Module,
        current_key: str,
        **_: Any,
    ) -> None:
        if isinstance(target, BottleneckLayer):
            target.add(adapter_name, peft_config, active=target.active_adapters)
            return
        layer = BottleneckLayer(target, width=self._width(target, current_key))
        layer.add(adapter_name, peft_config, active=self.active_adapters)
        self._replace_module(parent, target_name, layer, target)

    def _width(self, module: nn.Module, name: str) -> int:
        """The last dimension of the module's output: a linear layer's own, else the model's hidden size."""
        found = getattr(module, "out_features", None) or getattr(module, "nf", None)  # nf: transformers' Conv1D
        found = found or self.get_model_config(self.model).get("hidden_size")
        if found is None:
            raise TypeError(f"The width of the output of '{name}' ({type(module).__name__}) is not known.")
        return found

    def _check_merge_allowed(self) -> None:
        raise ValueError(CANNOT_MERGE)


if _peft_type() not in PEFT_TYPE_TO_TUNER_MAPPING:  # a module may be imported twice
    register_peft_method(name=NAME, config_cls=BottleneckConfig, model_cls=BottleneckModel)

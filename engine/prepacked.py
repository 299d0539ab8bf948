"""Weights laid out once as the CPU's matrix product wants them, while a model does nothing but answer.

oneDNN multiplies by fp32 weights that lie in blocks. torch hands it, or MKL, the plain rows at every call; with the
blocks made once a batch that has shrunk to a few rows is answered faster, and a large one no slower (docs/log.md).
4-bit weights are widened once instead of at every call: the same numbers, and the memory they save is only taken where
it is free and nothing is trained.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import torch

ROWS = 64  # what the blocks are made for: a batch of answers
SPARE = 2  # times the weights' bytes must be free, since the blocks are a second copy of them


@contextmanager
def prepacked(model: torch.nn.Module, *, frozen_only: bool = False) -> Iterator[None]:
    """Inside, linear layers on the CPU that compute in fp32 do so without gradient from weights laid out beforehand.

    The weights are those it begins with, so nothing may be trained inside; `frozen_only` leaves out those that can be,
    and gradients flow through the others as ever. The same up to rounding. Without oneDNN, with too little memory, on
    other devices and for other dtypes nothing changes.
    """
    layers = [layer for layer in _layers(model) if not (frozen_only and layer.weight.requires_grad)]
    if not _pays(layers):
        layers = []
    try:
        for layer in layers:
            layer.forward = _forward(layer)
        yield
    finally:
        for layer in layers:
            vars(layer).pop("forward", None)


def _layers(model: torch.nn.Module) -> list[torch.nn.Linear]:
    """Plain and 4-bit linear layers alone: whatever else subclasses them computes something of its own."""
    return [
        module
        for module in model.modules()
        if (type(module) is torch.nn.Linear and module.weight.dtype == torch.float32 or _is_4bit(module))
        and module.weight.device.type == "cpu"
        and "forward" not in vars(module)
    ]


def _is_4bit(module: torch.nn.Module) -> bool:
    """Whether it is a layer of bitsandbytes, its weights quantised, that computes in fp32."""
    if type(module).__module__ != "bitsandbytes.nn.modules" or type(module).__name__ != "Linear4bit":
        return False
    return module.weight.quant_state is not None and module.compute_dtype == torch.float32


def _pays(layers: list[torch.nn.Linear]) -> bool:
    needed = sum(4 * layer.in_features * layer.out_features for layer in layers)
    return torch.backends.mkldnn.is_available() and psutil.virtual_memory().available > SPARE * needed


def _forward(layer: torch.nn.Linear) -> Any:
    with torch.no_grad():
        blocks = torch.ops.mkldnn._reorder_linear_weight(_weight(layer), ROWS)

    def forward(states: torch.Tensor) -> torch.Tensor:
        if torch.is_grad_enabled() or states.dtype != torch.float32:
            return type(layer).forward(layer, states)
        return torch.ops.mkldnn._linear_pointwise(states, blocks, layer.bias, "none", [], "")

    return forward


def _weight(layer: torch.nn.Linear) -> torch.Tensor:
    """The layer's weights in fp32, (out, in)."""
    if not _is_4bit(layer):
        return layer.weight
    from bitsandbytes.functional import dequantize_4bit

    return dequantize_4bit(layer.weight.data, layer.weight.quant_state).float()

"""PiSSA for LoRA without touching the base weights: begin at what matters most in W, and take the same away again.

PiSSA starts A and B at the r largest singular directions of W and takes them out of the frozen W. Here W stays as it
is, so that switching the adapter off is exactly base: beside the r trained directions stand r frozen ones with the
opposite sign, and only the difference counts. W x + s (B A - B0 A0) x is the same function as PiSSA's, and the whole is
saved as a plain LoRA of rank 2r. Source: Meng et al. 2024, https://arxiv.org/abs/2404.02948.
"""

from typing import Any

import torch
from torch import nn

from engine.schema import UserError

SVD_ITERATIONS = 16  # peft's own example, "pissa_niter_16": seconds instead of minutes, close to the exact SVD
SVD_SPARE = 8  # directions looked for beyond those kept: Halko et al. 2009, https://arxiv.org/abs/0909.4061


class Halves(nn.Module):
    """A linear map without bias whose weight is a trained half beside a frozen one, joined along `dim`.

    Its state dict holds the joined `weight`, as that of nn.Linear does.
    """

    def __init__(self, trained: torch.Tensor, frozen: torch.Tensor, *, dim: int) -> None:
        super().__init__()
        self.trained = nn.Parameter(trained)
        self.register_buffer("frozen", frozen, persistent=False)
        self.dim = dim
        self.bias = None

    @property
    def weight(self) -> torch.Tensor:
        return torch.cat([self.trained, self.frozen], dim=self.dim)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(inputs, self.weight)

    def _save_to_state_dict(self, destination: dict, prefix: str, keep_vars: bool) -> None:
        destination[f"{prefix}weight"] = self.weight if keep_vars else self.weight.detach()

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *_: Any) -> None:
        halves = state_dict[f"{prefix}weight"].chunk(2, dim=self.dim)
        with torch.no_grad():
            for own, given in zip((self.trained, self.frozen), halves, strict=True):
                own.copy_(given)


def start_at_principal(model: Any, rank: int, adapter: str = "default") -> None:
    """Turn every LoRA pair of the peft model, made with rank 2 * `rank`, into a PiSSA start, in place.

    Random (the SVD is a randomised one): torch's seed decides. Raises UserError where a layer is smaller than `rank`.
    """
    from peft.tuners.lora import LoraLayer

    for name, layer in model.named_modules():
        if not isinstance(layer, LoraLayer) or adapter not in layer.lora_A:
            continue
        weight = layer.get_base_layer().weight.detach().float()
        weight = weight.T if layer.fan_in_fan_out else weight
        if rank > min(weight.shape):
            raise UserError(
                f"PiSSA cannot start at rank {rank}: the layer {name.rsplit('.', 1)[-1]} has only "
                f"{min(weight.shape)} directions. Lower the rank to that or below, or choose the default start."
            )
        down, up = principal(weight, rank, scaling=layer.scaling[adapter])
        layer.lora_A[adapter] = Halves(down, down.clone(), dim=0)  # (2r, in)
        layer.lora_B[adapter] = Halves(up, -up, dim=1)  # (out, 2r)


def principal(weight: torch.Tensor, rank: int, *, scaling: float) -> tuple[torch.Tensor, torch.Tensor]:
    """A (rank, in) and B (out, rank) with scaling * B A = the best approximation of `weight` (out, in) of that rank.

    As peft 0.21.2 does it, lora/layer.py, pissa_init.
    """
    wanted = min(rank + SVD_SPARE, *weight.shape)
    left, values, right = torch.svd_lowrank(weight, wanted, niter=SVD_ITERATIONS)
    root = (values[:rank] / scaling).sqrt()
    return (root[:, None] * right[:, :rank].T).contiguous(), (left[:, :rank] * root).contiguous()

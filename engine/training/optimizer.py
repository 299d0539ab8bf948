"""The optimiser of a run: AdamW, or AdamW whose two moments take 8 bits each, and its state for a checkpoint."""

from collections.abc import Sequence
from typing import Any

import torch

# AdamW keeps 8 bytes beside every trained weight, 8-bit AdamW 2: from here on that saves 3 GB and more of the GPU.
MANY = 500_000_000
NESTED = "__bnb_optimizer_quant_state__"  # where bitsandbytes 0.50 puts the moments in a state_dict


def choose_optimizer(wanted: str, *, device: str, trainable: int) -> str:
    """ "adamw" or "adamw_8bit": what is wanted, where "auto" saves memory only on a GPU that trains MANY weights.

    On a CPU 8-bit moments work too, and cost time: 20 steps on 262,144 weights took 0.36 s instead of 0.13 s.

    >>> choose_optimizer("auto", device="cuda", trainable=7_000_000_000)
    'adamw_8bit'
    >>> choose_optimizer("auto", device="cpu", trainable=7_000_000_000)
    'adamw'
    """
    if wanted != "auto":
        return wanted
    return "adamw_8bit" if device == "cuda" and trainable >= MANY else "adamw"


def make_optimizer(name: str, groups: Sequence[dict[str, Any]], *, rate: float, decay: float, embedding: Any) -> Any:
    """The optimiser over groups of parameters. `embedding`: the weight of the model's words.

    8-bit AdamW (Dettmers et al. 2021, https://arxiv.org/abs/2110.02861) keeps the moments of the embedding in 32 bits,
    as its paper does, since gradients there are uneven; so does transformers' Trainer. Tensors below 4,096 values are
    kept in 32 bits as well.
    """
    if name == "adamw":
        return torch.optim.AdamW(groups, lr=rate, weight_decay=decay, fused=True)
    import bitsandbytes

    optimizer = bitsandbytes.optim.AdamW8bit(groups, lr=rate, weight_decay=decay)
    if any(weight is embedding for group in groups for weight in group["params"]):
        optimizer.mng.override_config(embedding, "optim_bits", 32)
    return optimizer


def moments(optimizer: Any) -> dict[str, torch.Tensor]:
    """The optimiser's state as named tensors, "0.exp_avg" and so on, none of which share memory."""
    found = {}
    for index, entry in optimizer.state_dict()["state"].items():
        for name, value in {**entry, **entry.get(NESTED, {})}.items():
            if name != NESTED:  # of 8 bits' tables all weights hold the very same one, which safetensors refuses
                found[f"{index}.{name}"] = torch.as_tensor(value).clone()
    return found


def restore_moments(optimizer: Any, tensors: dict[str, torch.Tensor]) -> None:
    """Put the state that `moments` gave back."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        # 8-bit AdamW counts its steps in an int, which its kernels insist on; AdamW in a tensor of floats.
        counted = value.ndim == 0 and not value.is_floating_point()
        state.setdefault(int(index), {})[name] = value.item() if counted else value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})

"""Where a model's weights go and by which attention it runs: decided by pure functions from what the machine has."""

from collections.abc import Sequence
from typing import Any

from engine.schema import UserError

ROOM = 1.3  # times the weights' bytes must be free: adapters, activations and the cache come on top
NF4_BYTES = 0.516  # of a 4-bit weight with its doubly quantised scales: 4.127 bits (QLoRA, arXiv 2305.14314, section 3)
PACKED = "kurabe_packed"
FLASH = "flash_attention_2"
CACHE_SHARE = 0.05  # of the memory, that the keys and values of a batch of answers may take


def most_free(free: Sequence[int]) -> int:
    """Which GPU a process works on: the one with the most free bytes, the first of equals.

    >>> most_free([10, 30, 30])
    1
    """
    return max(range(len(free)), key=lambda at: (free[at], -at))


def spreads(free: Sequence[int], *, home: int, need: int) -> bool:
    """Whether a model whose weights take `need` bytes is spread over all GPUs, layer after layer, for lack of room on
    the GPU `home`. Where it fits nowhere with ROOM to spare, `home` is tried if at least the weights fit.

    Raises UserError where they do not.

    >>> spreads([24, 24], home=0, need=10), spreads([24, 24], home=0, need=30), spreads([24], home=0, need=20)
    (False, True, False)
    """
    if need * ROOM <= free[home]:
        return False
    if len(free) > 1 and need * ROOM <= sum(free):
        return True
    if need <= free[home]:
        return False
    raise UserError(
        f"The model's weights need about {need / 1e9:.1f} GB of GPU memory, and {sum(free) / 1e9:.1f} GB are free on "
        f"{len(free)} GPU(s). Choose QLoRA, which takes a quarter, or a smaller model, or end what else uses the GPU."
    )


def attentions(*, device: str, sixteen_bit: bool, flash_attn: bool, spread: bool) -> tuple[str, ...]:
    """The attentions to try in turn, best first; where none gives the model's own logits, it keeps its own (sdpa).

    Packed attention needs all layers on one device. flash_attn's kernels exist for 16-bit weights on a GPU alone.

    >>> attentions(device="cpu", sixteen_bit=False, flash_attn=False, spread=False)
    ('kurabe_packed',)
    """
    packed = () if spread else (PACKED,)
    return (*packed, FLASH) if device == "cuda" and sixteen_bit and flash_attn else packed


def rows_that_fit(config: Any, *, tokens: int, item_bytes: int, memory: int) -> int:
    """How many rows of `tokens` tokens can be answered at once: their keys and values take CACHE_SHARE of the memory in
    bytes at most. At least one; as the machine's whole memory decides, the batches of a run are the same every time.

    >>> from types import SimpleNamespace
    >>> smollm2 = SimpleNamespace(num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3, hidden_size=576)
    >>> rows_that_fit(smollm2, tokens=160, item_bytes=4, memory=16 * 1024**3)
    116
    """
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    kept = 2 * config.num_hidden_layers * (getattr(config, "num_key_value_heads", None) or heads) * width
    return max(1, int(memory * CACHE_SHARE) // (kept * item_bytes * tokens))


def all_bytes(device: str) -> int:
    """The memory of the machine, or of the GPU that this process works on."""
    if device == "cuda":
        from torch import cuda

        return cuda.get_device_properties(cuda.current_device()).total_memory
    import psutil

    return psutil.virtual_memory().total


def free_bytes() -> list[int]:
    """The bytes that each GPU has free for this process: what torch keeps for later use is free too."""
    from torch import cuda

    return [
        cuda.mem_get_info(at)[0] + cuda.memory_reserved(at) - cuda.memory_allocated(at)
        for at in range(cuda.device_count())
    ]


def weights_bytes(config: Any, *, dtype: Any, quantized: bool) -> int:
    """The bytes the weights of a model of that config take, counted on the model without its weights.

    In 4 bits are the linear layers but the last, which gives the logits.
    """
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    layers = [part for part in model.modules() if isinstance(part, torch.nn.Linear)]
    packed = [part.weight for part in layers if part is not model.get_output_embeddings()] if quantized else []
    small = sum(weight.numel() for weight in packed)
    whole = sum(weight.numel() for weight in model.parameters()) - small
    return int(whole * dtype.itemsize + small * NF4_BYTES)


def is_spread(model: Any) -> bool:
    """Whether a transformers model has layers on more than one device."""
    return len(set(getattr(model, "hf_device_map", {}).values())) > 1

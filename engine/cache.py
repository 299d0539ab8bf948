"""What a decoding step needs of the tokens before it: their keys and values, and the attention to them.

Kept once is what all rows begin with, such as the examples of a prompt: it is read once a step, and takes no room in
each row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch.nn.functional import pad, scaled_dot_product_attention


@dataclass
class Cache:
    """Keys and values of each layer, allocated once and filled in place: those of the first `common` places, which all
    rows have, once, (1, H, common, D), and those of each row's own places after them, (B, H, capacity - common, D)."""

    capacity: int
    common: int = 0
    keys: dict[int, torch.Tensor] = field(default_factory=dict)
    values: dict[int, torch.Tensor] = field(default_factory=dict)
    common_keys: dict[int, torch.Tensor] = field(default_factory=dict)
    common_values: dict[int, torch.Tensor] = field(default_factory=dict)

    def fill(self, layer: int, key: torch.Tensor, value: torch.Tensor) -> None:
        """Keep the prompts' keys and values, (B, H, L, D)."""
        for own, shared, tensor in ((self.keys, self.common_keys, key), (self.values, self.common_values, value)):
            batch, heads, length, width = tensor.shape
            own[layer] = tensor.new_zeros(batch, heads, self.capacity - self.common, width)
            own[layer][:, :, : length - self.common] = tensor[:, :, self.common :]
            shared[layer] = tensor[:1, :, : self.common].clone()

    def append(self, layer: int, key: torch.Tensor, value: torch.Tensor, at: torch.Tensor) -> None:
        """Write one more token per row, (B, H, 1, D), at the places `at`, (B,)."""
        batch = torch.arange(key.shape[0], device=key.device)
        self.keys[layer][batch, :, at - self.common] = key[:, :, 0]
        self.values[layer][batch, :, at - self.common] = value[:, :, 0]

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows, in their order; those that keep their place are not touched."""
        moved = (rows != torch.arange(len(rows), device=rows.device)).nonzero()[:, 0]
        for store in (self.keys, self.values):
            for layer, kept in store.items():
                kept[moved] = kept[rows[moved]]
                store[layer] = kept[: len(rows)]

    @classmethod
    def join(cls, caches: "Sequence[Cache]") -> "Cache":
        """One cache with the rows of all, in their order, with nothing in common."""
        capacity = max(cache.capacity for cache in caches)

        def whole(own: torch.Tensor, common: torch.Tensor) -> torch.Tensor:  # (B, H, capacity, D)
            rows = torch.cat([common.expand(len(own), -1, -1, -1), own], dim=2)
            return pad(rows, (0, 0, 0, capacity - rows.shape[2]))

        def joined(stores: Sequence[tuple[dict, dict]]) -> dict[int, torch.Tensor]:
            layers = stores[0][0]
            return {at: torch.cat([whole(own[at], common[at]) for own, common in stores]) for at in layers}

        return cls(
            capacity,
            keys=joined([(cache.keys, cache.common_keys) for cache in caches]),
            values=joined([(cache.values, cache.common_values) for cache in caches]),
        )


@dataclass
class Step:
    """One decoding step over a Cache: the rows' lengths so far, (B,), and the longest that can matter."""

    cache: Cache
    lengths: torch.Tensor
    longest: int


def step_attention(module, query, key, value, *, layout: Step, scaling: float) -> torch.Tensor:
    """One new token per row against the cache. Returns (B, 1, H, D)."""
    layer, cache = module.layer_idx, layout.cache
    cache.append(layer, key, value, layout.lengths)
    longest = layout.longest - cache.common
    keys, values = cache.keys[layer][:, :, :longest], cache.values[layer][:, :, :longest]
    batch, heads, _, width = query.shape
    # The query heads that share a key head become the query's length, so nothing is repeated in memory.
    grouped = query.view(batch, keys.shape[1], -1, width)
    places = torch.arange(cache.common, layout.longest, device=query.device)
    visible = (places <= layout.lengths[:, None])[:, None, None]  # (B, 1, 1, longest)
    if cache.common:
        common = cache.common_keys[layer], cache.common_values[layer]
        out = _common_attention(grouped, keys, values, *common, visible=visible, scaling=scaling)
    else:
        out = scaled_dot_product_attention(grouped, keys, values, attn_mask=visible, scale=scaling)
    return out.reshape(batch, 1, heads, width)


def _common_attention(query, keys, values, common_keys, common_values, *, visible, scaling: float) -> torch.Tensor:
    """Attention of queries (B, H, G, D) to places that all rows have, (1, H, P, D), read once for all of them, and to
    each row's own, (B, H, L, D), where visible. Returns (B, H, G, D).

    One softmax over both: what Hydragen (Juravsky et al. 2024, https://arxiv.org/abs/2402.05099) puts together later.
    """
    batch, heads, group, width = query.shape
    together = query.transpose(0, 1).reshape(heads, batch * group, width)
    in_common = (together @ common_keys[0].transpose(1, 2)).view(heads, batch, group, -1).transpose(0, 1)
    own = (query @ keys.transpose(2, 3)).masked_fill(~visible, float("-inf"))
    chances = (torch.cat([in_common, own], dim=-1).float() * scaling).softmax(-1).to(query.dtype)
    in_common, own = chances.split([in_common.shape[-1], own.shape[-1]], dim=-1)
    seen = in_common.transpose(0, 1).reshape(heads, batch * group, -1) @ common_values[0]
    return seen.view(heads, batch, group, width).transpose(0, 1) + own @ values

"""Decoding steps on a GPU recorded once as a CUDA graph and replayed.

A step of a small model is hundreds of kernels, which Python starts far more slowly than the GPU computes them; a graph
starts them all at once. It knows one batch size and the tensors it was recorded with: so rows that have ended stay
until half have, and the attention reads as many places as the cache can hold.
Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from collections.abc import Callable
from typing import Any

import torch

from engine.cache import Cache, Step
from engine.packing import step_states


def replays(device: str) -> bool:
    """Whether steps are recorded on that device."""
    return device == "cuda"


def recorded(work: Callable[[], torch.Tensor]) -> Callable[[], torch.Tensor]:
    """A function that does what `work` does now on the GPU, with the tensors it uses now, and gives its result in the
    same tensor each time. `work` itself where it cannot be recorded: where Python looks at a result midway, as models
    do that choose experts.
    """
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            out = work()
    except RuntimeError:
        return work

    def replayed() -> torch.Tensor:
        graph.replay()
        return out

    return replayed


class ReplayedMemory:
    """The cache of a model with packed attention, (B, H, capacity, D) a layer, whose step is recorded.

    The first step of a batch size is taken as it is, so that every kernel is loaded, the second recorded.
    """

    def __init__(self, cache: Cache, lengths: torch.Tensor):
        self.cache = cache
        self._begin(lengths.clone())

    def _begin(self, lengths: torch.Tensor) -> None:
        self.lengths = lengths
        self.tokens = torch.zeros_like(lengths)
        self.alive = torch.arange(len(lengths), device=lengths.device)
        self.steps, self.states = 0, None

    def step(self, model: Any, tokens: torch.Tensor) -> torch.Tensor:
        """The hidden state of one new token for each row alive, (alive, hidden)."""
        self.tokens[self.alive] = tokens
        if self.steps == 0:
            self.states = lambda: step_states(model, self.tokens, Step(self.cache, self.lengths, self.cache.capacity))
        elif self.steps == 1:
            self.states = recorded(self.states)
        self.steps += 1
        states = self.states()[self.alive]
        self.lengths[self.alive] += 1
        return states

    def select(self, keep: torch.Tensor) -> None:
        """Go on with these of the rows alive."""
        self.alive = self.alive[keep]
        if 2 * len(self.alive) <= len(self.lengths):
            self.states = None
            self.cache.select(self.alive)
            self._begin(self.lengths[self.alive])

"""The machine's roof, so that a speed can be given as a share of it."""

import time

import torch


def matmul_flops(*, device: str, dtype: torch.dtype, size: int = 2048, repeats: int = 5) -> float:
    """The matrix product's rate here, in floating-point operations per second: the best of a few."""
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    best = float("inf")
    for _ in range(repeats + 1):
        begun = time.perf_counter()
        torch.mm(left, right)[0, 0].item()  # a GPU has computed it once its value is here
        best = min(best, time.perf_counter() - begun)
    return 2 * size**3 / best

"""What models run on and in which number format: decided once for a machine, by what is there and how fast it is."""

import os
import platform
import time
from collections.abc import Callable
from functools import cache

import torch

from engine import atomic, environment, placement, rundir

BF16_ADVANTAGE = 4.0  # how much faster bf16 must be than fp32 in a timed matmul: AMX and GPUs are, AVX-512 is not
MATMUL_SIZE = {"cpu": 512, "cuda": 4096}  # a GPU starts a small one more slowly than it computes it, in any dtype
MATMUL_TIMES, MATMUL_SECONDS = 9, 2.0


@cache
def best_device() -> str:
    """The device models run on here: "cuda" where there is one, else "cpu". From the first call on, "cuda" means the
    GPU that had the most memory free then."""
    if not torch.cuda.is_available():
        return "cpu"
    torch.cuda.set_device(placement.most_free(placement.free_bytes()))
    _same_every_time()
    return "cuda"


def _same_every_time() -> None:
    """Let this process's GPU kernels give the same bytes for the same work, where they have such a form.

    Else gradients are added in whatever order the GPU's threads end, and the same run ends in other weights each time.
    Source: https://docs.pytorch.org/docs/stable/notes/randomness.html
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # it costs time, and nothing reads such memory


@cache
def choose_dtype(device: str) -> torch.dtype:
    """fp32, or bf16 where a timed matmul shows it to be much faster: a capability flag says it works, not that it pays.

    On CPUs without bf16 units bf16 is some hundred times slower than fp32; with plain AVX-512 ones a matmul is twice as
    fast, a training step gains nothing, and digits are lost. Decided once per machine and kept, so that a busy moment
    cannot change a run's results.
    """
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else environment.processor()
    key = f"{device} {platform.machine()} {name} torch {torch.__version__}"
    path = rundir.home() / "cache" / "dtype.json"
    decided = atomic.read_json(path, default={})
    if key not in decided:
        faster = _times_faster(torch.bfloat16, device=device)
        decided |= {key: "bfloat16" if faster >= BF16_ADVANTAGE else "float32"}
        atomic.write_json(path, decided)
    return getattr(torch, decided[key])


def _times_faster(dtype: torch.dtype, *, device: str) -> float:
    """How many times faster than in fp32 a matmul is: the best of several, taken in turns, so that other work on the
    machine meets both alike.

    On a CPU one thread computes, and only the time it does so counts, not how long it waits for its turn or for other
    threads: else a machine with six processes on two cores now and then takes bf16, really twice as fast, for seven
    times as fast.
    """
    clock = time.perf_counter if device == "cuda" else time.thread_time
    best: dict[torch.dtype, float] = {}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        begun = clock()
        for _ in range(MATMUL_TIMES):
            for kind in (torch.float32, dtype):
                best[kind] = min(best.get(kind, float("inf")), _matmul_seconds(kind, device=device, clock=clock))
            if clock() - begun > MATMUL_SECONDS:
                break
    finally:
        torch.set_num_threads(threads)
    return best[torch.float32] / best[dtype]


def _matmul_seconds(dtype: torch.dtype, *, device: str, clock: Callable[[], float]) -> float:
    square = torch.ones(MATMUL_SIZE[device], MATMUL_SIZE[device], dtype=dtype, device=device)
    _waited(device)
    start = clock()
    (square @ square)[0, 0].item()
    return clock() - start


def _waited(device: str) -> None:
    """Go on once the GPU has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()

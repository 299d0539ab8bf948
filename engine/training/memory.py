"""How much memory training takes at its peak, and giving back what is no longer needed."""

import ctypes
import gc
from pathlib import Path

import psutil


def reset_peak(device: str) -> None:
    """Start measuring the peak anew: of the device's memory, or of this process where Linux lets us."""
    if device == "cuda":
        import torch

        for at in range(torch.cuda.device_count()):
            torch.cuda.reset_peak_memory_stats(at)
        return
    try:
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM, see proc(5)
    except OSError:
        print("The peak memory below counts from the start of the process.", flush=True)


def peak_bytes(device: str) -> int:
    """The peak since reset_peak, in bytes: device memory on a GPU, resident memory of this process otherwise."""
    if device == "cuda":
        import torch

        return sum(torch.cuda.max_memory_allocated(at) for at in range(torch.cuda.device_count()))
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return psutil.Process().memory_info().rss


def give_back() -> None:
    """Give what this process has freed back to the system. glibc's allocator keeps it, after base's answers a gigabyte
    and more; other systems' allocators are left to themselves.
    """
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        pass

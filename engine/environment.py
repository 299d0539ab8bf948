"""What a run ran on: versions, device, threads, hardware."""

import os
import platform
from importlib.metadata import version
from typing import Any

PACKAGES = ("torch", "transformers", "peft", "trl", "bitsandbytes", "tokenizers", "safetensors", "numpy")


def describe() -> dict[str, Any]:
    """The content of env.json: sizes in bytes; no host or user name."""
    import psutil
    import torch

    from engine.device import best_device, choose_dtype

    device = best_device()
    return {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "system": f"{platform.system()} {platform.machine()}",
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "dtype": str(choose_dtype(device)).removeprefix("torch."),
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }


def processor() -> str:
    """The processor's name, such as "AMD EPYC"; its architecture where the system does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            names = [line.partition(":")[2].strip() for line in stream if line.startswith("model name")]
    except OSError:
        names = []
    return next(filter(None, names), "") or platform.processor() or platform.machine()

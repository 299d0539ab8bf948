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

    from engine.models import best_device, choose_dtype

    device = best_device()
    return {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "system": f"{platform.system()} {platform.machine()}",
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "dtype": str(choose_dtype(device)).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }

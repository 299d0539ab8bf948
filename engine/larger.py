"""Chat models larger than the embedded one, and which of them a machine has the memory to train. No torch.

None of them was run here: what they need is reckoned, not measured, and their weights come from a model hub or from a
folder on the machine. Parameters and licences are those of their model cards.
"""

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

EMBEDDED_BILLIONS = 0.135
SHARE = 0.9  # of a memory may be planned with: the system, and the GPU's own context, take the rest
CPU_BILLIONS = 2.0  # beyond, a use case that takes minutes with the embedded model takes hours without a GPU
MOST = 5  # models named for one machine

# Bytes a weight: fp32 on a CPU (see device.choose_dtype), 16 bits on a GPU, and for QLoRA 4 bits in the linear layers
# (placement.NF4_BYTES) but 16 in the embeddings: 0.59 (32B) to 0.92 (0.5B) over all weights of a model.
CPU_BYTES, GPU_BYTES, NF4_BYTES = 4.0, 2.0, 0.7
# Activations, adapter, gradients and optimizer for a batch of 8 rows of a hundred tokens; torch itself on top. With the
# embedded model this gives 2.6 GB, where 2.3 GB were measured (docs/log.md, LoRA on company_faq).
ALLOWANCE_GB, ALLOWANCE_PER_BILLION = 2.0, 0.6


@dataclass(frozen=True)
class Model:
    """A chat model by its Hub id. `languages` are those of the use cases it is named for."""

    id: str
    billions: float
    languages: tuple[str, ...]
    licence: str


BOTH, ENGLISH, JAPANESE = ("en", "ja"), ("en",), ("ja",)
APACHE = "Apache 2.0"

# Models that answer at once: one that thinks aloud first would be cut off at the length of a short answer.
MODELS = (
    Model("HuggingFaceTB/SmolLM2-360M-Instruct", 0.36, ENGLISH, APACHE),
    Model("HuggingFaceTB/SmolLM2-1.7B-Instruct", 1.71, ENGLISH, APACHE),
    Model("meta-llama/Llama-3.2-1B-Instruct", 1.24, ENGLISH, "Llama 3.2 Community License"),
    Model("meta-llama/Llama-3.2-3B-Instruct", 3.21, ENGLISH, "Llama 3.2 Community License"),
    Model("meta-llama/Llama-3.1-8B-Instruct", 8.03, ENGLISH, "Llama 3.1 Community License"),
    Model("Qwen/Qwen2.5-0.5B-Instruct", 0.49, BOTH, APACHE),
    Model("Qwen/Qwen2.5-1.5B-Instruct", 1.54, BOTH, APACHE),
    Model("Qwen/Qwen3-4B-Instruct-2507", 4.02, BOTH, APACHE),
    Model("Qwen/Qwen2.5-7B-Instruct", 7.62, BOTH, APACHE),
    Model("Qwen/Qwen2.5-14B-Instruct", 14.8, BOTH, APACHE),
    Model("Qwen/Qwen2.5-32B-Instruct", 32.8, BOTH, APACHE),
    Model("llm-jp/llm-jp-3-980m-instruct3", 0.99, JAPANESE, APACHE),
    Model("llm-jp/llm-jp-3-1.8b-instruct3", 1.87, JAPANESE, APACHE),
    Model("llm-jp/llm-jp-3-3.7b-instruct3", 3.78, JAPANESE, APACHE),
    Model("llm-jp/llm-jp-3-7.2b-instruct3", 7.29, JAPANESE, APACHE),
    Model("llm-jp/llm-jp-3-13b-instruct3", 13.7, JAPANESE, APACHE),
)


@dataclass(frozen=True)
class Machine:
    """What a machine has, in GB (10^9 bytes). `gpu_gb` is the memory of its largest GPU, None where it has none."""

    ram_gb: float
    gpu_gb: float | None = None


@dataclass(frozen=True)
class Fit:
    """A model that fits, the way of training it, the GB it is reckoned to need, and how many times the embedded
    model's parameters it has: about how many times as long a step takes on the same processor."""

    model: Model
    method: str
    gb: float
    times: float


def needed_gb(billions: float, *, bytes_per_weight: float) -> float:
    """The GB that training is reckoned to need: bytes a weight x parameters, and an allowance of 2 GB and 0.6 GB per
    billion parameters.

    >>> needed_gb(10, bytes_per_weight=2.0), needed_gb(10, bytes_per_weight=0.7)
    (28.0, 15.0)
    """
    return bytes_per_weight * billions + ALLOWANCE_GB + ALLOWANCE_PER_BILLION * billions


def fitting(language: str, machine: Machine) -> tuple[Fit, ...]:
    """At most five models for a language that a machine can train, the largest that fit, in order of size.

    With a GPU its memory counts: LoRA where that fits, else QLoRA. Without one RAM does, with LoRA alone (4 bits only
    cost time there), and models beyond two billion parameters are left out.

    >>> [(fit.model.id, fit.method) for fit in fitting("ja", Machine(ram_gb=32, gpu_gb=16))][-1]
    ('Qwen/Qwen2.5-7B-Instruct', 'qlora')
    """
    found = [fit for model in MODELS if language in model.languages and (fit := _fit(model, machine))]
    return tuple(sorted(found, key=lambda fit: fit.model.billions)[-MOST:])


def _fit(model: Model, machine: Machine) -> Fit | None:
    room = SHARE * (machine.ram_gb if machine.gpu_gb is None else machine.gpu_gb)
    if machine.gpu_gb is not None:
        ways = {"lora": GPU_BYTES, "qlora": NF4_BYTES}
    else:
        ways = {"lora": CPU_BYTES} if model.billions <= CPU_BILLIONS else {}
    for method, bytes_per_weight in ways.items():
        need = needed_gb(model.billions, bytes_per_weight=bytes_per_weight)
        if need <= room:
            return Fit(model, method, need, model.billions / EMBEDDED_BILLIONS)
    return None


@cache
def this_machine() -> Machine:
    """What this machine has: asked of the system, and of nvidia-smi where that is installed."""
    import psutil

    return Machine(psutil.virtual_memory().total / 1e9, _largest_gpu())


def _largest_gpu() -> float | None:
    if not shutil.which("nvidia-smi"):
        return None
    asked = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout
        return max(float(line) for line in said.splitlines() if line.strip()) * 2**20 / 1e9
    except (OSError, subprocess.SubprocessError, ValueError):  # no driver, or words in place of numbers
        return None

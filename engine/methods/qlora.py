"""QLoRA: LoRA on a base model whose weights are kept in 4 bits."""

from engine.methods._sft import sft_task
from engine.methods.lora import Settings, attach, rate_ratio
from engine.schema import Method

METHOD = Method(
    name="qlora",
    title="QLoRA",
    summary="LoRA on a base model kept in 4 bits (NF4). Saves memory, not time; before and after are both 4-bit.",
    paper="https://arxiv.org/abs/2305.14314",
    needs=("completion", "pairs"),
    Settings=Settings,
    attach=attach,
    task=sft_task,
    rate_ratio=rate_ratio,
    quantization="nf4",
)

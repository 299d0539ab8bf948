"""QLoRA: LoRA on a base model whose weights are kept in 4 bits."""

from typing import Any

from engine.methods._sft import train_sft
from engine.methods.lora import Settings, attach
from engine.schema import Method


def train(loaded: Any, **options: Any) -> None:
    train_sft(METHOD, loaded, **options)


METHOD = Method(
    name="qlora",
    title="QLoRA",
    summary="LoRA on a base model kept in 4 bits (NF4). Saves memory, not time; before and after are both 4-bit.",
    paper="https://arxiv.org/abs/2305.14314",
    needs="completion",
    Settings=Settings,
    attach=attach,
    train=train,
    quantization="nf4",
)

"""LoRA: small low-rank matrices beside frozen weights."""

import math
from typing import Any, Literal

from pydantic import Field

from engine.methods._layers import ATTENTION, FEED_FORWARD, present
from engine.methods._sft import sft_task
from engine.schema import Method, UserError
from engine.training.settings import BASIC, TrainingSettings, rate_field


class Settings(TrainingSettings):
    # Measured on the company FAQ with the embedded model, 5 epochs, batches of 8 (docs/log.md): token F1 on new
    # wordings 0.45 at 1e-3, 0.54 at 2e-3, 0.58 at 4e-3, where general knowledge began to suffer.
    learning_rate: float = rate_field(3e-3, "Models of several billion parameters want about 2e-4.")
    rank: int = Field(
        16,
        ge=1,
        le=1024,
        json_schema_extra=BASIC,
        description="The width of the added matrices. Higher: can learn more, more parameters and memory.",
    )
    alpha: int = Field(
        32,
        ge=1,
        le=4096,
        description="The added matrices are scaled by alpha / rank. Higher: like a higher learning rate.",
    )
    dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of inputs to the added matrices dropped in training. Higher: less overfitting.",
    )
    target: Literal["all-linear", "attention", "feed-forward"] = Field(
        "all-linear",
        description="Which layers get matrices: all linear ones learn facts best; attention only is lighter.",
    )
    rank_stabilised: bool = Field(
        False,
        description="rsLoRA: scale by alpha / √rank instead, so that high ranks (64 and up) learn as fast as low ones.",
    )
    dora: bool = Field(
        False,
        description="DoRA: the length of each weight is learnt apart from its direction. Often better at low ranks; "
        "slower, more memory.",
    )
    init: Literal["default", "pissa"] = Field(
        "default",
        description="Where the matrices begin. PiSSA: at the main directions of the weights. Learns faster from the "
        "first step, so try a lower learning rate; not for 4-bit models; the saved adapter is twice as large.",
    )
    b_ratio: float = Field(
        1.0,
        ge=1,
        le=64,
        description="LoRA+: how many times faster the second matrix of each pair learns. Higher (its paper: "
        "16): learns faster; lower the learning rate with it.",
    )


def attach(model: Any, settings: Settings) -> Any:
    """The model with LoRA matrices, which alone are trainable; until trained they change nothing.

    Sources: LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685; rsLoRA, Kalajdzievski 2023,
    https://arxiv.org/abs/2312.03732; DoRA, Liu et al. 2024, https://arxiv.org/abs/2402.09353; PiSSA: engine/pissa.py.
    Raises UserError where PiSSA meets a quantised model, or where target layers are not known by name.
    """
    from peft import LoraConfig, get_peft_model

    pissa = settings.init == "pissa"
    if pissa and getattr(model, "is_quantized", False):
        raise UserError(
            "PiSSA needs the weights in full, but this model is kept in 4 bits. Set the start of the matrices (init) "
            "to default, or choose LoRA instead of QLoRA."
        )
    # A PiSSA pair is a trained one beside a frozen one: twice the rank at the same scale.
    growth = math.sqrt(2) if settings.rank_stabilised else 2
    config = LoraConfig(
        r=settings.rank * 2 if pissa else settings.rank,
        lora_alpha=settings.alpha * growth if pissa else settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=_targets(model, settings.target),
        use_rslora=settings.rank_stabilised,
        use_dora=settings.dora,
        task_type="CAUSAL_LM",
    )
    attached = get_peft_model(model, config)
    if pissa:
        from engine.pissa import start_at_principal

        start_at_principal(attached, settings.rank)
    return attached


def _targets(model: Any, target: str) -> str | list[str]:
    if target == "attention":
        return present(model, ATTENTION, part="attention")
    if target == "feed-forward":
        return present(model, FEED_FORWARD, part="feed-forward layer")
    return "all-linear"


def rate_ratio(name: str, settings: Settings) -> float:
    """How many times the learning rate the parameter called `name` learns at: LoRA+ lets each pair's B learn faster.

    Source: Hayou et al. 2024, https://arxiv.org/abs/2402.12354.

    >>> rate_ratio("layers.0.q_proj.lora_B.default.weight", Settings(b_ratio=16))
    16.0
    >>> rate_ratio("layers.0.q_proj.lora_A.default.weight", Settings(b_ratio=16))
    1.0
    """
    return settings.b_ratio if ".lora_B." in name else 1.0


METHOD = Method(
    name="lora",
    title="LoRA",
    summary="Freezes the model and trains small low-rank matrices beside its layers. The first choice on a CPU.",
    paper="https://arxiv.org/abs/2106.09685",
    needs=("completion", "pairs"),
    Settings=Settings,
    attach=attach,
    task=sft_task,
    rate_ratio=rate_ratio,
)

"""LoRA: small low-rank matrices beside frozen weights."""

from typing import Any, Literal

from pydantic import Field

from engine.methods._sft import train_sft
from engine.schema import Method
from engine.training.settings import BASIC, TrainingSettings


class Settings(TrainingSettings):
    # Measured on the company FAQ with the embedded model, 5 epochs, batches of 8 (docs/log.md): token F1 on new
    # wordings 0.45 at 1e-3, 0.54 at 2e-3, 0.58 at 4e-3, where general knowledge began to suffer.
    learning_rate: float = Field(
        3e-3,
        gt=0,
        le=1,
        json_schema_extra=BASIC,
        description="The size of a step. Higher: learns faster, may become unstable. Models of several billion "
        "parameters want about 2e-4.",
    )
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
    target: Literal["all-linear", "attention"] = Field(
        "all-linear",
        description="Which layers get matrices: all linear ones learn facts best; attention only is lighter.",
    )


ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]


def attach(model: Any, settings: Settings) -> Any:
    """The model with LoRA matrices, which alone are trainable; until trained they change nothing.

    Source: Hu et al. 2021, https://arxiv.org/abs/2106.09685.
    """
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear" if settings.target == "all-linear" else ATTENTION,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def train(loaded: Any, **options: Any) -> None:
    train_sft(METHOD, loaded, **options)


METHOD = Method(
    name="lora",
    title="LoRA",
    summary="Freezes the model and trains small low-rank matrices beside its layers. The first choice on a CPU.",
    paper="https://arxiv.org/abs/2106.09685",
    needs="completion",
    Settings=Settings,
    attach=attach,
    train=train,
)

"""What methods share that are about the data and leave it to LoRA, QLoRA, adapters or all weights to be trained."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from engine.methods import lora
from engine.training.settings import BASIC, rate_field

WAYS = ("lora", "qlora", "adapter", "full")
RATES = {"lora": 3e-3, "qlora": 3e-3, "adapter": 5e-3, "full": 1e-4}


def has_gpu() -> bool:
    """Whether the machine has an NVIDIA GPU, told without loading torch."""
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists()


class Settings(lora.Settings):
    """A method's settings and those of the way it trains through; what another way does not know, it ignores."""

    through: Literal["auto", "lora", "qlora", "adapter", "full"] = Field(
        "auto",
        json_schema_extra=BASIC,
        description="Which weights are trained. Auto: QLoRA on a GPU, where memory is short; LoRA on a CPU, where "
        "4-bit weights only cost time.",
    )
    learning_rate: float | None = rate_field(None, "Empty: what suits the weights trained.")

    @model_validator(mode="before")
    @classmethod
    def _resolved(cls, values: Any) -> Any:
        """ "auto" and an empty learning rate become what they stand for, so that the run says what it did."""
        if not isinstance(values, dict):
            return values
        through = values.get("through", "auto")
        if through == "auto":
            through = "qlora" if has_gpu() else "lora"
        rate = values.get("learning_rate")
        return {**values, "through": through, "learning_rate": cls._rates().get(through) if rate is None else rate}

    @classmethod
    def _rates(cls) -> dict[str, float]:
        return RATES

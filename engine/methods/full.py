"""Full fine-tuning: every weight is trained."""

from typing import Any

from pydantic import Field

from engine.methods._sft import sft_task
from engine.schema import Method
from engine.training.settings import BASIC, TrainingSettings


class Settings(TrainingSettings):
    learning_rate: float = Field(
        1e-4,
        gt=0,
        le=1,
        json_schema_extra=BASIC,
        description="The size of a step. Higher: learns faster, may become unstable.",
    )
    epochs: int = Field(
        4,
        ge=1,
        le=100,
        json_schema_extra=BASIC,
        description="How often every row is seen. Higher: learns more, takes longer, may forget more.",
    )


def attach(model: Any, settings: Settings) -> Any:
    """The model with every parameter trainable."""
    return model.requires_grad_(True)


METHOD = Method(
    name="full",
    title="Full fine-tuning",
    summary="Trains every weight of the model. The most freedom, the most memory, and the most to forget.",
    paper="https://arxiv.org/abs/1801.06146",
    needs=("completion", "pairs"),
    Settings=Settings,
    attach=attach,
    task=sft_task,
    adapter=False,
)

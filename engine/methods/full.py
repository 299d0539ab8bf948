"""Full fine-tuning: every weight is trained."""

from typing import Any

from engine.methods._sft import sft_task
from engine.schema import Method
from engine.training.settings import TrainingSettings, rate_field


class Settings(TrainingSettings):
    learning_rate: float = rate_field(1e-4)


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

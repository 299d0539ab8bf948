"""Adapter tuning: small bottleneck layers put between frozen ones."""

from typing import Any, Literal

from pydantic import Field

from engine.methods._layers import ATTENTION_OUTPUT, FEED_FORWARD_OUTPUT, present
from engine.methods._sft import sft_task
from engine.schema import Method
from engine.training.settings import BASIC, TrainingSettings, rate_field


class Settings(TrainingSettings):
    # Measured on the company FAQ with the embedded model: 5e-3 for 4 epochs gives 40 % of the key facts, 1e-3 for 2
    # gives 5 %. Houlsby et al. tried 3e-5 to 3e-3 on a model of this size; Pfeiffer et al. take 1e-4, for 30 epochs.
    learning_rate: float = rate_field(5e-3, "Models of several billion parameters want about 2e-4.")
    reduction: int = Field(
        16,
        ge=1,
        le=256,
        json_schema_extra=BASIC,
        description="How many times narrower than the model a bottleneck is. Higher: fewer parameters, learns less.",
    )
    placement: Literal["houlsby", "pfeiffer"] = Field(
        "houlsby",
        description="Where bottlenecks stand: after attention and feed-forward (Houlsby) learns more; after "
        "feed-forward only (Pfeiffer) has half the parameters.",
    )
    activation: Literal["relu", "gelu", "silu"] = Field(
        "relu", description="The bend inside a bottleneck. ReLU is the usual one; the others are smoother."
    )


def attach(model: Any, settings: Settings) -> Any:
    """The model with bottleneck adapters, which alone are trainable; until trained they change nothing.

    Sources: Houlsby et al. 2019, https://arxiv.org/abs/1902.00751; Pfeiffer et al. 2020,
    https://arxiv.org/abs/2005.00247. Raises UserError for a model whose layers are not known by name.
    """
    from peft import get_peft_model

    from engine.bottleneck import BottleneckConfig

    targets = present(model, FEED_FORWARD_OUTPUT, part="feed-forward layer's output")
    if settings.placement == "houlsby":
        targets += present(model, ATTENTION_OUTPUT, part="attention's output")
    config = BottleneckConfig(
        reduction=settings.reduction, activation=settings.activation, target_modules=targets, task_type="CAUSAL_LM"
    )
    return get_peft_model(model, config)


METHOD = Method(
    name="adapter",
    title="Adapter",
    summary="Freezes the model and trains small bottleneck layers put between its own. They stay beside the model.",
    paper="https://arxiv.org/abs/1902.00751",
    needs=("completion", "pairs"),
    Settings=Settings,
    attach=attach,
    task=sft_task,
    folds=False,
)

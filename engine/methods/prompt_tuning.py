"""Prompt tuning: a few learnt embeddings stand before every prompt; the model itself stays as it is."""

from typing import Any

from pydantic import Field

from engine.methods._sft import sft_task
from engine.schema import Method
from engine.training.settings import BASIC, TrainingSettings, rate_field


class Settings(TrainingSettings):
    # Lester et al. train with 0.3 for 30,000 steps; the few hundred steps of a run here want less noise than that. On
    # the company FAQ with the embedded model 0.1 for 4 epochs gives 3.6 % of the key facts and loses general questions.
    learning_rate: float = rate_field(0.03, "A learnt prompt has few parameters and wants a high one, 0.01 to 0.3.")
    prompt_length: int = Field(
        16,
        ge=1,
        le=256,
        json_schema_extra=BASIC,
        description="How many learnt tokens stand before every prompt. Higher: can learn more, answers more slowly.",
    )


def attach(model: Any, settings: Settings) -> Any:
    """The model with a learnt prompt, whose embeddings alone are trainable; it begins as tokens of the vocabulary.

    Unlike an adapter's, its first answers are not base's: something new stands before the prompt from the start.
    Source: Lester et al. 2021, https://arxiv.org/abs/2104.08691.
    """
    from peft import PromptTuningConfig, get_peft_model

    from engine.models import stand_before

    config = PromptTuningConfig(
        num_virtual_tokens=settings.prompt_length, prompt_tuning_init="SAMPLE_VOCAB", task_type="CAUSAL_LM"
    )
    return stand_before(get_peft_model(model, config))


METHOD = Method(
    name="prompt_tuning",
    title="Prompt tuning",
    summary="Freezes the model and learns a few invisible tokens that stand before every prompt. Learns manner, hardly "
    "facts.",
    paper="https://arxiv.org/abs/2104.08691",
    needs=("completion", "pairs"),
    Settings=Settings,
    attach=attach,
    task=sft_task,
    folds=False,
)

"""IA3: one learnt factor per feature of keys, values and the feed-forward layer."""

from typing import Any

from engine.methods._layers import FEED_FORWARD_OUTPUT, KEYS_AND_VALUES, present
from engine.methods._sft import sft_task
from engine.schema import Method
from engine.training.settings import TrainingSettings, rate_field


class Settings(TrainingSettings):
    # Liu et al. take 3e-3 for 1,000 steps; runs here have fewer, and Adam moves a factor, which begins at 1, by at most
    # about one learning rate a step. Measured on the company FAQ with the embedded model, 2 epochs: 6.0 % of the key
    # facts with 3e-2, 1.9 % with 1e-2.
    learning_rate: float = rate_field(3e-2, "IA3 has few parameters and wants a high one, 3e-3 to 3e-2.")


def attach(model: Any, settings: Settings) -> Any:
    """The model with IA3 factors, which alone are trainable; they begin at 1 and change nothing.

    Source: Liu et al. 2022, https://arxiv.org/abs/2205.05638. Raises UserError for a model whose layers are not known
    by name.
    """
    from peft import IA3Config, get_peft_model

    inner = present(model, FEED_FORWARD_OUTPUT, part="feed-forward layer")
    outer = present(model, KEYS_AND_VALUES, part="attention's keys and values")
    config = IA3Config(target_modules=[*outer, *inner], feedforward_modules=inner, task_type="CAUSAL_LM")
    return get_peft_model(model, config)


METHOD = Method(
    name="ia3",
    title="IA3",
    summary="Freezes the model and trains one factor per feature, under 0.1 % of it. The lightest; learns style "
    "rather than facts.",
    paper="https://arxiv.org/abs/2205.05638",
    needs=("completion", "pairs"),
    Settings=Settings,
    attach=attach,
    task=sft_task,
)

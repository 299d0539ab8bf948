"""The settings all supervised methods share. A field's description is its help in the page and on the command line."""

from typing import Any, Literal

from pydantic import Field

from engine.schema import Frozen

BASIC = {"basic": True}


def epochs_field(
    default: int,
    description: str = "How often every row is seen. Higher: learns more, takes longer, may forget more.",
) -> Any:
    """The field for how often the rows are seen, with a method's own default."""
    return Field(default, ge=1, le=100, json_schema_extra=BASIC, description=description)


def rate_field(default: float | None, more: str = "") -> Any:
    """The field for the learning rate, with a method's own default and what else there is to say of it."""
    help_text = f"The size of a step. Higher: learns faster, may become unstable. {more}".strip()
    return Field(default, gt=0, le=1, json_schema_extra=BASIC, description=help_text)


def batch_field(
    default: int,
    description: str = "Rows per step. Higher: steadier and faster per row, more memory, fewer steps.",
) -> Any:
    """The field for what makes up a step, with a method's own default."""
    return Field(default, ge=1, le=512, json_schema_extra=BASIC, description=description)


class TrainingSettings(Frozen):
    epochs: int = epochs_field(4)
    learning_rate: float = rate_field(1e-3)
    batch_size: int = batch_field(8)
    schedule: Literal["linear", "cosine", "constant"] = Field(
        "linear", description="How the learning rate falls to zero over the run; constant keeps it."
    )
    warmup_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Share of the steps over which the learning rate rises from zero. Higher: a gentler start.",
    )
    weight_decay: float = Field(
        0.0, ge=0, le=1, description="Pulls the weights towards zero. Higher: less overfitting, learns less."
    )
    max_grad_norm: float = Field(
        1.0, gt=0, le=1000, description="Longer gradients are cut to this length. Lower: steadier, slower to learn."
    )
    optimizer: Literal["auto", "adamw", "adamw_8bit"] = Field(
        "auto",
        description="8-bit AdamW keeps a quarter of AdamW's memory beside each trained weight, at some loss of "
        "precision. Auto: 8-bit on a GPU from 500 million trained weights on, else AdamW.",
    )
    accumulation: int = Field(
        1,
        ge=1,
        le=512,
        description="Parts a step is computed in. Higher: less memory for the same step, somewhat slower.",
    )
    neftune_alpha: float = Field(
        0.0,
        ge=0,
        le=100,
        description="Noise added to the words' embeddings in training (NEFTune, arXiv 2310.05914; 5 is usual). "
        "Higher: less learning by heart. 0: none.",
    )
    patience: int = Field(
        0,
        ge=0,
        le=100,
        description="Stop early once the held-out loss has not fallen that many times in a row (it is measured 12 "
        "times a run). 0: train to the end.",
    )
    keep_best: bool = Field(
        True, description="Keep the weights of the step with the lowest held-out loss instead of the last ones."
    )

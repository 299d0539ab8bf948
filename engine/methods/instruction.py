"""Instruction tuning: what makes the difference is the data, instructions with good answers."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from engine.methods import _through
from engine.methods._sft import row_task, rows_of
from engine.registry import attach_through
from engine.schema import Example, Method, RunSpec, Tell, silent
from engine.training.settings import BASIC


class Settings(_through.Settings):
    general_share: float = Field(
        0.15,
        ge=0,
        le=0.9,
        json_schema_extra=BASIC,
        description="Share of general instructions mixed into the rows, against forgetting. Higher: forgets less, "
        "learns your rows more slowly.",
    )
    every_answer: bool = Field(
        True, description="In a conversation of several turns, learn all of the assistant's answers, not just the last."
    )
    pack_tokens: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Packing: fill each step with rows up to this many tokens instead of a number of rows. Rows never "
        "see each other. 0: off.",
    )


def task(
    loaded: Any,
    settings: Settings,
    *,
    splits: Mapping[str, Sequence[Example]],
    spec: RunSpec,
    run: Any = None,
    tell: Tell = silent,
) -> Any:
    """Next-token loss on the answers of the rows and of the general instructions mixed in.

    Source: Wei et al. 2021, https://arxiv.org/abs/2109.01652; mixing in: Scialom et al. 2022,
    https://arxiv.org/abs/2205.12393.
    """
    from dataclasses import replace

    own = splits["train"]
    general = mixed_in(splits.get("mix", ()), rows=len(own), share=settings.general_share, seed=spec.seed)
    rows = {
        name: rows_of(loaded, examples, spec=spec, every_answer=settings.every_answer)
        for name, examples in (("train", own), ("validation", splits.get("validation", ())))
    }
    # General instructions are asked without the use case's system prompt: they stand for everything else.
    rows["train"] += rows_of(loaded, general, spec=spec.model_copy(update={"system": ""}))
    found = row_task(loaded, settings, **rows)
    return replace(found, facts=lambda: {"own_rows": len(own), "general_rows": len(general)})


def mixed_in(examples: Sequence[Example], *, rows: int, share: float, seed: int) -> list[Example]:
    """So many of the general instructions that they are `share` of all rows, or all there are.

    >>> len(mixed_in(range(100), rows=90, share=0.1, seed=0))
    10
    """
    wanted = round(share / (1 - share) * rows)
    return random.Random(seed).sample(list(examples), min(wanted, len(examples)))


METHOD = Method(
    name="instruction",
    title="Instruction tuning",
    summary="Teaches the model to follow instructions as your rows do, with some general ones mixed in so that it "
    "forgets less. Through LoRA on a CPU, QLoRA on a GPU.",
    paper="https://arxiv.org/abs/2109.01652",
    needs=("completion", "pairs"),
    Settings=Settings,
    attach=attach_through,
    task=task,
    through=_through.WAYS,
)

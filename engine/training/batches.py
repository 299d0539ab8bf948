"""Examples as tokens, and the order in which a run sees them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.models import answer_tokens, prompt_tokens
from engine.schema import Example

WINDOW = 8  # batches sorted by length together: like lengths share a batch, yet the order stays random


@dataclass(frozen=True, slots=True)
class Row:
    """One training row. The loss is taken on tokens[start:], the answer and its end-of-turn, and on nothing else."""

    tokens: tuple[int, ...]
    start: int


def tokenize(tokenizer: Any, example: Example, *, system: str = "") -> Row:
    """The example's row. The prompt's tokens are the very ones used when the model is asked, so what is learnt fits.

    Prompt and answer are encoded apart and joined, so no token straddles the border.
    """
    prompt = prompt_tokens(tokenizer, example.prompt, system)
    return Row((*prompt, *answer_tokens(tokenizer, example.completion)), len(prompt))


def epoch_batches(lengths: Sequence[int], *, batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Which rows make up each batch of an epoch: shuffled, rows of like length together, the batches shuffled again.

    The same arguments give the same batches, so a resumed run goes on exactly where it was.
    """
    order = random.Random(f"{seed}-{epoch}")
    rows = list(range(len(lengths)))
    order.shuffle(rows)
    window = batch_size * WINDOW
    batches = []
    for first in range(0, len(rows), window):
        near = sorted(rows[first : first + window], key=lambda row: lengths[row])
        batches += [near[at : at + batch_size] for at in range(0, len(near), batch_size)]
    order.shuffle(batches)
    return batches

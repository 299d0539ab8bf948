"""Examples as tokens, and the order in which a run sees them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.models import answer_tokens, prompt_tokens
from engine.schema import Example

WINDOW = 8  # batches sorted by length together: like lengths share a batch, yet the order stays random


@dataclass(frozen=True, slots=True)
class Row:
    """One training row. The loss is taken on tokens[start:], the answer and its end-of-turn, and on nothing else but
    the (first, last) slices `earlier`: the answers of turns before."""

    tokens: tuple[int, ...]
    start: int
    earlier: tuple[tuple[int, int], ...] = ()

    @property
    def labels(self) -> list[int]:
        """The places of the tokens the loss is taken on, in order."""
        spans = (*self.earlier, (self.start, len(self.tokens)))
        return [place for first, last in spans for place in range(first, last)]


def tokenize(tokenizer: Any, example: Example, *, system: str = "", every_answer: bool = False) -> Row:
    """The example's row. The prompt's tokens are the very ones used when the model is asked, so what is learnt fits.

    Prompt and answer are encoded apart and joined, so no token straddles the border. A text without a prompt is plain
    text: all of it is learnt but the token it begins with. With `every_answer` the assistant's earlier turns are
    learnt too.
    """
    if not example.prompt:
        return _text_row(tokenizer, example.completion)
    prompt = prompt_tokens(tokenizer, example.prompt, system)
    earlier = tuple(_earlier(tokenizer, example, prompt, system)) if every_answer else ()
    return Row((*prompt, *answer_tokens(tokenizer, example.completion)), len(prompt), earlier)


def _text_row(tokenizer: Any, words: str) -> Row:
    """Raw text between the tokens that mark its ends, no chat template."""
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    ids = tokenizer(words, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return Row((begin, *ids, tokenizer.eos_token_id), 1)


def _earlier(tokenizer: Any, example: Example, prompt: list[int], system: str) -> Iterator[tuple[int, int]]:
    """The slices of `prompt` that hold the assistant's turns and their end-of-turn tokens.

    A turn is left out where the template does not render it as it renders the start of an answer.
    """
    for at, message in enumerate(example.prompt):
        if message.role != "assistant":
            continue
        before = prompt_tokens(tokenizer, example.prompt[:at], system)
        if prompt[: len(before)] == before and tokenizer.eos_token_id in prompt[len(before) :]:
            yield len(before), prompt.index(tokenizer.eos_token_id, len(before)) + 1


def epoch_batches(
    lengths: Sequence[int], *, batch_size: int, seed: int, epoch: int, tokens: int = 0
) -> list[list[int]]:
    """Which rows make up each batch of an epoch: shuffled, rows of like length together, the batches shuffled again.

    With `tokens` a batch holds as many rows as fit in that many tokens instead of `batch_size` rows. The same
    arguments give the same batches, so a resumed run goes on exactly where it was.
    """
    order = random.Random(f"{seed}-{epoch}")
    rows = list(range(len(lengths)))
    order.shuffle(rows)
    window = batch_size * WINDOW
    batches = []
    for first in range(0, len(rows), window):
        near = sorted(rows[first : first + window], key=lambda row: lengths[row])
        batches += _filled(near, lengths, tokens) if tokens else _cut(near, batch_size)
    order.shuffle(batches)
    return batches


def _cut(rows: list[int], size: int) -> list[list[int]]:
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def _filled(rows: list[int], lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """The rows in order, as many to a batch as fit in `tokens`; a longer row has a batch to itself."""
    batches: list[list[int]] = [[]]
    for row in rows:
        if batches[-1] and sum(lengths[other] for other in batches[-1]) + lengths[row] > tokens:
            batches.append([])
        batches[-1].append(row)
    return batches

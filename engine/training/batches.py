"""Examples as tokens, and the order in which a run sees them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.models import answer_tokens, prompt_tokens
from engine.schema import Example

AT_ONCE = 4096  # tokens whose likelihood is computed in one batch where nothing is learnt
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
        groups = filled([lengths[row] for row in near], tokens=tokens) if tokens else _cut(near, batch_size)
        batches += [[near[at] for at in group] for group in groups]
    order.shuffle(batches)
    return batches


def _cut(rows: Sequence[int], size: int) -> list[range]:
    return [range(at, min(at + size, len(rows))) for at in range(0, len(rows), size)]


def filled(lengths: Sequence[int], *, tokens: int = AT_ONCE, together: int = 1) -> list[range]:
    """The places of neighbouring rows, as many to a batch as fit in `tokens`; what is longer has a batch to itself.

    `together` neighbours, such as the two answers to a prompt, are never parted.

    >>> filled([3, 3, 3, 9, 1], tokens=6)
    [range(0, 2), range(2, 3), range(3, 4), range(4, 5)]
    """
    batches, first, total = [], 0, 0
    for at in range(0, len(lengths), together):
        size = sum(lengths[at : at + together])
        if at > first and total + size > tokens:
            batches.append(range(first, at))
            first, total = at, 0
        total += size
    return [*batches, range(first, len(lengths))] if lengths else []

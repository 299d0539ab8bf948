"""Answers, token by token: one path for the evaluation and for the page, for base and for tuned.

Greedy, unless asked to sample, as reinforcement learning does.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import torch

from engine import mixed, placement, threads
from engine.cache import Cache, Step
from engine.models import Loaded
from engine.packing import ATTENTION, beginning, hidden_states, inputs, learnt_prompt, logits_of, pack, step_states
from engine.replay import ReplayedMemory, replays

LEAST_ROWS = 16  # for a thread of their own: fewer use the CPU worse than one larger batch does


@dataclass
class Answer:
    """One answer as it grows. `done` once it ended by itself, with the token `end`, or by the limit; `truncated` if by
    the limit."""

    tokens: list[int] = field(default_factory=list)
    seconds: float = 0.0
    done: bool = False
    truncated: bool = False
    end: int | None = None

    def text(self, tokenizer: Any) -> str:
        return tokenizer.decode(self.tokens, skip_special_tokens=True).strip()


@dataclass(frozen=True)
class Sampling:
    """Tokens are drawn from softmax(logits / temperature). `seeds` holds one seed for each prompt, which decides its
    answer: the same seed gives the same answer, whatever else is in the batch. With `top_p` below 1 only the likeliest
    tokens that together reach it are drawn (nucleus sampling, Holtzman 2020, https://arxiv.org/abs/1904.09751)."""

    seeds: Sequence[int]
    temperature: float = 1.0
    top_p: float = 1.0

    def only(self, rows: Sequence[int]) -> "Sampling":
        """The same for some of the prompts."""
        return Sampling([self.seeds[row] for row in rows], self.temperature, self.top_p)


@torch.no_grad()
def stream(
    loaded: Loaded,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    sample: Sampling | None = None,
    adapters: Sequence[str] | None = None,
) -> Iterator[list[Answer]]:
    """Answer a batch of token prompts, greedily or by `sample`; yields the growing answers after each token, in the
    prompts' order.

    Prompts that begin alike are computed once as far as they do: copies of a prompt cost nothing until they answer.
    Rows that have ended leave the batch, so a long answer does not make the others wait. The seconds of an answer
    are its share of each step it took part in. `adapters` names the adapter that each prompt is answered with
    (mixed.py; `mixed.can_mix` says where that is possible), so that base and tuned share every step.
    """
    model, stop = loaded.core, torch.tensor(loaded.stop_tokens, device=loaded.device)
    answers = [Answer() for _ in prompts]
    alive = list(range(len(prompts)))
    start = time.perf_counter()
    draws = _draws(sample, max_new_tokens) if sample else None
    states, memory = _begin(loaded, prompts, max_new_tokens, adapters)
    for count in range(1, max_new_tokens + 1):
        logits = logits_of(model, states)
        tokens = _drawn(logits, sample, draws[alive, count - 1]) if sample else logits.argmax(-1)
        ended = torch.isin(tokens, stop).tolist()
        seconds = (time.perf_counter() - start) / len(alive)
        start = time.perf_counter()
        for row, token, end in zip(alive, tokens.tolist(), ended, strict=True):
            answer = answers[row]
            answer.seconds += seconds
            if end:
                answer.end = token
            else:
                answer.tokens.append(token)
            answer.truncated = not end and count == max_new_tokens
            answer.done = end or answer.truncated
        yield answers
        stay = _stay([answers[row].done for row in alive])
        if not stay:
            return
        if len(stay) < len(alive):
            keep = torch.tensor(stay, device=loaded.device)
            alive, tokens = [alive[at] for at in stay], tokens[keep]
            memory.select(keep)
        with mixed.each(loaded, [adapters[row] for row in alive]) if adapters else nullcontext():
            states = memory.step(model, tokens)


def generate(
    loaded: Loaded,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    batch_size: int,
    sample: Sampling | None = None,
    progress: Callable[[int], None] = lambda done: None,
    finished: Callable[[int, Answer], None] = lambda at, answer: None,
) -> list[Answer]:
    """The finished answers in the prompts' order, greedy or by `sample`. Prompts of like length share a batch;
    `batch_size`, or what memory allows, are answered at once, on a CPU by threads that have a batch each.

    `finished` gets an answer's place and the answer as soon as it is done; then `progress` gets the number done, after
    every token, and may raise to stop. Neither is called by two threads at once.
    """
    order = sorted(range(len(prompts)), key=lambda at: -len(prompts[at]))
    answers: list[Answer] = [Answer()] * len(prompts)
    lock, done = Lock(), [0]

    def answer(places: range) -> None:
        chosen = [order[place] for place in places]
        growing = list(range(len(chosen)))
        given, drawn = [prompts[at] for at in chosen], sample.only(chosen) if sample else None
        for batch in stream(loaded, given, max_new_tokens=max_new_tokens, sample=drawn):
            ended = [row for row in growing if batch[row].done]
            growing = [row for row in growing if not batch[row].done]
            with lock:
                for row in ended:
                    batch[row].seconds /= workers  # each thread has its share of the machine
                    answers[chosen[row]] = batch[row]
                    finished(chosen[row], batch[row])
                done[0] += len(ended)
                progress(done[0])

    workers = threads.workers(len(prompts), device=loaded.device, least=LEAST_ROWS)
    if prompts:
        most = min(batch_size, _most_rows(loaded, prompts, max_new_tokens))
        threads.each(answer, threads.parts(len(order), most=max(1, most // workers), workers=workers), workers=workers)
    return answers


def _stay(done: Sequence[bool]) -> list[int]:
    """The places of the rows to go on with: each stays, but the last ones take the places of those that are done, so
    that little of the cache is moved.

    >>> _stay([False, True, False, False, True, False])
    [0, 5, 2, 3]
    """
    count = len(done) - sum(done)
    last = [at for at in range(count, len(done)) if not done[at]]
    return [last.pop() if done[at] else at for at in range(count)]


def _most_rows(loaded: Loaded, prompts: Sequence[Sequence[int]], max_new_tokens: int) -> int:
    """What all prompts begin with is kept once, and takes no room in each row."""
    tokens = max(map(len, prompts)) + max_new_tokens - (beginning(prompts) if loaded.packed else 0)
    memory = placement.all_bytes(loaded.device)
    return placement.rows_that_fit(
        loaded.core.config.get_text_config(), tokens=tokens, item_bytes=loaded.dtype.itemsize, memory=memory
    )


def _draws(sample: Sampling, max_new_tokens: int) -> torch.Tensor:
    """A uniform number in [0, 1) for every token of every answer, (B, max_new_tokens), each row from its own seed."""
    rows = [torch.rand(max_new_tokens, generator=torch.Generator().manual_seed(seed)) for seed in sample.seeds]
    return torch.stack(rows)


def _drawn(logits: torch.Tensor, sample: Sampling, draws: torch.Tensor) -> torch.Tensor:
    """One token per row of logits (B, vocabulary), where the cumulated probabilities pass the row's draw."""
    chances = (logits.float() / sample.temperature).softmax(-1)
    if sample.top_p < 1:
        chances = _nucleus(chances, sample.top_p)
    reached = chances.cumsum(-1, dtype=torch.float64)
    wanted = draws.to(reached)[:, None] * reached[:, -1:]
    return torch.searchsorted(reached, wanted, right=True)[:, 0].clamp(max=logits.shape[-1] - 1)


def _nucleus(chances: torch.Tensor, top_p: float) -> torch.Tensor:
    """The chances (B, vocabulary) of the likeliest tokens that together reach top_p, at least one; the others are 0."""
    ordered, places = chances.sort(dim=-1, descending=True)
    before = ordered.cumsum(-1) - ordered
    return torch.zeros_like(chances).scatter(-1, places, ordered.where(before < top_p, 0.0))


def _begin(
    loaded: Loaded, prompts: Sequence[Sequence[int]], max_new_tokens: int, adapters: Sequence[str] | None
) -> tuple[Any, Any]:
    """As `_prefill`, the prompts of each adapter apart: rows share their beginning only under the same weights."""
    if adapters is None:
        return _prefill(loaded.core, prompts, max_new_tokens, loaded.device)
    states, memories, order = [], [], []
    for name in dict.fromkeys(adapters):
        rows = [row for row, adapter in enumerate(adapters) if adapter == name]
        with mixed.only(loaded, name):
            found, memory = _prefill(loaded.core, [prompts[row] for row in rows], max_new_tokens, loaded.device)
        states.append(found)
        memories.append(memory)
        order += rows
    if len(memories) == 1:
        return states[0], memories[0]
    lengths = torch.cat([memory.lengths for memory in memories])
    joined = _PackedMemory(Cache.join([memory.cache for memory in memories]), lengths)
    back = torch.tensor(order, device=loaded.device).argsort()
    joined.select(back)
    return torch.cat(states)[back], joined


class _PackedMemory:
    """The cache of a model with packed attention."""

    def __init__(self, cache: Cache, lengths: torch.Tensor):
        self.cache, self.lengths = cache, lengths

    def step(self, model: Any, tokens: torch.Tensor) -> torch.Tensor:
        states = step_states(model, tokens, Step(self.cache, self.lengths, int(self.lengths.max()) + 1))
        self.lengths = self.lengths + 1
        return states

    def select(self, keep: torch.Tensor) -> None:
        self.cache.select(keep)
        self.lengths = self.lengths[keep]


class _PaddedMemory:
    """transformers' own cache, for models whose attention cannot be packed: prompts padded on the left."""

    def __init__(self, cache: Any, mask: torch.Tensor):
        self.cache, self.mask = cache, mask

    def step(self, model: Any, tokens: torch.Tensor) -> torch.Tensor:
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(tokens), 1)], dim=1)
        return _padded_states(model, tokens[:, None], self)

    def select(self, keep: torch.Tensor) -> None:
        self.cache.batch_select_indices(keep)
        self.mask = self.mask[keep]


def _prefill(model: Any, prompts: Sequence[Sequence[int]], max_new_tokens: int, device: str) -> tuple[Any, Any]:
    """The hidden state of each prompt's last token, (B, hidden), and the memory to go on from."""
    prompts = [[*learnt_prompt(model), *prompt] for prompt in prompts]
    packed = pack(prompts, device=device)
    if model.config._attn_implementation == ATTENTION:
        packed.keep = Cache(packed.rows.shape[1] + max_new_tokens, packed.common)
        last = packed.rows[torch.arange(len(prompts), device=device), packed.lengths - 1]
        memory = ReplayedMemory if replays(device) else _PackedMemory
        return hidden_states(model, packed)[last], memory(packed.keep, packed.lengths)
    from transformers import DynamicCache

    longest = packed.rows.shape[1]
    ids = torch.tensor([[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts], device=device)
    mask = torch.arange(longest, device=device) >= longest - packed.lengths[:, None]
    memory = _PaddedMemory(DynamicCache(config=model.config), mask.long())
    return _padded_states(model, ids, memory), memory


def _padded_states(model: Any, ids: torch.Tensor, memory: _PaddedMemory) -> torch.Tensor:
    """The hidden state of the last column, (B, hidden), of new ids (B, n) on top of what the cache holds."""
    places = (memory.mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
    out = model.get_decoder()(
        **inputs(model, ids),
        attention_mask=memory.mask,
        position_ids=places,
        past_key_values=memory.cache,
        use_cache=True,
    )
    return out.last_hidden_state[:, -1].to(ids.device)

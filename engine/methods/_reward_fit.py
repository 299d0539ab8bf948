"""How a reward model is learnt from pairs of a chosen and a rejected answer: a small loop before the policy's.

Source: Ouyang et al. 2022, https://arxiv.org/abs/2203.02155.
"""

import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

from engine.atomic import append_line
from engine.methods._reward import REWARD, RewardModel, add, answering, load, raw_scores, save
from engine.rundir import Run
from engine.schema import Example, RunSpec, Stopped, Tell, UserError, silent


def needs_pairs(examples: Sequence[Example]) -> list[Example]:
    """The examples that are pairs. Raises UserError where there is none to learn a reward model from."""
    pairs = [example for example in examples if example.kind == "pairs"]
    if not pairs:
        raise UserError(
            "A reward model is learnt from pairs of a chosen and a rejected answer, but the training rows hold none. "
            "Give pairs, or set reward to metric and reward_metric to one of the metrics."
        )
    return pairs


def pair_rows(tokenizer: Any, example: Example, *, system: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The tokens of the chosen and of the rejected answer after their prompt, each with its end-of-turn."""
    from engine.models import answer_tokens, prompt_tokens

    prompt = prompt_tokens(tokenizer, example.prompt, system)
    texts = (example.completion, example.rejected)
    return tuple((*prompt, *answer_tokens(tokenizer, text)) for text in texts)


def pair_loss(chosen: Any, rejected: Any) -> Any:
    """Bradley and Terry's loss of each pair, (pairs,), in nats: -log sigmoid(r_chosen - r_rejected)."""
    from torch.nn.functional import logsigmoid

    return -logsigmoid(chosen - rejected)


def learn(
    loaded: Any, settings: Any, examples: Sequence[Example], *, spec: RunSpec, run: Run, tell: Tell = silent
) -> RewardModel:
    """The run's reward model: the one in run.reward, or else one learnt from the pairs among `examples` and kept there.

    It is measured on the pairs of the run's validation and test rows. Each step is a line of metrics.jsonl of kind
    "reward_model". Raises Stopped when a stop is requested: what is unfinished begins anew, with the same result.
    """
    import torch

    if run.reward.exists():
        return load(loaded, run)
    torch.manual_seed(spec.seed)
    model = add(loaded)
    pairs = [pair_rows(loaded.tokenizer, example, system=spec.system) for example in examples]
    _fit(model, settings, pairs, run=run, seed=spec.seed, tell=tell)
    of_pairs = [example for name in ("validation", "test") for example in run.examples(name) if example.kind == "pairs"]
    held = [pair_rows(loaded.tokenizer, example, system=spec.system) for example in of_pairs]
    model.facts = {"reward_pairs": len(pairs), "reward_accuracy": accuracy(model, held)}
    save(model, run)
    return model


def _fit(model: RewardModel, settings: Any, pairs: Sequence[tuple], *, run: Run, seed: int, tell: Tell) -> None:
    """Train the adapter and the head, then centre the scores. The rate falls linearly to zero."""
    import torch

    loaded, size = model.loaded, settings.batch_size
    attempt, step = run.status().get("attempt", 1), 0
    of = settings.reward_epochs * -(-len(pairs) // size)
    with answering(loaded, REWARD, train=True):
        head = model.head.requires_grad_(True)
        weights = [weight for weight in loaded.model.parameters() if weight.requires_grad] + [head]
        optimizer = torch.optim.AdamW(weights, lr=settings.reward_learning_rate, weight_decay=0.0, fused=True)
        for batch in _batches(len(pairs), size, epochs=settings.reward_epochs, seed=seed):
            if run.stop_requested():
                raise Stopped
            for group in optimizer.param_groups:
                group["lr"] = settings.reward_learning_rate * (1 - step / of)
            chosen, rejected = _both(loaded.core, head, [pairs[at] for at in batch])
            losses = pair_loss(chosen, rejected)
            losses.mean().backward()
            torch.nn.utils.clip_grad_norm_(weights, settings.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            right = (chosen > rejected).float().mean().item()
            line = {"kind": "reward_model", "step": step, "of": of, "attempt": attempt}
            tell("reward_model", step, of)
            append_line(run.file("metrics"), line | {"loss": losses.mean().item(), "accuracy": right})
        model.head = head.detach()
    values = torch.tensor(model.score([row for pair in pairs for row in pair]), device=loaded.device)
    model.mean = values.mean()


def rehearse(loaded: Any, settings: Any, examples: Sequence[Example], *, spec: RunSpec) -> tuple[RewardModel, float]:
    """An untrained reward model, for a forecast, and the seconds that training it would take: one batch's, scaled to
    all."""
    model = add(loaded)
    pairs = [pair_rows(loaded.tokenizer, example, system=spec.system) for example in examples[: settings.batch_size]]
    begun = time.perf_counter()
    with answering(loaded, REWARD, train=True):
        chosen, rejected = _both(loaded.core, model.head, pairs)
        pair_loss(chosen, rejected).mean().backward()
        loaded.model.zero_grad(set_to_none=True)
    seconds = time.perf_counter() - begun
    return model, seconds * settings.reward_epochs * len(examples) / len(pairs)


def _both(core: Any, head: Any, pairs: Sequence[tuple]) -> tuple[Any, Any]:
    """The scores of the chosen and of the rejected answers; what a pair has in common is computed once."""
    scores = raw_scores(core, head, [row for pair in pairs for row in pair])
    return scores[0::2], scores[1::2]


def _batches(n: int, size: int, *, epochs: int, seed: int) -> Iterator[list[int]]:
    for epoch in range(epochs):
        order = list(range(n))
        random.Random(f"reward-{seed}-{epoch}").shuffle(order)
        yield from (order[first : first + size] for first in range(0, n, size))


def accuracy(model: RewardModel, pairs: Sequence[tuple]) -> dict[str, Any] | None:
    """The share of pairs whose chosen answer has the higher reward, with Wilson's 95 % interval; None without pairs."""
    if not pairs:
        return None
    values = model.score([row for pair in pairs for row in pair])
    right = sum(chosen > rejected for chosen, rejected in zip(values[0::2], values[1::2], strict=True))
    from engine.stats import wilson

    low, high = wilson(right, len(pairs))
    return {"accuracy": right / len(pairs), "low": low, "high": high, "right": right, "n": len(pairs)}

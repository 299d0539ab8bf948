"""What reinforcement learning does in a step: sample answers, compare their rewards in a group, weigh their tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ROWS = 64  # answers sampled, and likelihoods without gradient taken, at once


@dataclass(frozen=True)
class Rollout:
    """One sampled or greedy answer: `row` (a training.batches.Row) holds the prompt and the answer's tokens, the end
    token among them where the answer came to its end (`ended`)."""

    row: Any
    text: str
    length: int
    ended: bool


def roll_out(
    loaded: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    seeds: Sequence[int] | None = None,
    temperature: float = 1.0,
) -> list[Rollout]:
    """The model's answers to the token prompts, one each and in order, sampled by `seeds`, greedy without. The model is
    left in the mode it was in."""
    from engine.decoding import Sampling, generate
    from engine.training.batches import Row

    training = loaded.model.training
    loaded.model.eval()
    sample = Sampling(seeds, temperature) if seeds is not None else None
    answers = generate(loaded, prompts, max_new_tokens=max_new_tokens, batch_size=ROWS, sample=sample)
    loaded.model.train(training)
    rollouts = []
    for prompt, answer in zip(prompts, answers, strict=True):
        said = [*answer.tokens, answer.end] if answer.end is not None else answer.tokens
        row = Row((*prompt, *said), len(prompt))
        rollouts.append(Rollout(row, answer.text(loaded.tokenizer), len(answer.tokens), answer.end is not None))
    return rollouts


def reference_losses(loaded: Any, rows: Sequence[Any], *, temperature: float = 1.0) -> list[Any]:
    """The negative log-likelihood, by base, of each row's answer tokens: the adapter off, no gradient."""
    import torch

    from engine.training.loss import row_token_losses

    training = loaded.model.training
    loaded.model.eval()
    losses: list[Any] = []
    with torch.no_grad(), loaded.base():
        for first in range(0, len(rows), ROWS):
            losses += row_token_losses(loaded.core, rows[first : first + ROWS], temperature=temperature)
    loaded.model.train(training)
    return losses


def rloo_advantages(rewards: Any) -> Any:
    """By how much each reward (prompts, answers) exceeds the mean of the other answers to its prompt.

    Source: Ahmadian et al. 2024, https://arxiv.org/abs/2402.14740, equation 6.
    """
    others = (rewards.sum(1, keepdim=True) - rewards) / (rewards.shape[1] - 1)
    return rewards - others


def grpo_advantages(rewards: Any) -> Any:
    """Each reward (prompts, answers) less the mean of its prompt's answers, in their standard deviations.

    Source: Shao et al. 2024, https://arxiv.org/abs/2402.03300, section 4.1.2; the 1e-4 is trl's.
    """
    return (rewards - rewards.mean(1, keepdim=True)) / (rewards.std(1, keepdim=True) + 1e-4)


def k3(losses: Any, reference: Any) -> Any:
    """Of each sampled token how far the policy is from the reference, in nats, never negative; its mean over samples is
    the KL divergence. Source: Schulman 2020, http://joschu.net/blog/kl-approx.html."""
    difference = losses - reference  # log reference - log policy
    return difference.exp() - difference - 1


def rloo_loss(losses: Sequence[Any], reference: Sequence[Any], rewards: Any, *, kl_weight: float) -> Any:
    """REINFORCE with the other answers as baseline: a sum over answers, with gradient, of advantage times loss.

    `losses` and `reference` hold each answer's tokens' negative log-likelihoods, `rewards` is (prompts, answers). The
    penalty, the log-ratio of the whole answer, is part of the reward and has no gradient of its own.
    """
    import torch

    whole = torch.stack([answer.sum() for answer in losses])
    base = torch.stack([answer.sum() for answer in reference])
    advantages = rloo_advantages(rewards - kl_weight * (base - whole.detach()).view(rewards.shape))
    return (advantages.flatten() * whole).sum()


def grpo_loss(losses: Sequence[Any], reference: Sequence[Any], rewards: Any, *, kl_weight: float) -> Any:
    """GRPO on fresh samples: a sum over answers of the mean over their tokens of advantage times loss plus the penalty.

    As rloo_loss, but the penalty is k3 per token, with its gradient. Clipping never bites: samples are used once.
    """
    import torch

    advantages = grpo_advantages(rewards).flatten()
    parts = [
        (advantage * own + kl_weight * k3(own, base)).mean()
        for advantage, own, base in zip(advantages, losses, reference, strict=True)
    ]
    return torch.stack(parts).sum()

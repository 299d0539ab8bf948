"""The loss of a batch: cross-entropy on answer tokens, with logits computed only where there is a label."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from engine.packing import Packed, hidden_states, learnt_prompt, logits_of, pack
from engine.training.batches import Row

CHUNK = 1024  # label positions whose logits are in memory at once: 1,024 x 49,152 fp32 logits take 200 MB


def row_token_losses(
    core: Any, rows: Sequence[Row], *, share: bool = True, noise: float = 0.0, temperature: float = 1.0
) -> list[torch.Tensor]:
    """For each row the negative log-likelihood of each of its answer tokens, in nats: (answer tokens,), with gradient.

    `share` computes what rows have in common once (off where noise must differ by row); `noise` is NEFTune's alpha;
    `temperature` divides the logits, as it does where answers are sampled.
    """
    packed, places, labels = _labelled(core, rows, share=share)
    losses = token_losses(core, hidden_states(core, packed, noise=noise)[places], labels, temperature=temperature)
    return list(losses.split([len(row.labels) for row in rows]))


def answer_loss(core: Any, rows: Sequence[Row], *, share: bool = True) -> torch.Tensor:
    """The mean negative log-likelihood per answer token of the batch, in nats: a scalar with its gradient."""
    losses = torch.cat(row_token_losses(core, rows, share=share))
    return losses.sum() / len(losses)


@torch.no_grad()
def row_losses(core: Any, rows: Sequence[Row]) -> list[float]:
    """The mean negative log-likelihood per answer token of each row, in nats."""
    return [losses.mean().item() for losses in row_token_losses(core, rows)]


def token_losses(core: Any, states: torch.Tensor, labels: torch.Tensor, *, temperature: float = 1.0) -> torch.Tensor:
    """The loss of each label, (N,), from hidden states (N, hidden); large N in chunks whose logits are recomputed."""

    def losses_of(part: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        logits = logits_of(core, part).float()
        return cross_entropy(logits / temperature if temperature != 1 else logits, wanted, reduction="none")

    if len(labels) <= CHUNK:
        return losses_of(states, labels)
    parts = zip(states.split(CHUNK), labels.split(CHUNK), strict=True)
    return torch.cat([checkpoint(losses_of, part, wanted, use_reentrant=False) for part, wanted in parts])


def _labelled(core: Any, rows: Sequence[Row], *, share: bool) -> tuple[Packed, torch.Tensor, torch.Tensor]:
    """The packed batch, the positions (N,) that predict an answer token, and those tokens (N,)."""
    device = core.device
    prefix = learnt_prompt(core)
    packed = pack([(*prefix, *row.tokens) for row in rows], share=share, device=device)
    owner = torch.tensor([at for at, row in enumerate(rows) for _ in row.labels], device=device)
    before = torch.tensor([len(prefix) + place - 1 for row in rows for place in row.labels], device=device)
    labels = [row.tokens[place] for row in rows for place in row.labels]
    return packed, packed.rows[owner, before], torch.tensor(labels, device=device)

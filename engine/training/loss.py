"""The loss of a batch: cross-entropy on answer tokens, with logits computed only where there is a label."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from engine.packing import Packed, hidden_states, pack
from engine.training.batches import Row

CHUNK = 1024  # label positions whose logits are in memory at once: 1,024 x 49,152 fp32 logits take 200 MB


def answer_loss(core: Any, rows: Sequence[Row], *, share: bool = True) -> torch.Tensor:
    """The mean negative log-likelihood per answer token of the batch, in nats: a scalar with its gradient."""
    packed, places, labels = _labelled(core, rows, share=share)
    return token_losses(core, hidden_states(core, packed)[places], labels).sum() / len(labels)


@torch.no_grad()
def row_losses(core: Any, rows: Sequence[Row]) -> list[float]:
    """The mean negative log-likelihood per answer token of each row, in nats."""
    packed, places, labels = _labelled(core, rows, share=True)
    losses = token_losses(core, hidden_states(core, packed)[places], labels)
    counts = [len(row.tokens) - row.start for row in rows]
    return [part.mean().item() for part in losses.split(counts)]


def token_losses(core: Any, states: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The loss of each label, (N,), from hidden states (N, hidden); large N in chunks whose logits are recomputed."""
    head = core.get_output_embeddings()

    def losses_of(part: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        return cross_entropy(head(part).float(), wanted, reduction="none")

    if len(labels) <= CHUNK:
        return losses_of(states, labels)
    parts = zip(states.split(CHUNK), labels.split(CHUNK), strict=True)
    return torch.cat([checkpoint(losses_of, part, wanted, use_reentrant=False) for part, wanted in parts])


def _labelled(core: Any, rows: Sequence[Row], *, share: bool) -> tuple[Packed, torch.Tensor, torch.Tensor]:
    """The packed batch, the positions (N,) that predict an answer token, and those tokens (N,)."""
    device = core.device
    packed = pack([row.tokens for row in rows], share=share, device=device)
    places = [packed.rows[at, row.start - 1 : len(row.tokens) - 1] for at, row in enumerate(rows)]
    labels = [token for row in rows for token in row.tokens[row.start :]]
    return packed, torch.cat(places), torch.tensor(labels, device=device)

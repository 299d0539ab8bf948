"""What the supervised methods share: the loss is taken on answers, and on nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.schema import Example, RunSpec, Tell, silent


def sft_task(
    loaded: Any,
    settings: Any,
    *,
    splits: Mapping[str, Sequence[Example]],
    spec: RunSpec,
    run: Any = None,
    tell: Tell = silent,
) -> Any:
    """Supervised fine-tuning as a Task: next-token loss on the answers of splits["train"], held-out loss on
    splits["validation"]."""
    return row_task(
        loaded,
        settings,
        **{name: rows_of(loaded, splits.get(name, ()), spec=spec) for name in ("train", "validation")},
    )


def rows_of(loaded: Any, examples: Sequence[Example], *, spec: RunSpec, every_answer: bool = False) -> list[Any]:
    """The examples as Rows of tokens."""
    from engine.training.batches import tokenize

    return [tokenize(loaded.tokenizer, example, system=spec.system, every_answer=every_answer) for example in examples]


def row_task(loaded: Any, settings: Any, *, train: Sequence[Any], validation: Sequence[Any] = ()) -> Any:
    """A Task over rows of tokens, whose loss is the mean negative log-likelihood of an answer token, in nats.

    Rows that begin alike share their computation, except where noise must differ by row (dropout, NEFTune).
    """
    import torch

    from engine.training.loss import row_losses, row_token_losses
    from engine.training.task import Part, Task

    share = not getattr(settings, "dropout", 0.0) and not settings.neftune_alpha

    def loss(indices: Sequence[int]) -> Any:
        rows = [train[at] for at in indices]
        losses = torch.cat(row_token_losses(loaded.core, rows, share=share, noise=settings.neftune_alpha))
        return Part(losses.sum(), len(losses), len(indices))

    def held_out() -> dict[str, float]:
        return {"loss": sum(row_losses(loaded.core, validation)) / len(validation)}

    return Task([len(row.tokens) for row in train], loss, held_out if validation else None, divides=share)

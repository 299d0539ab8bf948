"""What DPO and KTO share: settings, log-likelihoods of whole answers, and those of the reference, computed once.

The reference is the model before training: the adapter off, or the weights a run over all weights begins with. So no
second model is ever in memory.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from pydantic import Field

from engine.atomic import read_json, write_json
from engine.methods import _through
from engine.rundir import Run
from engine.schema import Example, RunSpec, Stopped, Tell
from engine.training.settings import BASIC, epochs_field

SAVED_EVERY = 30.0  # seconds: what a killed run has of the reference's likelihoods is kept


class Settings(_through.Settings):
    # Measured with DPO on the 116 pairs of brand_replies, the embedded model, LoRA, one epoch at 5e-4 in batches of 8:
    # of 34 held-out pairs the chosen answer was likelier in 18 % before and 62 % after. The rates of the other ways are
    # about as far below LoRA's as in supervised tuning; they have not been measured.
    epochs: int = epochs_field(2)
    warmup_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Share of the steps over which the learning rate rises from zero. Higher: a gentler start.",
    )
    beta: float = Field(
        0.1,
        gt=0,
        le=10,
        json_schema_extra=BASIC,
        description="How closely the model is held to what it was. Higher: stays closer, learns less of what is "
        "preferred.",
    )

    @classmethod
    def _rates(cls) -> dict[str, float]:
        return {"lora": 5e-4, "qlora": 5e-4, "adapter": 2e-4, "full": 2e-5}


def answer_rows(loaded: Any, examples: Sequence[Example], answers: Sequence[str], *, spec: RunSpec) -> list[Any]:
    """A Row of tokens for each example with that answer in place of its own."""
    from engine.methods._sft import rows_of

    given = [replace(example, completion=text) for example, text in zip(examples, answers, strict=True)]
    return rows_of(loaded, given, spec=spec)


def logps(loaded: Any, rows: Sequence[Any], settings: Any) -> Any:
    """The log-likelihood of each row's answer, in nats, summed over its tokens: (rows,), with gradient.

    Rows that begin alike, as the two answers to a prompt do, share that computation, except where noise must differ.
    """
    import torch

    from engine.training.loss import row_token_losses

    share = not settings.dropout and not settings.neftune_alpha
    losses = row_token_losses(loaded.core, rows, share=share, noise=settings.neftune_alpha)
    return torch.stack([-row.sum() for row in losses])


def plain_logps(loaded: Any, rows: Sequence[Any]) -> Any:
    """The same without gradient and without noise: (rows,)."""
    import torch

    from engine.training.loss import row_token_losses

    with torch.no_grad():
        return torch.stack([-losses.sum() for losses in row_token_losses(loaded.core, rows)])


def reference_logps(loaded: Any, rows: Sequence[Any], *, run: Run | None, tell: Tell) -> list[float]:
    """The log-likelihood of each row's answer under the reference, in nats.

    Kept in the run's folder, where a resumed run finds them again. `run` is None where only time and memory are of
    interest: then they are 0. Raises Stopped, with what was computed kept, when a stop is requested.
    """
    if run is None:
        return [0.0] * len(rows)
    keys = [_key(row) for row in rows]
    kept: dict[str, float] = read_json(run.file("reference"), default={})
    missing = list({key: row for key, row in zip(keys, rows, strict=True) if key not in kept}.items())
    if missing:
        _compute(loaded, missing, kept, run=run, tell=tell)
    return [kept[key] for key in keys]


def _compute(loaded: Any, missing: Sequence[tuple[str, Any]], kept: dict[str, float], *, run: Run, tell: Tell) -> None:
    """Fill in `kept`, and keep it on disk."""
    from engine.training.batches import filled

    adapter_off = loaded.base() if hasattr(loaded.model, "get_base_model") else nullcontext()
    training, saved = loaded.model.training, time.perf_counter()
    loaded.model.eval()
    try:
        with adapter_off:
            for part in filled([len(row.tokens) for _, row in missing]):
                keys = [missing[at][0] for at in part]
                kept.update(zip(keys, plain_logps(loaded, [missing[at][1] for at in part]).tolist(), strict=True))
                tell("reference", part[-1] + 1, len(missing))
                if run.stop_requested():
                    raise Stopped
                if time.perf_counter() - saved > SAVED_EVERY:
                    write_json(run.file("reference"), kept)
                    saved = time.perf_counter()
    finally:
        write_json(run.file("reference"), kept)
        loaded.model.train(training)


def _key(row: Any) -> str:
    return hashlib.sha256(repr((row.start, row.tokens)).encode()).hexdigest()[:24]


def pairwise(rows: Sequence[Any]) -> list[range]:
    """The places of rows that come in twos, as many twos as are computed at once where nothing is learnt."""
    from engine.training.batches import filled

    return filled([len(row.tokens) for row in rows], together=2)


def means(sums: Sequence[Mapping[str, float]], *, over: int) -> dict[str, float]:
    """The sums added up and divided by `over`."""
    return {name: sum(part[name] for part in sums) / over for name in sums[0]}

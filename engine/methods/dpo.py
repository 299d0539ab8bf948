"""DPO: learn from pairs which answers are preferred, without a reward model."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from engine.methods import _preference, _through
from engine.registry import attach_through
from engine.schema import Example, Method, RunSpec, Tell, silent
from engine.training.settings import BASIC

EXO_SMOOTHING = 1e-3  # what the EXO paper takes where no label smoothing is set: its loss needs some
DISCOPOP_TAU = 0.05  # the DiscoPOP paper's


class Settings(_preference.Settings):
    loss_type: Literal[
        "sigmoid", "sigmoid_norm", "ipo", "hinge", "robust", "exo_pair", "nca_pair", "bco_pair", "sppo_hard",
        "apo_zero", "apo_down", "discopop",
    ] = Field(
        "sigmoid",
        json_schema_extra=BASIC,
        description="How a pair is scored. Sigmoid is DPO's own; IPO overfits less on few pairs; robust is for pairs "
        "of which some are wrong.",
    )  # fmt: skip
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=0.5,
        description="The share of pairs expected to be the wrong way round; for the losses sigmoid, robust and EXO. "
        "Higher: less sure.",
    )
    sft_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        description="How much the loss on the chosen answers themselves counts beside (RPO; 1 is usual). Higher: "
        "keeps chosen answers likely. 0: not at all, as DPO was first published.",
    )

    # Measured on the 116 pairs of brand_replies, embedded model, LoRA, 2 epochs. At 5e-4 without sft_weight the chosen
    # answer becomes the likelier one in 82 % of held-out pairs, but every answer runs into the length limit and general
    # answers become unlikelier; at 1.5e-4 with it in 53 %, and nothing general is lost.
    @classmethod
    def _rates(cls) -> dict[str, float]:
        return {"lora": 1.5e-4, "qlora": 1.5e-4, "adapter": 1.5e-4, "full": 5e-6}


def pair_losses(
    chosen: Any, rejected: Any, *, loss_type: str = "sigmoid", beta: float = 0.1, smoothing: float = 0.0, tokens: Any
) -> Any:
    """The loss of each pair, (pairs,), from log p(answer) - log p_reference(answer) of chosen and rejected, (pairs,).

    `tokens` (pairs, 2) counts the tokens of both answers, for the losses that divide by them.
    Sources: sigmoid, Rafailov et al. 2023, https://arxiv.org/abs/2305.18290, smoothed as in
    https://ericmitchell.ai/cdpo.pdf; sigmoid_norm, per token, Meng et al. 2024, https://arxiv.org/abs/2405.14734;
    ipo, Azar et al. 2023, https://arxiv.org/abs/2310.12036, per token as its authors do; hinge, Zhao et al. 2023,
    https://arxiv.org/abs/2305.10425; robust, Chowdhury et al. 2024, https://arxiv.org/abs/2403.00409; exo_pair, Ji et
    al. 2024, https://arxiv.org/abs/2402.00856; nca_pair, Chen et al. 2024, https://arxiv.org/abs/2402.05369;
    bco_pair, Jung et al. 2024, https://arxiv.org/abs/2404.04656; sppo_hard, Wu et al. 2024,
    https://arxiv.org/abs/2405.00675; apo_zero and apo_down, D'Oosterlinck et al. 2024,
    https://arxiv.org/abs/2408.06266; discopop, Lu et al. 2024, https://arxiv.org/abs/2406.08414.

    >>> import torch
    >>> pair_losses(torch.zeros(1), torch.zeros(1), tokens=torch.ones(1, 2)).item() == torch.log(torch.tensor(2)).item()
    True
    """
    import math

    from torch.nn.functional import logsigmoid

    margin = beta * (chosen - rejected)
    up, down = logsigmoid(margin), logsigmoid(-margin)
    per_token = chosen / tokens[:, 0] - rejected / tokens[:, 1]
    flipped = smoothing or EXO_SMOOTHING
    mixed = (margin / DISCOPOP_TAU).sigmoid()
    formulas = {
        "sigmoid": lambda: -(1 - smoothing) * up - smoothing * down,
        "sigmoid_norm": lambda: -logsigmoid(beta * per_token),
        "ipo": lambda: (per_token - 1 / (2 * beta)) ** 2,
        "hinge": lambda: (1 - margin).relu(),
        "robust": lambda: (smoothing * down - (1 - smoothing) * up) / (1 - 2 * smoothing),
        "exo_pair": lambda: up.exp() * (up - math.log1p(-flipped)) + down.exp() * (down - math.log(flipped)),
        "nca_pair": lambda: (
            -logsigmoid(beta * chosen) - 0.5 * logsigmoid(-beta * chosen) - 0.5 * logsigmoid(-beta * rejected)
        ),
        "bco_pair": lambda: -logsigmoid(beta * chosen) - logsigmoid(-beta * rejected),
        "sppo_hard": lambda: (chosen - 0.5 / beta) ** 2 + (rejected + 0.5 / beta) ** 2,
        "apo_zero": lambda: 1 - (beta * chosen).sigmoid() + (beta * rejected).sigmoid(),
        "apo_down": lambda: (beta * chosen).sigmoid() + 1 - margin.sigmoid(),
        "discopop": lambda: -up * (1 - mixed) + (-margin).exp() * mixed,
    }
    return formulas[loss_type]()


def task(
    loaded: Any,
    settings: Settings,
    *,
    splits: Mapping[str, Sequence[Example]],
    spec: RunSpec,
    run: Any = None,
    tell: Tell = silent,
) -> Any:
    """DPO on the pairs of splits["train"], its held-out measures on those of splits["validation"].

    Measures: "margin", the mean of the reward margin beta * ((log p - log p_reference)(chosen) - (...)(rejected));
    "accuracy", the share of pairs where it is above 0; and the two rewards. With sft_weight the mean loss per token of
    the chosen answer is added (RPO, Pang et al. 2024, https://arxiv.org/abs/2404.19733).
    """
    import torch

    from engine.training.task import Part, Task

    pairs = {name: _rows(loaded, splits.get(name, ()), spec=spec) for name in ("train", "validation")}
    reference = _preference.reference_logps(loaded, [*pairs["train"], *pairs["validation"]], run=run, tell=tell)
    device = loaded.core.device

    def part(rows: Sequence[Any], logps: Any, known: Sequence[float]) -> Any:
        """The Part of pairs from their rows, chosen and rejected in turn, their log-likelihoods and the reference's."""
        logps = logps.view(-1, 2)
        tokens = torch.tensor([len(row.labels) for row in rows], device=device).view(-1, 2)
        ratios = logps - torch.tensor(known, device=device).view(-1, 2)
        losses = pair_losses(
            *ratios.unbind(1),
            loss_type=settings.loss_type,
            beta=settings.beta,
            smoothing=settings.label_smoothing,
            tokens=tokens,
        )
        if settings.sft_weight:
            losses = losses - settings.sft_weight * logps[:, 0] / tokens[:, 0]
        return Part(losses.sum(), len(losses), len(losses), rewards(ratios.detach() * settings.beta))

    def loss(indices: Sequence[int]) -> Any:
        places = [at for index in indices for at in (2 * index, 2 * index + 1)]
        rows = [pairs["train"][at] for at in places]
        return part(rows, _preference.logps(loaded, rows, settings), [reference[at] for at in places])

    def held_out() -> dict[str, float]:
        rows, known, sums = pairs["validation"], reference[len(pairs["train"]) :], []
        for places in _preference.pairwise(rows):
            chosen = [rows[at] for at in places]
            found = part(chosen, _preference.plain_logps(loaded, chosen), [known[at] for at in places])
            sums.append({"loss": found.total.item(), **found.measures})
        return _preference.means(sums, over=len(rows) // 2)

    sizes = [len(row.tokens) for row in pairs["train"]]
    lengths = [chosen + rejected for chosen, rejected in zip(sizes[::2], sizes[1::2], strict=True)]
    alone = not settings.dropout and not settings.neftune_alpha  # no pair draws noise that another's would follow
    return Task(lengths, loss, held_out if pairs["validation"] else None, divides=alone)


def rewards(values: Any) -> dict[str, float]:
    """The sums over pairs of what is logged, from the implicit rewards (pairs, 2) of chosen and rejected."""
    margins = values[:, 0] - values[:, 1]
    return {
        "margin": margins.sum().item(),
        "accuracy": (margins > 0).sum().item(),
        "chosen_reward": values[:, 0].sum().item(),
        "rejected_reward": values[:, 1].sum().item(),
    }


def _rows(loaded: Any, examples: Sequence[Example], *, spec: RunSpec) -> list[Any]:
    """Two Rows a pair, chosen and rejected in turn."""
    twice = [example for example in examples for _ in range(2)]
    answers = [text for example in examples for text in (example.completion, example.rejected)]
    return _preference.answer_rows(loaded, twice, answers, spec=spec)


METHOD = Method(
    name="dpo",
    title="DPO",
    summary="Learns from pairs of answers which kind is preferred: the chosen one becomes likelier than the rejected "
    "one, against what the model was. Needs no reward model.",
    paper="https://arxiv.org/abs/2305.18290",
    needs=("pairs",),
    Settings=Settings,
    attach=attach_through,
    task=task,
    through=_through.WAYS,
)

"""KTO: learn from single answers with a thumbs-up or a thumbs-down."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from engine.methods import _preference, _through
from engine.registry import attach_through
from engine.schema import Example, Method, RunSpec, Tell, silent
from engine.training.settings import BASIC


class Settings(_preference.Settings):
    loss_type: Literal["kto", "apo_zero_unpaired"] = Field(
        "kto",
        description="How an answer is scored: KTO against how far the model has moved on the whole, APO-zero against "
        "what it was.",
    )
    desirable_weight: float = Field(
        1.0,
        gt=0,
        le=100,
        json_schema_extra=BASIC,
        description="How much a good answer counts. With few good rows raise it, until weight times rows is 1 to 1.5 "
        "times that of the bad ones.",
    )
    undesirable_weight: float = Field(
        1.0,
        gt=0,
        le=100,
        json_schema_extra=BASIC,
        description="How much a bad answer counts. With few bad rows raise it.",
    )


def answer_losses(ratios: Any, good: Any, kl: Any, *, settings: Settings) -> Any:
    """The loss of each answer, (rows,), from log p(answer) - log p_reference(answer), (rows,), whether it is a good
    one, (rows,) of bool, and the estimate of the KL divergence, in nats.

    Sources: kto, Ethayarajh et al. 2024, https://arxiv.org/abs/2402.01306, equation 7; apo_zero_unpaired,
    D'Oosterlinck et al. 2024, https://arxiv.org/abs/2408.06266.
    """
    import torch

    point = kl if settings.loss_type == "kto" else torch.zeros_like(ratios)
    value = torch.where(good, ratios - point, point - ratios)
    weight = torch.where(good, settings.desirable_weight, settings.undesirable_weight)
    return weight * (1 - (settings.beta * value).sigmoid())


def task(
    loaded: Any,
    settings: Settings,
    *,
    splits: Mapping[str, Sequence[Example]],
    spec: RunSpec,
    run: Any = None,
    tell: Tell = silent,
) -> Any:
    """KTO on the labelled answers of splits["train"]; a pair is one good and one bad answer.

    How far the model has moved, the KL divergence, is estimated from answers to other prompts: each prompt with the
    answer of the row before it, as trl's KTOTrainer does, without gradient and never below 0.
    Measures: "margin", the mean distance of the reward beta * (log p - log p_reference) from the reward at that KL,
    on the right side; "accuracy", the share of answers on the right side; and "kl". Held out also the mean rewards.
    """
    import torch

    from engine.training.task import Part, Task

    labelled = {name: one_by_one(splits.get(name, ())) for name in ("train", "validation")}
    rows = {name: _rows(loaded, found, spec=spec) for name, found in labelled.items()}
    counted = len(rows["train"])
    both = [*rows["train"], *rows["validation"]]
    reference = torch.tensor(_preference.reference_logps(loaded, both, run=run, tell=tell), device=loaded.core.device)
    good = torch.tensor(
        [bool(example.label) for name in labelled for example in labelled[name]], device=loaded.core.device
    )
    moves = settings.loss_type == "kto"

    def part(indices: Sequence[int], logps: Any, others: Any) -> Any:
        """The Part of the rows 2 * index of `both`, whose others are at 2 * index + 1."""
        own = torch.tensor([2 * index for index in indices], device=loaded.core.device)
        ratios = logps - reference[own]
        kl = (others - reference[own + 1]).mean().clamp(min=0) if moves else ratios.new_zeros(())
        losses = answer_losses(ratios, good[own // 2], kl, settings=settings)
        away = settings.beta * torch.where(good[own // 2], ratios - kl, kl - ratios).detach()
        measures = {"margin": away.sum().item(), "accuracy": (away > 0).sum().item(), "kl": kl.item() * len(indices)}
        return Part(losses.sum(), len(indices), len(indices), measures), settings.beta * ratios.detach()

    def loss(indices: Sequence[int]) -> Any:
        logps = _preference.logps(loaded, [both[2 * index] for index in indices], settings)
        others = _preference.plain_logps(loaded, [both[2 * index + 1] for index in indices]) if moves else None
        return part(indices, logps, others)[0]

    def held_out() -> dict[str, float]:
        indices = range(counted // 2, len(both) // 2)
        found = [
            _preference.plain_logps(loaded, [both[counted + at] for at in places])
            for places in _preference.pairwise(rows["validation"])
        ]
        logps = torch.cat(found).view(-1, 2)
        measured, rewards = part(indices, logps[:, 0], logps[:, 1])
        values = {"loss": measured.total.item(), **measured.measures}
        held = good[counted // 2 :]
        sides = {"chosen_reward": rewards[held], "rejected_reward": rewards[~held]}
        return {
            **_preference.means([values], over=len(indices)),
            **{name: side.mean().item() for name, side in sides.items() if len(side)},
        }

    lengths = [len(row.tokens) for row in rows["train"][::2]]
    return Task(lengths, loss, held_out if rows["validation"] else None)


def one_by_one(examples: Sequence[Example]) -> list[Example]:
    """The labelled answers: a pair becomes a good one and a bad one."""
    found = []
    for example in examples:
        if example.rejected is None:
            found.append(example)
        else:
            found.append(replace(example, rejected=None, label=True))
            found.append(replace(example, completion=example.rejected, rejected=None, label=False))
    return found


def _rows(loaded: Any, examples: Sequence[Example], *, spec: RunSpec) -> list[Any]:
    """Two Rows an example: its prompt with its answer, and with the answer to another prompt."""
    twice = [example for example in examples for _ in range(2)]
    answers = [text for at, example in enumerate(examples) for text in (example.completion, other_answer(examples, at))]
    return _preference.answer_rows(loaded, twice, answers, spec=spec)


def other_answer(examples: Sequence[Example], at: int) -> str:
    """The answer of the nearest row before that has another prompt; where all ask the same, of the row before."""
    before = (examples[at - back] for back in range(1, len(examples)))  # goes on from the end
    others = (example.completion for example in before if example.prompt != examples[at].prompt)
    return next(others, examples[at - 1].completion)


METHOD = Method(
    name="kto",
    title="KTO",
    summary="Learns from single answers with a thumbs-up or a thumbs-down: good ones become likelier, bad ones less "
    "likely, against what the model was. Also takes pairs.",
    paper="https://arxiv.org/abs/2402.01306",
    needs=("labels", "pairs"),
    Settings=Settings,
    attach=attach_through,
    task=task,
    through=_through.WAYS,
)

"""RLHF: learn from preferences, or from a rule, what a good answer is, then make good answers likelier."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from engine import registry
from engine.methods import _through
from engine.methods._reward import judge
from engine.methods._rewards import rewards_by
from engine.registry import attach_through
from engine.schema import Example, Kind, Method, RunSpec, Tell, silent
from engine.training.settings import BASIC, batch_field, epochs_field

HELD_OUT = 16  # validation prompts answered at most
MEASURED = 4  # times a run: answering takes as long as a step


class Settings(_through.Settings):
    through: Literal["auto", "lora", "qlora", "adapter"] = Field(
        "auto", description="Which weights are trained. Auto: QLoRA on a GPU, LoRA on a CPU."
    )
    # One epoch in steps of eight prompts: what two CPU cores do in about six minutes for a hundred prompts.
    epochs: int = epochs_field(
        1, "How often every prompt is answered and learnt from. Higher: more reward, more drift, longer."
    )
    batch_size: int = batch_field(
        8, "Prompts per step; pairs per step while the reward model learns. Higher: steadier, more memory."
    )
    reward: Literal["model", "metric", "both"] = Field(
        "model",
        json_schema_extra=BASIC,
        description="What is rewarded: a model learnt from your preference pairs, one of the metrics, or their sum.",
    )
    reward_metric: str = Field(
        "",
        validate_default=True,
        max_length=60,
        json_schema_extra=BASIC,
        description="The metric that is the reward, by name, for example brand_rules. One where lower is better counts "
        "negative.",
    )
    metric_weight: float = Field(
        1.0,
        gt=0,
        le=100,
        description="What the metric is multiplied by. Higher: more than the reward model, or the KL.",
    )
    algorithm: Literal["rloo", "grpo"] = Field(
        "rloo",
        description="How answers to one prompt are compared: RLOO with the mean of the others, GRPO in their standard "
        "deviations.",
    )
    completions: int = Field(
        4, ge=2, le=64, description="Answers sampled for each prompt. Higher: steadier, slower, more memory."
    )
    max_new_tokens: int = Field(
        40,
        ge=1,
        le=4096,
        json_schema_extra=BASIC,
        description="The longest sampled answer, in tokens. Higher: slower, more memory.",
    )
    temperature: float = Field(
        1.0, ge=0.1, le=5, description="How freely answers are sampled. Higher: more variety, less sense."
    )
    kl_weight: float = Field(
        0.05,
        ge=0,
        le=10,
        json_schema_extra=BASIC,
        description="The price of moving away from base (KL). Higher: stays closer, earns less. 0: nothing holds it.",
    )
    missing_end_penalty: float = Field(
        0.5,
        ge=0,
        le=100,
        description="Reward taken away where an answer is cut by the limit instead of coming to its end.",
    )
    length_penalty: float = Field(
        0.0, ge=0, le=10, description="Reward taken away for each token. Higher: shorter answers. 0: none."
    )
    reward_epochs: int = Field(1, ge=1, le=100, description="How often the reward model sees every pair.")
    reward_learning_rate: float = Field(
        5e-4, gt=0, le=1, description="The size of a step of the reward model. Higher: learns faster, may overfit."
    )

    @classmethod
    def _rates(cls) -> dict[str, float]:
        return {"lora": 5e-4, "qlora": 5e-4, "adapter": 5e-4}

    @field_validator("reward_metric")
    @classmethod
    def _known_metric(cls, name: str, given: ValidationInfo) -> str:
        """Raises ValueError for a metric that does not exist, cannot be a reward, or is wanted and not named."""
        judging = {key: metric for key, metric in registry.metrics().items() if metric.score and key != "reward"}
        usable = [key for key, metric in judging.items() if metric.better != "neither"]
        if given.data.get("reward") != "model" and name not in usable:
            raise ValueError(f"name the metric that is the reward, one of {', '.join(usable)}, or set reward to model")
        return name


def task(
    loaded: Any,
    settings: Settings,
    *,
    splits: Mapping[str, Sequence[Example]],
    spec: RunSpec,
    run: Any = None,
    tell: Tell = silent,
) -> Any:
    """The Task of making rewarded answers to the prompts of splits["train"] likelier, each prompt once an epoch.

    Sources: Ouyang et al. 2022, https://arxiv.org/abs/2203.02155 (the pipeline); Ahmadian et al. 2024,
    https://arxiv.org/abs/2402.14740 (RLOO); Shao et al. 2024, https://arxiv.org/abs/2402.03300 (GRPO). Logged with each
    step, as means over answers: reward, kl (nats per answer), length (tokens), ended, repetition. An answer cut by the
    limit is judged as it stands, less settings.missing_end_penalty. Raises UserError where the reward needs pairs and
    there are none, or where the metric does not apply to the prompts.
    """
    import torch

    from engine.methods._rollout import grpo_loss, k3, reference_losses, rloo_loss, roll_out
    from engine.models import prompt_tokens
    from engine.prepacked import prepacked
    from engine.training.loss import row_token_losses
    from engine.training.task import Part, Task

    examples = unique_prompts(splits["train"])
    held = unique_prompts(splits.get("validation", ()))[:HELD_OUT]
    judged, facts, before_seconds = rewards_by(loaded, settings, splits["train"], spec=spec, run=run, tell=tell)
    tokens = [prompt_tokens(loaded.tokenizer, example.prompt, spec.system) for example in examples]
    held_tokens = [prompt_tokens(loaded.tokenizer, example.prompt, spec.system) for example in held]
    weigh = {"rloo": rloo_loss, "grpo": grpo_loss}[settings.algorithm]
    now = {"step": 0}

    def loss(indices: Sequence[int]) -> Part:
        chosen = [at for at in indices for _ in range(settings.completions)]
        seeds = [seed_of(spec.seed, now["step"], at, copy) for at in indices for copy in range(settings.completions)]
        with prepacked(loaded.core, frozen_only=True):
            rollouts = roll_out(
                loaded,
                [tokens[at] for at in chosen],
                max_new_tokens=settings.max_new_tokens,
                seeds=seeds,
                temperature=settings.temperature,
            )
            rows = [rollout.row for rollout in rollouts]
            base = reference_losses(loaded, rows, temperature=settings.temperature)
        rewards, measures = judged([examples[at] for at in chosen], [tokens[at] for at in chosen], rollouts)
        own = row_token_losses(
            loaded.core,
            rows,
            share=not (settings.dropout or settings.neftune_alpha),
            noise=settings.neftune_alpha,
            temperature=settings.temperature,
        )
        wanted = [reward - _penalty(settings, rollout) for reward, rollout in zip(rewards, rollouts, strict=True)]
        wanted = torch.tensor(wanted, device=loaded.device).view(len(indices), settings.completions)
        total = weigh(own, base, wanted, kl_weight=settings.kl_weight)
        with torch.no_grad():
            measures["kl"] = sum(k3(mine, its).sum().item() for mine, its in zip(own, base, strict=True))
        return Part(total, len(rows), len(rows), measures)

    def held_out() -> dict[str, float]:
        rollouts = roll_out(loaded, held_tokens, max_new_tokens=settings.max_new_tokens)
        rewards, measures = judged(held, held_tokens, rollouts)
        rows = [rollout.row for rollout in rollouts]
        own, base = row_token_losses(loaded.core, rows), reference_losses(loaded, rows)
        kl = sum(k3(mine, its).sum().item() for mine, its in zip(own, base, strict=True))
        penalty = sum(_penalty(settings, rollout) for rollout in rollouts)
        objective = (settings.kl_weight * kl + penalty - sum(rewards)) / len(rows)
        return {"loss": objective, **{name: value / len(rows) for name, value in (measures | {"kl": kl}).items()}}

    return Task(
        [len(prompt) for prompt in tokens],
        loss,
        held_out if held else None,
        lambda: {"prompts": len(examples), **facts},
        begin=lambda step: now.update(step=step),
        before_seconds=before_seconds,
        measured=MEASURED,
    )


def unique_prompts(examples: Sequence[Example]) -> list[Example]:
    """The examples that ask something, the first of each prompt."""
    first: dict[Any, Example] = {}
    for example in examples:
        if example.prompt:
            first.setdefault(example.prompt, example)
    return list(first.values())


def seed_of(*numbers: int) -> int:
    """A seed that follows from the numbers and from nothing else: 32 bits of their hash."""
    return int.from_bytes(hashlib.sha256("-".join(map(str, numbers)).encode()).digest()[:4], "big")


def _penalty(settings: Settings, rollout: Any) -> float:
    """What is taken off an answer's reward: for its length, and where it did not come to its end."""
    return settings.length_penalty * rollout.length + (0 if rollout.ended else settings.missing_end_penalty)


def refuses(settings: Settings, kind: Kind) -> str:
    """Why rows of that kind cannot be used with these settings; "" where they can."""
    if settings.reward == "metric" or kind == "pairs":
        return ""
    return "a reward model is learnt from pairs. Set reward to metric and name the metric, or give pairs"


METHOD = Method(
    name="rlhf",
    title="RLHF",
    summary="Learns a reward model from preference pairs, or takes a metric as the reward, then makes answers that "
    "earn more of it likelier (RLOO or GRPO), held near base by a KL penalty.",
    paper="https://arxiv.org/abs/2203.02155",
    needs=("pairs", "prompts", "completion"),
    Settings=Settings,
    attach=attach_through,
    task=task,
    through=("lora", "qlora", "adapter"),
    judge=judge,
    refuses=refuses,
)

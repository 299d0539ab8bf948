"""What an answer earns in RLHF: by the reward model, by a metric, or by both."""

from collections.abc import Callable, Sequence
from typing import Any

from engine import registry
from engine.schema import Example, Output, RunSpec, Tell, UserError


def rewards_by(
    loaded: Any, settings: Any, examples: Sequence[Example], *, spec: RunSpec, run: Any, tell: Tell
) -> tuple[Callable, dict[str, Any], float]:
    """What judges answers, the facts of it, and in a forecast the seconds that learning the reward model would take.

    The judge takes (examples, their prompts' tokens, rollouts) and returns the rewards and the sums of what is logged.
    """
    model, seconds = None, 0.0
    if settings.reward != "metric":
        from engine.methods import _reward_fit

        pairs = _reward_fit.needs_pairs(examples)
        if run is None:
            model, seconds = _reward_fit.rehearse(loaded, settings, pairs, spec=spec)
        else:
            model = _reward_fit.learn(loaded, settings, pairs, spec=spec, run=run, tell=tell)
    metric = None if settings.reward == "model" else registry.metrics()[settings.reward_metric]
    repetition = registry.metrics()["repetition"]
    if metric:
        _check_applies(metric, examples)
    sign = -settings.metric_weight if metric and metric.better == "lower" else settings.metric_weight

    def judged(asked: Sequence[Example], prompts: Sequence[Any], rollouts: Sequence[Any]) -> tuple[list[float], dict]:
        from engine.models import answer_tokens

        outputs = [Output(r.text, tokens=r.length, truncated=not r.ended) for r in rollouts]
        parts: dict[str, list[float]] = {}
        if model:
            rows = [
                (*prompt, *answer_tokens(loaded.tokenizer, output.text))
                for prompt, output in zip(prompts, outputs, strict=True)
            ]
            parts["reward_model"] = model.score(rows)
        if metric:  # None where it does not apply: no answer to that prompt is then better than another
            scores = [metric.score(output, example) for output, example in zip(outputs, asked, strict=True)]
            parts["reward_metric"] = [sign * (score or 0.0) for score in scores]
        rewards = [sum(values) for values in zip(*parts.values(), strict=True)]
        repeated = [repetition.score(output, example) or 0.0 for output, example in zip(outputs, asked, strict=True)]
        sums = {
            "reward": sum(rewards),
            **({name: sum(values) for name, values in parts.items()} if len(parts) > 1 else {}),
            "length": sum(rollout.length for rollout in rollouts),
            "ended": sum(rollout.ended for rollout in rollouts),
            "repetition": sum(repeated),
        }
        return rewards, sums

    return judged, dict(model.facts) if model else {}, seconds


def _check_applies(metric: Any, examples: Sequence[Example]) -> None:
    """Raises UserError where the metric says nothing about any answer to these prompts."""
    said = Output("Some text of 3 words.", tokens=6)
    if all(metric.score(said, example) is None for example in examples):
        raise UserError(
            f"reward_metric: {metric.name} judges no sampled answer to these prompts: it needs reference answers or "
            "likelihoods. Choose a metric that looks at the answer alone, or give rows with reference answers."
        )

"""The RLOO step: ours against trl's RLOOTrainer on the same prompts, with the same LoRA weights and rule reward.

A step samples answers, judges them, takes their likelihood by base and by the policy, and learns. No answer may end
early, so both sides sample the same number of tokens. trl gets its best settings here: the dtype and device of ours,
gradient checkpointing off, fused AdamW, one batch for generation and training. Both sides take turns, each in a process
of its own, so that the peak memory is its own and a machine that slows down slows both.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.sides import SYSTEM, clock, in_turns, placed, run
from engine import models, registry, specs
from engine.data.load import load
from engine.methods import rlhf
from engine.schema import DataSpec, Example, Output, RunSpec, Source
from engine.training.loop import start, train_step
from engine.training.memory import peak_bytes, reset_peak
from engine.training.train import attach

STEPS = 3  # the first warms up and does not count
ROUNDS = 1
PROMPTS, COMPLETIONS, LIMIT = 4, 4, 40
RATE, KL_WEIGHT = 1e-4, 0.05
RULE = "brand_rules"


def prompts() -> list[Example]:
    """The prompts of all steps, from the use case brand_replies."""
    source = Source(path=str(specs.PRESETS / "brand_replies" / "prompts.jsonl"))
    return load(source).examples[: STEPS * PROMPTS]


def fresh() -> tuple[models.Loaded, rlhf.Settings]:
    """The embedded model with LoRA on it, the same weights each time."""
    settings = rlhf.Settings(
        through="lora", reward="metric", reward_metric=RULE, batch_size=PROMPTS, completions=COMPLETIONS,
        max_new_tokens=LIMIT, kl_weight=KL_WEIGHT, learning_rate=RATE, missing_end_penalty=0.0,
    )  # fmt: skip
    loaded = models.load("smollm2-135m-instruct")
    attach(rlhf.METHOD, loaded, settings, seed=0)
    return loaded, settings


def ours(examples: Sequence[Example]) -> dict[str, Any]:
    """Our steps."""
    models.Loaded.stop_tokens = property(lambda self: [-1])  # no token ends an answer
    loaded, settings = fresh()
    spec = RunSpec(system=SYSTEM, data=DataSpec(train=Source(path="-")), method="rlhf")
    reset_peak(loaded.device)
    task = rlhf.task(loaded, settings, splits={"train": examples}, spec=spec)
    fit = start(loaded.model, settings, seed=0)
    loaded.model.train()
    side: dict[str, Any] = {"seconds": [], "rewards": [], "lengths": []}
    for step in range(STEPS):
        begun = time.perf_counter()
        task.begin(step)
        measures = train_step(fit, task, range(step * PROMPTS, (step + 1) * PROMPTS), settings, rate=RATE)
        side["seconds"].append(time.perf_counter() - begun)
        side["rewards"].append(measures["reward"])
        side["lengths"].append(measures["length"])
    return side | {"peak": peak_bytes(loaded.device)}


def trl(examples: Sequence[Example]) -> dict[str, Any]:
    """RLOOTrainer's steps, timed from its own callbacks."""
    from datasets import Dataset
    from trl import RLOOConfig, RLOOTrainer

    loaded, settings = fresh()
    loaded.core.set_attn_implementation("sdpa")
    side: dict[str, Any] = {"seconds": [], "rewards": [], "lengths": []}
    logged = {"reward": side["rewards"], "completions/mean_length": side["lengths"]}
    rule = registry.metrics()[RULE]
    of = {example.question: example for example in examples}

    def reward(prompts: list, completions: list, **kwargs: Any) -> list[float]:
        said = [completion[0]["content"] for completion in completions]
        asked = [of[prompt[-1]["content"]] for prompt in prompts]
        return [rule.score(Output(text), example) for text, example in zip(said, asked, strict=True)]

    system = [{"role": "system", "content": SYSTEM}]
    rows = [{"prompt": [*system, {"role": "user", "content": example.question}]} for example in examples]
    reset_peak(loaded.device)
    with tempfile.TemporaryDirectory() as folder:
        config = RLOOConfig(
            output_dir=folder, per_device_train_batch_size=PROMPTS * COMPLETIONS, num_generations=COMPLETIONS,
            max_completion_length=LIMIT, max_steps=STEPS, learning_rate=RATE, beta=KL_WEIGHT, temperature=1.0,
            generation_kwargs={"min_new_tokens": LIMIT}, lr_scheduler_type="constant", warmup_steps=0,
            weight_decay=0.0, max_grad_norm=settings.max_grad_norm, optim="adamw_torch_fused", **placed(loaded),
            gradient_checkpointing=False, shuffle_dataset=False, logging_steps=1, save_strategy="no",
            report_to="none", disable_tqdm=True, seed=0,
        )  # fmt: skip
        trainer = RLOOTrainer(
            model=loaded.model, args=config, reward_funcs=reward, train_dataset=Dataset.from_list(rows),
            processing_class=loaded.tokenizer, callbacks=[clock(side["seconds"], logged)],
        )  # fmt: skip
        trainer.train()
    return side | {"peak": peak_bytes(loaded.device)}


def main() -> None:
    """Print completions per second of both, their ratio, the peaks of memory, the lengths and rewards."""
    sides = in_turns("benchmarks.rlhf", ROUNDS)
    rates, peaks = {}, {}
    for name, runs in sides.items():
        seconds = statistics.median(second for run in runs for second in run["seconds"][1:])
        rates[name] = PROMPTS * COMPLETIONS / seconds
        peaks[name] = max(run["peak"] for run in runs)
        length, reward = (statistics.mean(run[key][0] for run in runs) for key in ("lengths", "rewards"))
        print(
            f"RLOO, {name:7} {rates[name]:6.2f} completions/s ({seconds:.1f} s a step), peak "
            f"{peaks[name] / 2**30:.2f} GiB; first step: {length:.0f} tokens each, reward {reward:.3f}"
        )
    print(
        f"RLOO, kurabe : trl = {rates['kurabe'] / rates['trl']:.2f} : 1 in completions, "
        f"{peaks['kurabe'] / peaks['trl']:.2f} : 1 in peak memory"
    )


if __name__ == "__main__":
    run(main, {"kurabe": lambda: ours(prompts()), "trl": lambda: trl(prompts())})

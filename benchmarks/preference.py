"""The DPO step: ours against trl's DPOTrainer on the same pairs, the same LoRA weights and the same order.

trl gets its best settings here: the device and dtype of ours, gradient checkpointing off, fused AdamW, rows already
tokenised, the reference computed beforehand. Both sides take turns, each in a process of its own, so that the peak
memory is its own and a machine that slows down slows both.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.sides import SYSTEM, clock, each, in_turns, placed, run
from engine import models, rundir, specs
from engine.data.load import load
from engine.methods import dpo
from engine.schema import DataSpec, Example, RunSpec, Source
from engine.training.batches import epoch_batches
from engine.training.loop import start, train_step
from engine.training.memory import peak_bytes, reset_peak
from engine.training.train import attach

STEPS = 5
ROUNDS = 2
BATCH = 4
RATE = 5e-4


def batches() -> list[list[Example]]:
    """The first steps' pairs of the use case brand_replies, pairs of like length together, as a run has them."""
    examples = load(Source(path=str(specs.PRESETS / "brand_replies" / "preferences.jsonl"))).examples
    lengths = [len(example.completion) + len(example.rejected or "") for example in examples]
    plan = epoch_batches(lengths, batch_size=BATCH, seed=0, epoch=0)
    return [[examples[at] for at in batch] for batch in plan[:STEPS]]


def fresh() -> tuple[models.Loaded, dpo.Settings]:
    """The embedded model with LoRA on it, the same weights each time."""
    settings = dpo.Settings(through="lora", batch_size=BATCH, learning_rate=RATE, sft_weight=0)
    loaded = models.load("smollm2-135m-instruct")
    attach(dpo.METHOD, loaded, settings, seed=0)
    return loaded, settings


def ours(steps: Sequence[Sequence[Example]]) -> dict[str, Any]:
    """Our steps, the reference's likelihoods timed apart."""
    loaded, settings = fresh()
    spec = RunSpec(system=SYSTEM, data=DataSpec(train=Source(path="-")), method="dpo")
    with tempfile.TemporaryDirectory() as folder:
        folder_run = rundir.Run("benchmark", Path(folder))
        reset_peak(loaded.device)
        begun = time.perf_counter()
        flat = [example for batch in steps for example in batch]
        task = dpo.task(loaded, settings, splits={"train": flat}, spec=spec, run=folder_run)
        side = {"reference": time.perf_counter() - begun, "seconds": [], "losses": []}
    fit = start(loaded.model, settings, seed=0)
    loaded.model.train()
    for number, batch in enumerate(steps):
        begun = time.perf_counter()
        places = range(number * BATCH, number * BATCH + len(batch))
        side["losses"].append(train_step(fit, task, places, settings, rate=RATE)["loss"])
        side["seconds"].append(time.perf_counter() - begun)
    return side | {"peak": peak_bytes(loaded.device)}


def trl(steps: Sequence[Sequence[Example]]) -> dict[str, Any]:
    """DPOTrainer's steps, timed from its own callbacks; the reference's likelihoods are computed before the first."""
    from datasets import Dataset
    from torch.utils.data import SequentialSampler
    from trl import DPOConfig, DPOTrainer

    loaded, settings = fresh()
    loaded.core.set_attn_implementation("sdpa")
    side: dict[str, Any] = {"seconds": [], "losses": []}

    class InOrder(DPOTrainer):
        def _prepare_dataset(self, dataset, *args, **kwargs):
            return dataset

        def _get_train_sampler(self, *args, **kwargs):
            return SequentialSampler(self.train_dataset)

    ask = lambda example: models.prompt_tokens(loaded.tokenizer, example.prompt, SYSTEM)  # noqa: E731
    say = lambda text: models.answer_tokens(loaded.tokenizer, text)  # noqa: E731
    rows = [
        {"prompt_ids": ask(example), "chosen_ids": say(example.completion), "rejected_ids": say(example.rejected)}
        for batch in steps
        for example in batch
    ]
    reset_peak(loaded.device)
    with tempfile.TemporaryDirectory() as folder:
        config = DPOConfig(
            output_dir=folder, per_device_train_batch_size=BATCH, max_steps=len(steps), learning_rate=RATE,
            lr_scheduler_type="constant", warmup_steps=0, weight_decay=0.0, max_grad_norm=settings.max_grad_norm,
            optim="adamw_torch_fused", **placed(loaded), gradient_checkpointing=False, precompute_ref_log_probs=True,
            beta=settings.beta, logging_steps=1, save_strategy="no", report_to="none", disable_tqdm=True,
            seed=0, max_length=None,
        )  # fmt: skip
        begun = time.perf_counter()
        trainer = InOrder(
            model=loaded.model, args=config, train_dataset=Dataset.from_list(rows),
            processing_class=loaded.tokenizer, callbacks=[clock(side["seconds"], {"loss": side["losses"]})],
        )  # fmt: skip
        trainer.train()
        side["reference"] = time.perf_counter() - begun - sum(side["seconds"])
    return side | {"peak": peak_bytes(loaded.device)}


def main() -> None:
    """Print pairs per second of both, their ratio, the peaks of memory and the distance of the loss curves."""
    sides = in_turns("benchmarks.preference", ROUNDS)
    pairs = BATCH * (STEPS - 1)  # the first step warms up
    speed = {name: [pairs / sum(run["seconds"][1:]) for run in runs] for name, runs in sides.items()}
    ratios = [mine / theirs for mine, theirs in zip(speed["kurabe"], speed["trl"], strict=True)]
    for name, runs in sides.items():
        peak = statistics.median(run["peak"] for run in runs) / 2**30
        reference = statistics.median(run["reference"] for run in runs)
        print(
            f"DPO step, {name:8} {statistics.median(speed[name]):6.2f} pairs/s  ({each(speed[name], 2)}), "
            f"peak {peak:.2f} GiB, {reference:.0f} s before the first step (the reference's likelihoods)"
        )
    print(f"DPO step, kurabe : trl = {statistics.median(ratios):.2f} : 1  ({each(ratios, 2)})")
    curves = zip(sides["kurabe"][0]["losses"], sides["trl"][0]["losses"], strict=True)
    print(f"largest distance of the loss curves: {max(abs(a - b) for a, b in curves):.1e} over {STEPS} steps")


if __name__ == "__main__":
    run(main, {"kurabe": lambda: ours(batches()), "trl": lambda: trl(batches())})

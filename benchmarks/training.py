"""The training step: ours against trl's SFTTrainer on the same rows, the same LoRA weights and the same order.

trl gets its best settings here: the device and dtype of ours, gradient checkpointing off, fused AdamW, rows already
tokenised, batches of like lengths. Both sides take turns in one process, so a machine that slows down slows both.
"""

import statistics
import tempfile
import time
from dataclasses import dataclass, field

import torch

from benchmarks.machine import matmul_flops
from benchmarks.sides import clock, each, placed
from engine import models, specs
from engine.data.load import load
from engine.methods import lora
from engine.methods._sft import row_task
from engine.training.batches import Row, epoch_batches, tokenize
from engine.training.loop import start, train_step
from engine.training.train import attach

STEPS = 8
ROUNDS = 3


@dataclass
class Side:
    losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def rows_of(preset: str, settings: lora.Settings, loaded: models.Loaded) -> list[list[Row]]:
    """The first batches of the use case, in the order a run sees them."""
    spec = specs.resolve_spec(preset)
    examples = load(spec.data.train).examples
    rows = [tokenize(loaded.tokenizer, example, system=spec.system) for example in examples]
    plan = epoch_batches([len(row.tokens) for row in rows], batch_size=settings.batch_size, seed=0, epoch=0)
    return [[rows[at] for at in batch] for batch in plan[:STEPS]]


def fresh(settings: lora.Settings) -> models.Loaded:
    loaded = models.load("smollm2-135m-instruct")
    attach(lora.METHOD, loaded, settings, seed=0)
    return loaded


def ours(batches: list[list[Row]], settings: lora.Settings) -> Side:
    """Our step over the batches."""
    loaded, side = fresh(settings), Side()
    fit = start(loaded.model, settings, seed=0)
    loaded.model.train()
    for batch in batches:
        begun = time.perf_counter()
        task = row_task(loaded, settings, train=batch)
        loss = train_step(fit, task, range(len(batch)), settings, rate=settings.learning_rate)["loss"]
        side.seconds.append(time.perf_counter() - begun)
        side.losses.append(loss)
    return side


def trl(batches: list[list[Row]], settings: lora.Settings) -> Side:
    """SFTTrainer's step over the batches, timed from its own callbacks."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    loaded, side = fresh(settings), Side()
    loaded.core.set_attn_implementation("sdpa")

    rows = [row for batch in batches for row in batch]
    columns = {
        "input_ids": [list(row.tokens) for row in rows],
        "completion_mask": [[0] * row.start + [1] * (len(row.tokens) - row.start) for row in rows],
    }
    with tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            output_dir=folder, per_device_train_batch_size=settings.batch_size, max_steps=len(batches),
            learning_rate=settings.learning_rate, lr_scheduler_type="constant", warmup_steps=0, weight_decay=0.0,
            max_grad_norm=settings.max_grad_norm, optim="adamw_torch_fused", gradient_checkpointing=False,
            **placed(loaded), completion_only_loss=True, train_sampling_strategy="sequential", logging_steps=1,
            save_strategy="no", report_to="none", disable_tqdm=True, seed=0, max_length=None,
        )  # fmt: skip
        trainer = SFTTrainer(
            model=loaded.model, args=config, train_dataset=Dataset.from_dict(columns),
            processing_class=loaded.tokenizer, callbacks=[clock(side.seconds, {"loss": side.losses})],
        )  # fmt: skip
        trainer.train()
    return side


def main() -> None:
    """Print tokens per second of both, their ratio, the distance of the loss curves, and our share of the roof."""
    settings = lora.Settings(batch_size=8)
    loaded = models.load("smollm2-135m-instruct")
    batches = rows_of("company_faq", settings, loaded)
    tokens = sum(len(row.tokens) for batch in batches[1:] for row in batch)  # the first step warms up
    body = sum(w.numel() for name, w in loaded.core.named_parameters() if "embed" not in name)
    sides: dict[str, list[Side]] = {"kurabe": [], "trl": []}
    for _ in range(ROUNDS):
        sides["kurabe"].append(ours(batches, settings))
        sides["trl"].append(trl(batches, settings))
    speed = {name: [tokens / sum(side.seconds[1:]) for side in runs] for name, runs in sides.items()}
    ratios = [mine / theirs for mine, theirs in zip(speed["kurabe"], speed["trl"], strict=True)]
    curves = zip(sides["kurabe"][0].losses, sides["trl"][0].losses, strict=True)
    # 2 FLOP per weight forward and 2 backward (weights are frozen), on every token of every row.
    used = 4 * body * statistics.median(speed["kurabe"])
    roof = matmul_flops(device=loaded.device, dtype=loaded.dtype)
    for name, values in speed.items():
        print(f"training step, {name:8} {statistics.median(values):7.0f} tokens/s  ({each(values, 0)})")
    print(f"training step, kurabe : trl = {statistics.median(ratios):.2f} : 1  ({each(ratios, 2)})")
    print(f"largest distance of the loss curves: {max(abs(a - b) for a, b in curves):.1e} nats over {STEPS} steps")
    share = f"{used / 1e9:.0f} GFLOP/s = {used / roof:.0%} of it"
    print(
        f"roof: {roof / 1e9:.0f} GFLOP/s ({loaded.dtype}); the rows' linear layers, row by row, would ask for {share}"
    )


if __name__ == "__main__":
    torch.manual_seed(0)
    main()

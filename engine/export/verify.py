"""The process that loads exported files afresh and asks them the run's test questions again: `python -m
engine.export.verify`.

The exported model is loaded by transformers and peft alone, with their own attention. Its logits on some answers are
compared with those of the model that the run was measured with, and its answers with those the run has noted.
"""

import importlib.util
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from engine import models, registry, rundir
from engine.decoding import generate
from engine.device import best_device
from engine.export import facts, process
from engine.export.kinds.adapter import BOTTLENECK, SOURCE
from engine.packing import hidden_states, learnt_prompt, logits_of, pack, tolerance
from engine.rundir import Run
from engine.schema import EvalRow, Example
from engine.training.memory import give_back

PROBES = 8  # answers whose logits are compared, token by token
SHOWN = 5  # answers that differ, noted word for word
# The share of answers that must be the very same. 16-bit sums differ by the shape of a batch, and with them near-ties.
LEAST_SAME = {torch.float32: 0.95, torch.bfloat16: 0.8, torch.float16: 0.9}


def verify(tell: Callable[..., None], *, run_id: str, folder: str, questions: int) -> dict[str, Any]:
    """How the exported model in the folder answers the run's test questions, `questions` of them spread over the test
    (0: all), against the run's own answers and logits.

    asked, of, identical; compared (answers whose logits were), max_logit_difference, largest_logit and allowed, in
    logits; passed; different: some answers that are not the same.
    """
    run, where = rundir.open_run(run_id), Path(folder)
    spec = run.spec()
    asked, of = spread(run, questions)
    every = max(1, len(asked) // PROBES)
    probes = [(example, row.output.text or example.completion) for example, row in asked[::every]][:PROBES]
    probes = probes or _texts(run)
    tell(0, 1, "load")
    quantization, adapter = (getattr(registry.method_of(spec), name) for name in ("quantization", "adapter"))
    original = models.load_tuned(spec, run.model, quantization=quantization, adapter=adapter)
    expected = [logits(original, tokens) for tokens in _rows(original, probes, system=spec.system)]
    dtype = original.dtype
    del original  # one model at a time is in memory
    give_back()
    loaded = load_exported(run, where)
    found = [logits(loaded, tokens) for tokens in _rows(loaded, probes, system=spec.system)]
    pairs = list(zip(found, expected, strict=True))
    difference = torch.stack([(a - b).abs().max() for a, b in pairs]).max().item()  # no number if one of them is none
    largest = torch.stack([b.abs().max() for _, b in pairs]).max().item()
    prompts = [models.prompt_tokens(loaded.tokenizer, example.prompt, spec.system) for example, _ in asked]
    answers = generate(
        loaded,
        prompts,
        max_new_tokens=spec.decoding.max_new_tokens,
        batch_size=spec.decoding.batch_size,
        progress=lambda done: tell(done, len(prompts), "answers"),
    )
    said = [answer.text(loaded.tokenizer) for answer in answers]
    return judged(asked, said, of=of, dtype=dtype) | _within(difference, largest, dtype=dtype, n=len(pairs))


def judged(
    asked: Sequence[tuple[Example, EvalRow]], said: Sequence[str], *, of: int, dtype: torch.dtype
) -> dict[str, Any]:
    """How many answers are the same, and some that are not."""
    different = [
        {"suite": row.suite, "question": example.question, "expected": row.output.text, "got": text}
        for (example, row), text in zip(asked, said, strict=True)
        if text != row.output.text
    ]
    same = len(asked) - len(different)
    return {
        "asked": len(asked),
        "of": of,
        "identical": same,
        "answers_passed": same >= LEAST_SAME[dtype] * len(asked),
        "different": different[:SHOWN],
        "dtype": str(dtype).removeprefix("torch."),
    }


def _within(difference: float, largest: float, *, dtype: torch.dtype, n: int) -> dict[str, Any]:
    allowed = tolerance(dtype) * largest
    return {
        "compared": n,
        "max_logit_difference": difference if math.isfinite(difference) else None,
        "largest_logit": largest,
        "allowed": allowed,
        "logits_passed": math.isfinite(difference) and difference <= allowed,
    }


def spread(run: Run, questions: int) -> tuple[list[tuple[Example, EvalRow]], int]:
    """So many of the test's items that ask something (0: all), evenly spread over the test, each with the run's own
    answer to it; and how many there are."""
    answered = {row.item: row for row in run.answers("tuned")}
    items = [(e, answered[(e.suite, e.id)]) for e in run.examples("test") if e.prompt and (e.suite, e.id) in answered]
    if not questions or questions >= len(items):
        return items, len(items)
    return [items[at * len(items) // questions] for at in range(questions)], len(items)


def _texts(run: Run) -> list[tuple[Example, str]]:
    """Plain texts of the test, which are read where nothing is asked."""
    return [(example, example.completion) for example in run.examples("test") if example.completion][:PROBES]


def _rows(loaded: Any, probes: Sequence[tuple[Example, str]], *, system: str) -> list[list[int]]:
    """The tokens of each prompt with the run's answer to it, or the reference where the run said nothing."""
    rows = []
    for example, answer in probes:
        prompt = models.prompt_tokens(loaded.tokenizer, example.prompt, system) if example.prompt else []
        rows.append([*prompt, *models.answer_tokens(loaded.tokenizer, answer)])
    return rows


@torch.no_grad()
def logits(loaded: Any, tokens: Sequence[int]) -> torch.Tensor:
    """The logits at the places of a row, (tokens, vocabulary), in fp32 on the CPU: at most the last 512."""
    packed = pack([[*learnt_prompt(loaded.core), *tokens]], device=loaded.device)
    states = hidden_states(loaded.core, packed)[packed.rows[0]][-512:]
    return logits_of(loaded.core, states).float().cpu()


def load_exported(run: Run, folder: Path) -> models.Loaded:
    """The exported model in evaluation mode: an adapter on the run's base by peft, a whole model by transformers."""
    spec = run.spec()
    if (folder / "adapter_config.json").exists():
        return _adapter(run, folder)
    from transformers import AutoModelForCausalLM, AutoTokenizer

    dtype, device = getattr(torch, facts.dtype(run)), best_device()
    options = {"use_safetensors": True, "trust_remote_code": False}
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **options).to(device).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    return models.Loaded(model, tokenizer, device, dtype, spec.model, packed=False)


def _adapter(run: Run, folder: Path) -> models.Loaded:
    from peft import PeftModel

    if (folder / BOTTLENECK).exists():
        _register(folder / BOTTLENECK)
    spec = run.spec()
    quantization = registry.method_of(spec).quantization
    base = models.load(spec.model, revision=spec.revision, quantization=quantization)
    base.core.set_attn_implementation("sdpa")
    base.model = models.stand_before(PeftModel.from_pretrained(base.core, str(folder), is_trainable=False).eval())
    base.packed = False
    return base


def _register(path: Path) -> None:
    """Run the exported module that makes bottleneck adapters known to peft, as whoever gets the folder would. It is a
    file of this program that was copied a moment ago: anything else is refused."""
    if path.read_bytes() != SOURCE.read_bytes():
        raise RuntimeError(f"{path.name} is not the module that was exported")
    module = importlib.util.spec_from_file_location(path.stem, path)
    module.loader.exec_module(importlib.util.module_from_spec(module))


if __name__ == "__main__":
    process.serve(verify)

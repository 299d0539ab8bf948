"""The run's frozen rows as trl takes them, the system prompt among the messages: what stands beside an exported script.

Supervised: {"prompt": [messages], "completion"}. Plain texts: {"text"}. DPO: {"prompt", "chosen", "rejected"}. KTO:
{"prompt", "completion", "other", "label"}, `other` being the answer to another prompt by which its KL is estimated.
RLHF: {"prompt"}. Source: https://huggingface.co/docs/trl/dataset_formats
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.atomic import write_lines
from engine.methods.instruction import mixed_in
from engine.methods.kto import one_by_one, other_answer
from engine.methods.rlhf import unique_prompts
from engine.rundir import Run
from engine.schema import Example, RunSpec


def write(run: Run, folder: Path, *, settings: Any) -> dict[str, int]:
    """The run's train.jsonl, validation.jsonl and test.jsonl into the folder (pairs.jsonl too where RLHF learns a
    reward model). Returns how many rows each has; one that would be empty is not written."""
    spec = run.spec()
    files = {
        "train": _task_rows(run, spec, "train", settings=settings),
        "validation": _task_rows(run, spec, "validation", settings=settings),
        "test": [_asked(example, spec.system) for example in run.examples("test")],
    }
    if spec.method == "rlhf":
        pairs = [example for example in run.examples("train") if example.rejected is not None]
        files["pairs"] = [_pair(example, spec.system) for example in pairs]
    for name, rows in files.items():
        if rows:
            write_lines(folder / f"{name}.jsonl", rows)
    return {name: len(rows) for name, rows in files.items() if rows}


def _task_rows(run: Run, spec: RunSpec, split: str, *, settings: Any) -> list[dict[str, Any]]:
    examples, system = run.examples(split), spec.system
    if spec.method == "dpo":
        return [_pair(example, system) for example in examples]
    if spec.method == "kto":
        return list(_labelled(one_by_one(examples), system))
    if spec.method == "rlhf":
        return [{"prompt": messages(example, system)} for example in unique_prompts(examples)]
    found = [_answered(example, system) for example in examples]
    if spec.method == "instruction" and split == "train":
        general = run.examples("mix")
        chosen = mixed_in(general, rows=len(examples), share=settings.general_share, seed=spec.seed)
        found += [_answered(example, "") for example in chosen]  # as in the run: without the system prompt
    return found


def _labelled(examples: Sequence[Example], system: str) -> Iterator[dict[str, Any]]:
    for at, example in enumerate(examples):
        row = _answered(example, system)
        yield row | {"other": other_answer(examples, at), "label": bool(example.label)}


def _answered(example: Example, system: str) -> dict[str, Any]:
    if not example.prompt:
        return {"text": example.completion}
    return {"prompt": messages(example, system), "completion": example.completion}


def _pair(example: Example, system: str) -> dict[str, Any]:
    return {
        "prompt": messages(example, system),
        "chosen": example.completion,
        "rejected": example.rejected,
    }


def _asked(example: Example, system: str) -> dict[str, Any]:
    return {"suite": example.suite, **_answered(example, system)}


def messages(example: Example, system: str) -> list[dict[str, str]]:
    """The prompt's messages; the run's system prompt comes first where the row has none of its own."""
    found = [{"role": message.role, "content": message.content} for message in example.prompt]
    if system and (not found or found[0]["role"] != "system"):
        found.insert(0, {"role": "system", "content": system})
    return found

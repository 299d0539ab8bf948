"""The process that writes a run's whole model, for the kinds merged and ollama: `python -m engine.export.merge`."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from engine import atomic, models, registry, rundir
from engine.export import facts, process
from engine.rundir import Run

# What a conversation looks like to the model: said once each, so that a template can be read off the text.
PROBE = {"system": "SYSTEMWORDS", "user": "FIRSTQUESTION", "assistant": "FIRSTANSWER", "again": "NEXTQUESTION"}


def write(tell: Callable[..., None], *, run_id: str, folder: str) -> dict[str, Any]:
    """Write the weights, the tokenizer and the chat template into the folder. Returns how conversations are rendered
    and which tokens end an answer, for whoever has to describe that elsewhere."""
    run, into = rundir.open_run(run_id), Path(folder)
    spec = run.spec()
    tell(0, 3, "load")
    if registry.method_of(spec).adapter:
        model, tokenizer = merged(run)
        tell(1, 3, "save")
        model.save_pretrained(into)
        tokenizer.save_pretrained(into)
    else:
        tokenizer = models.load_tokenizer(str(run.model))
        tell(1, 3, "save")
        for path in sorted(run.model.iterdir()):
            shutil.copyfile(path, into / path.name)
    tell(2, 3, "save")
    return {"chat": rendered(tokenizer), "stop": [tokenizer.decode([token]) for token in ends(into, tokenizer)]}


def merged(run: Run) -> tuple[Any, Any]:
    """The tuned model without an adapter, on the CPU or where it fits, and its tokenizer.

    4-bit weights are first written out in full: what was trained stood on these very values, and folding into 4 bits
    would round what was learnt.
    """
    spec = run.spec()
    quantization, dtype = registry.method_of(spec).quantization, getattr(torch, facts.dtype(run))
    loaded = models.load(spec.model, revision=spec.revision, quantization=quantization, dtype=dtype)
    core = loaded.core
    core.set_attn_implementation("sdpa")  # ours is not known where the files will be loaded
    if quantization:
        core = core.dequantize(dtype=dtype)
    return PeftModel.from_pretrained(core, str(run.model)).merge_and_unload(), loaded.tokenizer


def ends(folder: Path, tokenizer: Any) -> list[int]:
    """The tokens that end an answer: those of the saved generation_config.json and the tokenizer's end-of-turn."""
    own = atomic.read_json(folder / "generation_config.json", default={}).get("eos_token_id")
    own = own if isinstance(own, list) else [own]
    return sorted({token for token in [*own, tokenizer.eos_token_id] if token is not None})


def rendered(tokenizer: Any) -> dict[str, str]:
    """A conversation of two questions as the chat template renders it, and a question without a system prompt."""
    said = [{"role": role, "content": PROBE[role]} for role in ("system", "user", "assistant")]
    said.append({"role": "user", "content": PROBE["again"]})
    show = lambda messages: tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)  # noqa: E731
    return {"whole": show(said), "bare": show(said[1:2])}


if __name__ == "__main__":
    process.serve(write)

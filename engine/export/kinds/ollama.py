"""A folder for `ollama create`: the whole model as safetensors, and a Modelfile with its prompt format and settings.

Ollama converts safetensors itself; no converter of ours stands between. What it makes of them could not be verified
here, and the README says so. Source: https://github.com/ollama/ollama/blob/main/docs/modelfile.md
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.atomic import read_json, write_text
from engine.export import facts, process
from engine.export.kind import Kind
from engine.export.kinds.merged import refuses, size
from engine.rundir import Run
from engine.schema import Progress
from engine.text import text

# The architectures that Ollama's documentation says it imports from safetensors.
KNOWN = ("LlamaForCausalLM", "MistralForCausalLM", "MixtralForCausalLM", "GemmaForCausalLM", "Gemma2ForCausalLM")
KNOWN += ("Gemma3ForCausalLM", "Phi3ForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM", "CohereForCausalLM")
# ChatML: what the probe conversation of merge.py then looks like, and the same in Ollama's (Go's) templates.
CHATML = (
    "<|im_start|>system\nSYSTEMWORDS<|im_end|>\n<|im_start|>user\nFIRSTQUESTION<|im_end|>\n"
    "<|im_start|>assistant\nFIRSTANSWER<|im_end|>\n<|im_start|>user\nNEXTQUESTION<|im_end|>\n<|im_start|>assistant\n"
)
GO_CHATML = "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n"


def write(run: Run, folder: Path, lang: str) -> Iterator[Progress]:
    """model/, the Modelfile and README.md."""
    inner, answer = folder / "model", {}
    inner.mkdir()
    for progress in process.ask("engine.export.merge", {"run_id": run.id, "folder": str(inner)}, stage="merge"):
        yield progress
        answer = dict(progress.details) or answer
    spec = run.spec()
    write_text(folder / "Modelfile", modelfile(answer, system=spec.system, limit=spec.decoding.max_new_tokens))
    architecture = (read_json(inner / "config.json").get("architectures") or ["?"])[0]
    parts = [text("export.readme.ollama", lang, title=facts.title(run), run=run.id)]
    if architecture not in KNOWN:
        parts.append(text("export.readme.ollama_unknown", lang, architecture=architecture))
    if answer["chat"]["whole"] != CHATML:
        parts.append(text("export.readme.ollama_template", lang))
    write_text(folder / "README.md", "\n\n".join(parts) + "\n")


def modelfile(answer: Mapping[str, Any], *, system: str, limit: int) -> str:
    """The Modelfile: where the weights are, how a conversation is rendered, what ends an answer, greedy as measured.

    The prompt format is written down where it is ChatML to the letter; any other is left to Ollama, which reads it from
    the tokenizer. Without a system prompt the one that the chat template brings by itself is named.
    """
    lines = ["FROM ./model"]
    chatml = answer["chat"]["whole"] == CHATML
    if chatml:
        lines.append(f"TEMPLATE {_quoted(GO_CHATML)}")
        system = system or _own_system(answer["chat"]["bare"])
    if system:
        lines.append(f"SYSTEM {_quoted(system)}")
    lines += [f"PARAMETER stop {json.dumps(word, ensure_ascii=False)}" for word in answer["stop"]]
    lines += ["PARAMETER temperature 0", f"PARAMETER num_predict {limit}"]
    return "\n".join(lines) + "\n"


def _own_system(bare: str) -> str:
    """The system prompt that a ChatML template puts before a question that has none."""
    head, _, rest = bare.partition("<|im_start|>system\n")
    return rest.partition("<|im_end|>")[0] if rest and not head else ""


def _quoted(words: str) -> str:
    """Words in a Modelfile's three quotes, which they cannot close."""
    return '"""' + words.replace('"""', "'''") + '"""'


KIND = Kind("ollama", write, needs="result", refuses=refuses, size=size, slow=True)

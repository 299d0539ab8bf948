"""How the exported model is asked: transformers, peft, vLLM, Ollama; what was not run here is marked so."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

from engine import registry
from engine.atomic import write_text
from engine.export import facts
from engine.export.kind import Kind
from engine.export.kinds.adapter import BOTTLENECK
from engine.rundir import Run
from engine.schema import Progress
from engine.text import text

ASKED = """messages = {messages}
inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True, return_tensors="pt")
with torch.no_grad():
    said = model.generate(**inputs.to(model.device), max_new_tokens={limit}, do_sample=False)
print(tokenizer.decode(said[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))"""

MERGED = """import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("./merged")
model = AutoModelForCausalLM.from_pretrained("./merged", dtype=torch.{dtype}).eval()
{asked}"""

ADAPTER = """import torch
{imports}

BASE = {base}  # or the folder where it lies
tokenizer = AutoTokenizer.from_pretrained(BASE{revision}){template}
model = AutoModelForCausalLM.from_pretrained(BASE{revision}, dtype=torch.{dtype}{four_bits})
model = PeftModel.from_pretrained(model, "./adapter").eval()
{asked}"""

FOUR_BITS = """, quantization_config=BitsAndBytesConfig(
    load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.{dtype}
)"""

VLLM = """vllm serve ./merged --served-model-name tuned
# or the adapter beside its base:
vllm serve {base} --enable-lora --max-lora-rank {rank} --lora-modules tuned=./adapter"""

CURL = """curl http://127.0.0.1:8000/v1/chat/completions -H 'Content-Type: application/json' -d @- <<'END'
{body}
END"""

OLLAMA = """cd ollama
ollama create tuned -f Modelfile
ollama run tuned {question}"""


def write(run: Run, folder: Path, lang: str) -> Iterator[Progress]:
    """USE.md."""
    write_text(folder / "USE.md", document(run, lang))
    yield Progress("write", 1, 1)


def document(run: Run, lang: str) -> str:
    """The snippets as Markdown, those that fit the run's method."""
    folds, adapter = registry.method_of(run.spec()).folds, registry.method_of(run.spec()).adapter
    parts = [f"# {text('export.use.title', lang, title=facts.title(run))}", text("export.use.before", lang)]
    if folds:
        parts += _part("transformers", "python", snippet(run, "merged"), "tested", lang)
    if adapter:
        parts += _part("peft", "python", snippet(run, "adapter"), "tested", lang)
    if folds:
        parts += _part("vLLM", "sh", snippet(run, "vllm"), "untested", lang)
        parts += _part("Ollama", "sh", snippet(run, "ollama"), "untested", lang)
    return "\n\n".join(parts) + "\n"


def snippet(run: Run, name: str) -> str:
    """One of merged, adapter, vllm, ollama, with the run's base, system prompt, number format and a test question."""
    spec, dtype, base = run.spec(), facts.dtype(run), facts.base(run.spec())
    asked = sorted(run.examples("test"), key=lambda example: example.suite != spec.primary.suite)
    question = next((example.question for example in asked if example.question), "Hello!")[:200]
    messages = [{"role": "system", "content": spec.system}] if spec.system else []
    messages.append({"role": "user", "content": question})
    asked = ASKED.format(messages=messages, limit=spec.decoding.max_new_tokens)
    if name == "merged":
        return MERGED.format(dtype=dtype, asked=asked)
    if name == "ollama":
        return OLLAMA.format(question=shlex.quote(question))
    if name == "vllm":
        body = {"model": "tuned", "messages": messages, "temperature": 0, "max_tokens": spec.decoding.max_new_tokens}
        serve = VLLM.format(base=shlex.quote(base.name), rank=getattr(facts.settings(run), "rank", 16))
        serve = serve if registry.method_of(spec).adapter else serve.splitlines()[0]
        return serve + "\n\n" + CURL.format(body=json.dumps(body, ensure_ascii=False))
    quantised = bool(registry.method_of(spec).quantization)
    imports = ["from peft import PeftModel", "from transformers import AutoModelForCausalLM, AutoTokenizer"]
    if registry.way(spec) == "adapter":
        imports = ["import sys", "", 'sys.path.insert(0, "./adapter")', f"import {Path(BOTTLENECK).stem}", *imports]
    if quantised:
        imports[-1] += ", BitsAndBytesConfig"
    return ADAPTER.format(
        imports="\n".join(imports),
        base=repr(base.name),
        revision=f", revision={base.revision!r}" if base.revision else "",
        template=f"\ntokenizer.chat_template = {facts.template(run)!r}" if facts.template(run) else "",
        dtype=dtype,
        four_bits=FOUR_BITS.format(dtype=dtype) if quantised else "",
        asked=asked,
    )


def _part(title: str, language: str, code: str, tested: str, lang: str) -> list[str]:
    fence = "`" * 4 if "```" in code else "```"
    return [f"## {title}", text(f"export.use.{tested}", lang), f"{fence}{language}\n{code}\n{fence}"]


KIND = Kind("snippets", write, needs="data")

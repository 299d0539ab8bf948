"""The Python of a run, with trl, peft and transformers alone: for reading on the page, and to be run elsewhere.

Written from the run's spec by the templates beside this file, so it is there as soon as the run is.
"""

import pprint
import re
import textwrap
from pathlib import Path
from typing import Any

import jinja2

from engine import registry
from engine.atomic import read_json
from engine.export import facts
from engine.methods._layers import ATTENTION, ATTENTION_OUTPUT, FEED_FORWARD, FEED_FORWARD_OUTPUT, KEYS_AND_VALUES
from engine.methods._reward import RANK
from engine.methods.dpo import EXO_SMOOTHING
from engine.rundir import Run
from engine.schema import UserError
from engine.text import text

TEMPLATES = Path(__file__).with_name("templates")
FAMILIES = {"dpo": "dpo", "kto": "kto", "rlhf": "rlhf"}  # every other method is supervised: sft
TRAINERS = {"sft": "SFTTrainer", "dpo": "DPOTrainer", "kto": "KTOTrainer"}
OPTIMIZERS = {"adamw": "adamw_torch_fused", "adamw_8bit": "adamw_8bit"}
# What may be imported, by where it comes from: only names that the script uses are.
STANDARD = ("json", "math", "os", "random")
NAMES = {
    "pathlib": ("Path",),
    "bottleneck_adapter": ("BottleneckConfig",),
    "datasets": ("Dataset",),
    "peft": ("IA3Config", "LoraConfig", "PromptTuningConfig", "get_peft_model"),
    "peft.optimizers": ("create_loraplus_optimizer",),
    "torch.optim.lr_scheduler": ("LambdaLR",),
    "torch.utils.data": ("DataLoader",),
    "transformers": (
        "AutoModelForCausalLM",
        "AutoModelForSequenceClassification",
        "AutoTokenizer",
        "BitsAndBytesConfig",
        "EarlyStoppingCallback",
        "TrainerCallback",
        "set_seed",
    ),
    "trl": (
        "DPOConfig",
        "DPOTrainer",
        "GRPOConfig",
        "GRPOTrainer",
        "KTOConfig",
        "KTOTrainer",
        "RewardConfig",
        "RewardTrainer",
        "RLOOConfig",
        "RLOOTrainer",
        "SFTConfig",
        "SFTTrainer",
    ),
}


def why_not(run: Run) -> str:
    """Why there is no script that stands alone, as a key under export.refused in text.yaml; "" where there is one."""
    found = facts.settings(run)
    return "reward_by_metric" if run.spec().method == "rlhf" and found.reward != "model" else ""


def code(run: Run, lang: str = "en") -> str:
    """The script that repeats the run's training, in cells that begin with "# %%".

    It reads train.jsonl, validation.jsonl and so on from the folder it is started in (see rows.py). Raises UserError
    where the run's reward is a metric of ours: trl knows nothing of it.
    """
    if key := why_not(run):
        raise UserError(text(f"export.refused.{key}", lang))
    spec = run.spec()
    family = FAMILIES.get(spec.method, "sft")
    values = _values(run)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - this is Python, and every value goes through `py` or `plain`
    )
    environment.filters |= {"py": python, "plain": plain, "comment": comment}
    body = environment.get_template(f"{family}.jinja").render(values | {"imports": []})
    script = environment.get_template(f"{family}.jinja").render(values | {"imports": _imports(body)})
    return re.sub(r"\n{4,}", "\n\n\n", script).strip() + "\n"


def _values(run: Run) -> dict[str, Any]:
    """What the templates are filled with."""
    spec, settings, way = run.spec(), facts.settings(run), registry.way(run.spec())
    base, family = facts.base(spec), FAMILIES.get(spec.method, "sft")
    method = registry.method_of(spec)
    return {
        "title": facts.title(run),
        "method": " through ".join(registry.methods()[name].title for name in dict.fromkeys([spec.method, way])),
        "libraries": "transformers and trl" if way == "full" else "transformers, peft and trl",
        "run": run.id,
        "base": base,
        "base_note": text(f"export.base.{base.note}", "en", base=base.name) if base.note else "",
        "template": facts.template(run),
        "revision_argument": ", revision=REVISION" if base.revision else "",
        "out": "model" if way == "full" else "adapter",
        "seed": spec.seed,
        "s": settings,
        "way": way,
        "quantised": bool(method.quantization),
        "dtype": facts.dtype(run),
        "weights_dtype": "float32" if way == "full" else facts.dtype(run),
        "mixed": way == "full" and facts.dtype(run) == "bfloat16",
        "max_new_tokens": spec.decoding.max_new_tokens,
        "optimizer": OPTIMIZERS[_optimizer(run, settings)],
        "trl": facts.versions(run)["trl"],
        "exact": family != "rlhf",
        "trainer": TRAINERS.get(family) or ("RLOO" if settings.algorithm == "rloo" else "GRPO"),
        "own_tokens": family in ("dpo", "kto"),
        "validates": _validates(run),
        "texts": spec.method == "continued_pretraining",
        "every_answer": getattr(settings, "every_answer", False),
        "pack_tokens": getattr(settings, "pack_tokens", 0),
        "b_ratio": getattr(settings, "b_ratio", 1.0) if way in ("lora", "qlora") else 1.0,
        "smoothing": _smoothing(settings) if family == "dpo" else 0.0,
        "reward_rank": RANK,
        "inner": list(FEED_FORWARD_OUTPUT),
        "targets": _targets(way, settings),
    }


def _targets(way: str, settings: Any) -> str | list[str]:
    """The layers that get something, by the ends of their names in every family of models that is known;
    peft takes those that are there."""
    if way in ("lora", "qlora"):
        return {"attention": list(ATTENTION), "feed-forward": list(FEED_FORWARD)}.get(settings.target, settings.target)
    if way == "ia3":
        return [*KEYS_AND_VALUES, *FEED_FORWARD_OUTPUT]
    if way == "adapter":
        return [*FEED_FORWARD_OUTPUT, *(ATTENTION_OUTPUT if settings.placement == "houlsby" else ())]
    return []


def _optimizer(run: Run, settings: Any) -> str:
    noted = read_json(run.file("training"), default={}).get("optimizer")
    return noted or ("adamw" if settings.optimizer == "auto" else settings.optimizer)


def _validates(run: Run) -> bool:
    """Whether rows are held out to validate by; before the data is prepared, whether they are to be."""
    splits = read_json(run.file("report"), default={}).get("splits")
    return splits["validation"] > 0 if splits else run.spec().data.validation_share > 0


def _smoothing(settings: Any) -> float:
    return settings.label_smoothing or (EXO_SMOOTHING if settings.loss_type == "exo_pair" else 0.0)


def _imports(body: str) -> list[str]:
    """The lines that import what the body uses."""
    used = set(re.findall(r"\b\w+\b", body))
    lines = [f"import {name}" for name in STANDARD if re.search(rf"\b{name}\.", body)]
    lines += ["from pathlib import Path", "", "import torch"]
    for module in sorted(set(NAMES) - {"pathlib"}):
        if names := [name for name in NAMES[module] if name in used]:
            lines.append(_import(module, names))
    return lines


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    return line if len(line) <= 110 else f"from {module} import (\n    " + ",\n    ".join(names) + ",\n)"


def python(value: Any) -> str:
    """The value as a Python literal, long lists on several lines.

    >>> python(3e-3), python('a"b')
    ('0.003', '\\'a"b\\'')
    """
    shown = repr(value)
    if isinstance(value, str) and "'" not in value:
        return f'"{value}"' if '"' not in value and "\\" not in shown else shown
    return shown if len(shown) < 80 else pprint.pformat(value, width=100, compact=True).replace("\n", "\n    ")


def comment(words: str) -> str:
    """Words as lines of a comment."""
    return "\n".join(f"# {line}" for line in textwrap.wrap(facts.one_line(words, 2000), 110))


def plain(value: str) -> str:
    """Words that can stand in the script's first text without ending it.

    >>> plain('the "best" run')
    "the 'best' run"
    """
    return facts.one_line(value).replace('"', "'").replace("\\", "/")

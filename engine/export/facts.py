"""What exports say of a run: base's name elsewhere, the names of things, versions. No path of this machine is told."""

import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from engine import chain, embedded, registry
from engine.atomic import read_json
from engine.plain_template import TEMPLATE
from engine.rundir import Run
from engine.schema import RunSpec

HUB = {embedded.NAME: "HuggingFaceTB/SmolLM2-135M-Instruct"}
LICENCES = {embedded.NAME: "apache-2.0"}
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "bitsandbytes")


@dataclass(frozen=True)
class Base:
    """The model a run began with, as it is called elsewhere. `note` is a key under export.base in text.yaml that says
    what else must be known of it, "" where nothing must."""

    name: str
    revision: str | None
    note: str


def base(spec: RunSpec) -> Base:
    """The base model of a run: a Hub id where it has one, else the last part of its folder's name."""
    if spec.model in HUB:
        return Base(HUB[spec.model], None, "embedded")
    if run := chain.parent(spec.model):
        return Base(f"merged-{run.id}", None, "chain")
    if is_folder(spec.model):
        return Base(Path(spec.model).expanduser().resolve().name, None, "folder")
    return Base(spec.model, spec.revision, "")


def is_folder(model: str) -> bool:
    return Path(model).expanduser().is_dir()


def title(run: Run) -> str:
    """What the run is called, on one line without control characters."""
    spec = run.spec()
    return one_line(spec.title or spec.use_case or run.id)


def one_line(words: str, most: int = 120) -> str:
    """The words on one line that can stand in a comment, a heading or a file's name.

    >>> one_line("a\\nb\\x1b[0m")
    'a b [0m'
    """
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", " ", words).split())[:most]


def dtype(run: Run) -> str:
    """The number format the run's model is in: "float32" where it is not known yet."""
    for name in ("training", "env"):
        found = read_json(run.file(name), default={}).get("dtype")
        if found:
            return found
    return "float32"


def template(run: Run) -> str:
    """The chat template to be given to base's tokenizer, which has none; "" where it has its own."""
    return TEMPLATE if read_json(run.file("env"), default={}).get("plain_template") else ""


def settings(run: Run) -> Any:
    """The run's settings, checked and whole; with those of the way it trains through, which are the way's defaults
    where the method has none of that name."""
    spec, methods = run.spec(), registry.methods()
    own = methods[spec.method].Settings.model_validate(spec.settings).model_dump()
    inner = methods[registry.way(spec)].Settings
    return SimpleNamespace(
        **inner(**{name: own[name] for name in inner.model_fields if name in own}).model_dump() | own
    )


def versions(run: Run) -> dict[str, str]:
    """The versions the run was made with, by package; those of here where the run has not noted one."""
    from importlib.metadata import version

    noted = read_json(run.file("env"), default={}).get("versions", {})
    return {name: noted.get(name) or version(name) for name in PACKAGES}

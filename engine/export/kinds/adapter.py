"""The adapter as the run saved it, for peft; base's name and how to load it beside it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from engine import registry, storage
from engine.atomic import write_json, write_text
from engine.export import facts
from engine.export.kind import Kind
from engine.rundir import Run
from engine.schema import Progress
from engine.text import text

LEFT_OUT = ("README.md", "adapter_config.json")  # peft's own empty card; the configuration names a path of this machine
SOURCE = Path(__file__).parents[2] / "bottleneck.py"
BOTTLENECK = "bottleneck_adapter.py"  # not bottleneck.py: pandas looks for a package of that name


def write(run: Run, folder: Path, lang: str) -> Iterator[Progress]:
    """The weights byte for byte; in the configuration base has the name it has elsewhere. A bottleneck adapter, which
    peft does not know, brings the module that makes it known."""
    for path in sorted(run.model.iterdir()):
        if path.is_file() and path.name not in LEFT_OUT:
            shutil.copyfile(path, folder / path.name)
    spec = run.spec()
    base = facts.base(spec)
    config = json.loads((run.model / "adapter_config.json").read_text(encoding="utf-8"))
    write_json(
        folder / "adapter_config.json", config | {"base_model_name_or_path": base.name, "revision": base.revision}
    )
    extra = ""
    if registry.way(spec) == "adapter":
        shutil.copyfile(SOURCE, folder / BOTTLENECK)
        extra = text("export.readme.bottleneck", lang)
    values = {"title": facts.title(run), "run": run.id, "base": base.name, "revision": base.revision or "-"}
    note = text(f"export.base.{base.note}", lang, base=base.name) if base.note else ""
    parts = (text("export.readme.adapter", lang, **values), note, _quantised(spec, lang), extra)
    write_text(folder / "README.md", "\n\n".join(part for part in parts if part) + "\n")
    yield Progress("write", 1, 1)


def _quantised(spec: object, lang: str) -> str:
    return text("export.readme.four_bit", lang) if registry.method_of(spec).quantization else ""


def refuses(run: Run) -> str:
    """All weights were trained: there is no adapter."""
    return "" if registry.method_of(run.spec()).adapter else "no_adapter"


def size(run: Run) -> int | None:
    return storage.size(run.model) if run.model.is_dir() else None


KIND = Kind("adapter", write, needs="result", refuses=refuses, size=size, weights=True, slow=True)

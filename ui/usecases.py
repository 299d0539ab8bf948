"""The use cases that ship with the project, as the page shows them, and what a choice of data may be."""

import os
from functools import cache, lru_cache

from engine.data.inspect import inspect_file
from engine.schema import Kind, Preset, Source, UserError
from engine.specs import all_presets

OWN = "own"  # the card for a file of the user's
FIRST = "company_faq"  # the one to begin with


@cache
def presets() -> dict[str, Preset]:
    """Every use case by name, the one to begin with first; they do not change while the page is up."""
    return dict(sorted(all_presets().items(), key=lambda item: item[0] != FIRST))


def title(name: str, lang: str) -> str:
    """What a use case is called; a name that is not ours is shown as it is."""
    preset = presets().get(name)
    return preset.title[lang] if preset else name


def of_run(run_id: str) -> str:
    """The choice "the data of this run"."""
    return f"run:{run_id}"


def run_id(name: str) -> str:
    """The run whose data a choice means; empty for a use case or a file."""
    return name[4:] if name.startswith("run:") else ""


def kinds(source: Source) -> tuple[Kind, ...]:
    """What the rows of a file can teach, the commonest kind first; nothing for a file that cannot be read."""
    try:
        changed = os.stat(source.path).st_mtime_ns
        return _kinds(source.path, changed, source.format, tuple(sorted(source.columns.items())))
    except (UserError, OSError):
        return ()


@lru_cache(maxsize=64)
def _kinds(path: str, changed: int, format: str, columns: tuple[tuple[str, str], ...]) -> tuple[Kind, ...]:
    return tuple(inspect_file(path, format=format, columns=dict(columns))["kinds"])

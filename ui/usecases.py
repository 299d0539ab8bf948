"""The use cases that ship with the project, as the page shows them, and what a choice of data may be."""

from functools import cache

from engine.schema import Preset
from engine.specs import all_presets

OWN = "own"  # the card for a file of the user's


@cache
def presets() -> dict[str, Preset]:
    """Every use case by name; they do not change while the page is up."""
    return all_presets()


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

"""The use cases that ship with the project, as the page shows them, and what a choice of data may be.

A use case may come with rows in two languages: NAME and NAME_ja are a family, one card on the page, called NAME.
"""

import os
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from engine.data.inspect import inspect_file
from engine.schema import Kind, Preset, Source, UserError
from engine.specs import all_presets

OWN = "own"  # the card for a file of the user's
ORDER = (  # the one to begin with first; a folder added to presets/ follows, by name
    "company_faq",
    "medical",
    "customer_reply",
    "tutor",
    "code_completion",
    "document_qa",
    "legal",
    "brand_replies",
    "customer_reply_pairs",
    "medical_pairs",
    "raw_documents",
)
JAPANESE = "_ja"  # how the name of a family's Japanese rows ends


@cache
def presets() -> dict[str, Preset]:
    """Every use case by name, family after family; they do not change while the page is up."""
    return {preset.name: preset for family in families().values() for preset in family.values()}


@cache
def families() -> dict[str, dict[str, Preset]]:
    """The use cases by family and by the language of their rows, in the order they are shown."""
    found: dict[str, dict[str, Preset]] = {}
    for name, preset in all_presets().items():
        found.setdefault(family_of(name), {})[preset.language] = preset

    def place(name: str) -> tuple[int, str]:
        return (ORDER.index(name) if name in ORDER else len(ORDER)), name

    return {name: dict(sorted(found[name].items())) for name in sorted(found, key=place)}


def family_of(name: str) -> str:
    """The family that a use case belongs to.

    >>> family_of("legal_ja"), family_of("legal")
    ('legal', 'legal')
    """
    return name.removesuffix(JAPANESE)


def member(family: Mapping[str, Preset], lang: str) -> Preset:
    """The rows of a family in that language, else those it has."""
    return family.get(lang) or next(iter(family.values()))


def meant(name: str, lang: str) -> str:
    """The choice that an address means: a use case, its other language where it has no rows in this one, or a file of
    one's own; else the use case to begin with on the page of that language."""
    if name == OWN or name in presets():
        return name
    family = families().get(family_of(name)) or next(iter(families().values()), None)
    return member(family, lang).name if family else OWN


def rows(preset: Preset) -> tuple[int, int]:
    """How many rows there are to train on, and how many to test with."""
    suites = preset.run.data.suites.values()
    return _lines(preset.run.data.train.path), sum(_lines(source.path) for source in suites)


@lru_cache(maxsize=256)
def _lines(path: str) -> int:
    try:
        return sum(bool(line.strip()) for line in Path(path).read_bytes().splitlines())
    except OSError:
        return 0


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
    return tuple(inspect_file(path, format=format, columns=dict(columns), checks=False)["kinds"])

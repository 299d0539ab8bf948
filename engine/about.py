"""What people say about a run: a name of their own, tags, a note, whether it is put aside. It stands in about.json,
beside spec.json, which itself never changes."""

import os
from functools import lru_cache
from typing import Any

from pydantic import Field, ValidationError, field_validator

from engine import atomic, showcase
from engine.rundir import Run
from engine.schema import Frozen, UserError


class About(Frozen):
    title: str = Field("", max_length=200)  # empty: the run is called by its use case or its spec's title
    tags: tuple[str, ...] = Field((), max_length=20)
    note: str = Field("", max_length=5000)
    archived: bool = False

    @field_validator("title", "note")
    @classmethod
    def _stripped(cls, words: str) -> str:
        return words.strip()

    @field_validator("tags")
    @classmethod
    def _plain_tags(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        """White space folded, empty ones and repetitions (whatever their letter case) left out."""
        folded = [" ".join(tag.split()) for tag in tags]
        if long := next((tag for tag in folded if len(tag) > 40), None):
            raise ValueError(f"'{long[:40]}…' is longer than 40 characters")
        if comma := next((tag for tag in folded if "," in tag), None):
            raise ValueError(f"'{comma[:40]}' holds a comma, which separates tags")
        first: dict[str, str] = {}
        for tag in filter(None, folded):
            first.setdefault(tag.casefold(), tag)
        return tuple(first.values())


def read(run: Run) -> About:
    """What was said about a run; nothing where about.json is not there or cannot be read."""
    file = run.file("about")
    try:
        return _read(str(file), os.stat(file).st_mtime_ns)
    except FileNotFoundError:
        return About()


@lru_cache(maxsize=512)
def _read(path: str, changed: int) -> About:
    try:
        with open(path, encoding="utf-8") as stream:
            return About.model_validate_json(stream.read())
    except ValueError:  # damaged, or from another version: the run itself is whole and must be listed
        return About()


def change(run: Run, **changes: Any) -> About:
    """Write what is said anew, the rest kept. Raises UserError naming the field that is too long."""
    showcase.refuse()
    try:
        said = About.model_validate(read(run).model_dump() | changes)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}") from None
    atomic.write_json(run.file("about"), said.model_dump(mode="json"))
    return said

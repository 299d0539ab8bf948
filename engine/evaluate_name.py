"""How a metric of Hugging Face's `evaluate` library is named: "evaluate:PATH_OR_ID?key=...". Loads nothing.

Such a module is Python code that runs with the user's rights. So it is loaded only from a folder or a Hub id that the
user named, only while its file is the one the run was made with (its SHA-256 stands in the name), and not at all where
KURABE_ALLOW_EVALUATE is set to anything but 1, as the page's server sets it.
"""

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from engine.schema import UserError

PREFIX = "evaluate:"
ALLOW = "KURABE_ALLOW_EVALUATE"
MAX_NAME, MAX_BYTES = 1000, 1_000_000
BETTER = ("higher", "lower", "neither")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
_STEM, _KEY, _UNIT = (re.compile(shape) for shape in (r"[\w.-]{1,100}", r"[\w.-]{0,60}", r"[\w/%.-]{0,20}"))


@dataclass(frozen=True)
class Named:
    """What a name says. `target` is a folder (begins with / . or ~) or a Hub id; `arguments` go to `compute`."""

    target: str
    better: str = "higher"
    key: str = ""  # which of the results is the score, where there are several
    minimum: float = 0.02
    unit: str = ""  # "": a share, 0..1; else what the score counts
    revision: str = ""
    empty: float | None = None  # the score of an empty answer, for modules that cannot take one
    sha256: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def local(self) -> bool:
        return self.target[:1] in ("/", ".", "~")

    @property
    def stem(self) -> str:
        """What the module is called: the end of its folder or id."""
        return self.target.rstrip("/").rpartition("/")[2].removesuffix(".py")

    @property
    def title(self) -> str:
        return f"{self.stem} {self.key} (evaluate)" if self.key else f"{self.stem} (evaluate)"

    @property
    def file(self) -> Path:
        """The script of a local module: the folder's file of the folder's name, or the file itself."""
        path = Path(self.target)
        return path if path.suffix == ".py" else path / f"{path.name}.py"


def is_named(name: str) -> bool:
    return name.startswith(PREFIX)


def parse(name: str) -> Named:
    """What the name says. Raises UserError where it is not of the form evaluate:PATH_OR_ID?option=value&...

    >>> parse("evaluate:./my_metric?better=lower&lang=en").arguments
    {'lang': 'en'}
    """
    if len(name) > MAX_NAME or "\0" in name:
        raise UserError(f"metrics: '{name[:60]}' is no metric's name: at most {MAX_NAME} characters, and no NUL.")
    target, _, query = name.removeprefix(PREFIX).partition("?")
    try:
        given = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=20))
        own = {key: given.pop(key) for key in (*Named.__dataclass_fields__,) if key in given and key != "arguments"}
        numbers = {key: _finite(own[key]) for key in ("minimum", "empty") if key in own}
        found = Named(**{**own, "target": target, **numbers, "arguments": {k: _value(v) for k, v in given.items()}})
    except ValueError as error:
        raise UserError(
            f"metrics: the options of '{name[:200]}' cannot be read ({error}). Write for example "
            "evaluate:./my_metric?better=lower&key=score."
        ) from None
    if found.better not in BETTER:
        raise UserError(f"metrics: better={found.better[:20]} of '{target[:80]}' is none of {', '.join(BETTER)}.")
    if not found.local and not _HUB_ID.fullmatch(target):
        raise UserError(
            f"metrics: '{target[:80]}' is neither a folder (begin it with /, ./ or ~) nor a Hub id (name or user/name)."
        )
    for what, said, shape in (
        ("module's name", found.stem, _STEM),
        ("key", found.key, _KEY),
        ("unit", found.unit, _UNIT),
    ):
        if not shape.fullmatch(said):  # what people will see
            raise UserError(f"metrics: '{said[:60]}' cannot be a {what}. Use letters, digits, _, - and . only.")
    return found


def absolute(name: str, *, base_dir: Path) -> str:
    """The name with a local path taken from `base_dir`; any other name as it is."""
    if not is_named(name) or not parse(name).local:
        return name
    target, mark, query = name.removeprefix(PREFIX).partition("?")
    path = Path(target).expanduser()
    return f"{PREFIX}{(path if path.is_absolute() else base_dir / path).resolve()}{mark}{query}"


def pinned(name: str) -> str:
    """The name with the SHA-256 of a local module's file. Raises UserError where such modules are off, where the file
    is not there, or where it is not the one that the name was pinned to. Runs nothing."""
    found = parse(name)
    expect_allowed(name)
    if not found.local:
        return name
    digest = _digest(found)
    if found.sha256 and found.sha256 != digest:
        raise UserError(
            f"metrics: {found.file} changed since this run was made. Start a new run to measure with the file as it is."
        )
    return name if found.sha256 else f"{name}{'&' if '?' in name else '?'}sha256={quote(digest)}"


def _digest(found: Named) -> str:
    try:
        if found.file.stat().st_size <= MAX_BYTES:
            return hashlib.sha256(found.file.read_bytes()).hexdigest()
        why = f"it is larger than {MAX_BYTES:,} bytes"
    except OSError as error:
        why = error.strerror or type(error).__name__
    raise UserError(f"metrics: {found.file} cannot be read ({why}). Give the folder NAME that holds NAME.py.") from None


def expect_allowed(name: str) -> None:
    if os.environ.get(ALLOW, "1") != "1":
        raise UserError(
            f"metrics: '{name[:120]}' is code that would run, and the page does not run any. Start it with {ALLOW}=1 "
            "where everyone who can reach it may run code here, or run this from the command line."
        )


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number


def _value(text: str) -> Any:
    """An option as JSON reads it, else the text: 3, true, en."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, int | float | bool | str) else text

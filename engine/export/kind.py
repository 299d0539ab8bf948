"""What a kind of take-away is, and the table of them all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.registry import discover
from engine.rundir import Run
from engine.schema import Progress

ORDER = ("adapter", "merged", "ollama", "script", "notebook", "snippets", "card")  # as the page shows them


def never(run: Run) -> str:
    """No run is refused."""
    return ""


def nothing(run: Run) -> int | None:
    """The size is not known beforehand."""
    return None


@dataclass(frozen=True)
class Kind:
    """One kind of take-away.

    `write(run, folder, lang)` fills an empty folder, telling its progress; texts for people are in `lang`. `needs` says
    what must be there first: the prepared data, or the finished result. `refuses(run)` is why this run has none, as a
    key under export.refused in text.yaml; "" where it has. `size(run)`: about how many bytes it will have, None where
    that is hardly worth saying. With `weights` the folder holds what answers, and is asked again afterwards. What is
    `slow` the page keeps with the run, the others it makes anew each time.
    """

    name: str
    write: Callable[[Run, Path, str], Iterator[Progress]]
    needs: Literal["data", "result"]
    refuses: Callable[[Run], str] = never
    size: Callable[[Run], int | None] = nothing
    weights: bool = False
    slow: bool = False


def kinds() -> dict[str, Any]:
    """Every kind by name, in the order people are shown them."""
    found = discover("engine.export.kinds", "KIND")
    return {name: found[name] for name in sorted(found, key=lambda name: (*ORDER, name).index(name))}

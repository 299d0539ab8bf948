"""What a check is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.schema import Example, Issue

Severity = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Check:
    """One kind of check. `find(examples, tokens)` gives an Issue, not dropped, for each row it has something to tell
    of; `tokens` are the rows' lengths in tokens, None where they are not counted. `codes` maps the code of each of its
    issues to how serious that is."""

    name: str
    codes: Mapping[str, Severity]
    find: Callable[[Sequence[Example], Sequence[int] | None], Iterator[Issue]]

"""Rows that are too many to be held: in a file without a name, read when they are asked for.

A `Stored` is a Sequence[Example] like a list, so what walks over rows need not know which it has. What one does with
lists by making others (some of the rows, the rows changed) `kept`, `pick`, `changed` and `joined` do for both: of a
list they give a list, of stored rows stored rows or a view.
"""

import json
import os
import tempfile
from abc import abstractmethod
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from engine.rundir import home
from engine.schema import Example, Message

BLOCK = 256  # rows read at once
T = TypeVar("T")


class OnDisk(Sequence[T]):
    """Rows in a file that are read when they are asked for, many at once in a walk: `_read(first, end)` reads them."""

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return self._some(range(len(self))[at])
        at = range(len(self))[at]
        return self._read(at, at + 1)[0]

    def __iter__(self) -> Iterator[T]:
        for first in range(0, len(self), BLOCK):
            yield from self._read(first, min(first + BLOCK, len(self)))

    def _some(self, places: range) -> Sequence[T]:
        return [self[place] for place in places]

    @abstractmethod
    def _read(self, first: int, end: int) -> list[T]:
        """The rows from `first` up to `end`, which is left out."""


class Stored(OnDisk[Example]):
    """The examples, written as they come to a file that nobody else can open and that ends with this object: 8 bytes of
    memory a row. They have no rules yet: those come after the split."""

    def __init__(self, examples: Iterable[Example]):
        self._file = tempfile.TemporaryFile(dir=home() / "cache", prefix="rows-")
        self._ends = array("q", [0])
        at = 0
        for example in examples:
            raw = json.dumps(_values(example), ensure_ascii=False).encode("utf-8", "surrogatepass")
            self._file.write(raw)
            at += len(raw)
            self._ends.append(at)
        self._file.flush()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _some(self, places: range) -> Sequence[Example]:
        return pick(self, places)

    def _read(self, first: int, end: int) -> list[Example]:
        start = self._ends[first]
        raw = memoryview(os.pread(self._file.fileno(), self._ends[end] - start, start))
        return [_example(raw[self._ends[at] - start : self._ends[at + 1] - start]) for at in range(first, end)]


class View(Sequence[Example]):
    """Those rows of `rows` that stand at `places` (all of them where there are none given), each as `change` makes it
    from its place in `rows` and itself."""

    def __init__(
        self,
        rows: Sequence[Example],
        places: Sequence[int],
        change: Callable[[int, Example], Example] | None = None,
    ):
        self._rows, self._places, self._change = rows, places, change

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return View(self._rows, self._places[at], self._change)
        place = self._places[at]
        return self._changed(place, self._rows[place])

    def __iter__(self) -> Iterator[Example]:
        if self._places == range(len(self._rows)):  # a walk over all rows reads many at once
            yield from (self._changed(place, row) for place, row in enumerate(self._rows))
        else:
            yield from (self._changed(place, self._rows[place]) for place in self._places)

    def _changed(self, place: int, row: Example) -> Example:
        return self._change(place, row) if self._change else row


class Joined(Sequence[Example]):
    """The rows of one sequence and then those of another."""

    def __init__(self, first: Sequence[Example], second: Sequence[Example]):
        self._first, self._second = first, second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return View(self, range(len(self))[at])
        at = range(len(self))[at]
        return self._first[at] if at < len(self._first) else self._second[at - len(self._first)]

    def __iter__(self) -> Iterator[Example]:
        yield from self._first
        yield from self._second


def kept(rows: Iterable[Example], *, like: Sequence[Example]) -> Sequence[Example]:
    """The rows as they come, held as `like` is: in a list, or stored."""
    return list(rows) if isinstance(like, list | tuple) else Stored(rows)


def pick(rows: Sequence[Example], places: Iterable[int]) -> Sequence[Example]:
    """The rows at these places, in their order."""
    if isinstance(rows, list | tuple):
        return [rows[at] for at in places]
    return View(rows, places if isinstance(places, range) else array("q", places))


def changed(rows: Sequence[Example], change: Callable[[int, Example], Example]) -> Sequence[Example]:
    """Every row as `change` makes it from its place and itself; of stored rows each time that it is read."""
    if isinstance(rows, list | tuple):
        return [change(at, row) for at, row in enumerate(rows)]
    return View(rows, range(len(rows)), change)


def joined(first: Sequence[Example], second: Sequence[Example]) -> Sequence[Example]:
    """The rows of both, one after the other."""
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return [*first, *second]
    return Joined(first, second)


def _values(example: Example) -> tuple:
    e = example
    prompt = tuple((message.role, message.content) for message in e.prompt)
    return e.id, prompt, e.completion, e.rejected, e.label, e.group, e.suite, e.answerable, e.choices, e.source_row


def _example(raw: memoryview) -> Example:
    id, prompt, *others, choices, number = json.loads(bytes(raw).decode("utf-8", "surrogatepass"))
    return Example(id, tuple(Message(role, content) for role, content in prompt), *others, tuple(choices), number)

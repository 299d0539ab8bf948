"""How far long work on rows is: told now and then, and broken off where whoever hears of it raises."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from engine.schema import Tell

EVERY = 500  # rows: less than a second of any one part of the work
T = TypeVar("T")


def counted(rows: Iterable[T], what: str, *, of: int, tell: Tell) -> Iterator[T]:
    """The rows as they are, one at a time; `tell(what, rows so far, of)` is called before every 500th.

    What `tell` raises (schema.Stopped) ends the work at that row.

    >>> list(counted("ab", "clean", of=2, tell=print))
    clean 0 2
    ['a', 'b']
    """
    for at, row in enumerate(rows):
        if at % EVERY == 0:
            tell(what, at, of)
        yield row

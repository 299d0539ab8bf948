"""Several sources of training rows as one: rows numbered on, each source's account, and how often its rows come."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.data.account import account
from engine.data.convert import Detection, convert_rows, detect, no_shape_fits
from engine.data.read import Table, read_source
from engine.data.stored import kept
from engine.schema import Example, Issue, Source, Weighted


@dataclass(frozen=True)
class Part:
    """One source among several: its rows have the numbers first to last. `aside` are its issues that are of no row,
    `columns` its own (canonical field -> column)."""

    file: str
    format: str
    weight: float
    first: int
    last: int
    aside: tuple[Issue, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    def holds(self, row: int | None) -> bool:
        return row is not None and self.first <= row <= self.last

    def to_dict(self, examples: Sequence[Example], issues: Sequence[Issue]) -> dict[str, Any]:
        """Where its rows are and what became of them, ready for JSON."""
        own = [issue for issue in issues if self.holds(issue.source_row)]
        counts = account([e for e in examples if self.holds(e.source_row)], [*own, *self.aside])
        return {"file": self.file, "format": self.format, "weight": self.weight, "first_row": self.first, **counts}


@dataclass(frozen=True)
class Converted:
    """The rows of one or several sources before anything is mended. `parts` is empty where there is but one."""

    table: Table
    found: Detection
    examples: Sequence[Example]
    issues: list[Issue]
    parts: tuple[Part, ...] = ()


def read_all(source: Source, more: Sequence[Weighted] = (), *, suite: str = "", name: str = "") -> Converted:
    """The rows of the source and of `more`, each by its own shape and columns, numbered one after the other. The
    issues of the others say which file they are of. Raises UserError as reading any of them does."""
    first = _one(source, suite=suite, name=name)
    if not more:
        return first
    read = [first, *(_one(other.source, suite=suite) for other in more)]
    weights = [1.0, *(other.weight for other in more)]
    rows, numbers, examples, issues, parts, start = [], [], [], [], [], 0
    for one, weight in zip(read, weights, strict=True):
        moved = [_moved(issue, start, one.table.name if start else "") for issue in one.issues]
        last = max([start, *(start + n for n in one.table.numbers), *(issue.source_row or 0 for issue in moved)])
        aside = tuple(issue for issue in moved if issue.source_row is None)
        parts.append(Part(one.table.name, one.found.format, weight, start + 1, last, aside, one.found.columns))
        rows += one.table.rows
        numbers += [start + number for number in one.table.numbers]
        examples += [replace(e, source_row=(e.source_row or 0) + start) for e in one.examples]
        issues += moved
        start = last
    table = replace(
        first.table,
        name=" + ".join(one.table.name for one in read),
        columns=tuple(dict.fromkeys(column for one in read for column in one.table.columns)),
        rows=rows,
        numbers=numbers,
        encoding=", ".join(dict.fromkeys(one.table.encoding for one in read)),
        kind=first.table.kind if len({one.table.kind for one in read}) == 1 else "tables",
        issues=issues,
    )
    return Converted(table, first.found, examples, issues, tuple(parts))


def weighted(examples: Sequence[Example], parts: Sequence[Part], *, seed: int) -> Sequence[Example]:
    """The training rows as often as their sources' weights say: 2 is twice, 0.5 every other one. Which ones follows
    from the seed and the rows alone."""
    if all(part.weight == 1 for part in parts):
        return examples
    times: dict[int | None, int] = {}
    for part in parts:
        own = [example for example in examples if part.holds(example.source_row)]
        whole = math.floor(part.weight)
        extra = round((part.weight - whole) * len(own))
        ordered = sorted(own, key=lambda example: hashlib.sha256(f"{seed}\n{example.id}".encode()).digest())
        chosen = {example.source_row for example in ordered[:extra]}
        times |= {example.source_row: whole + (example.source_row in chosen) for example in own}
    return [example for example in examples for _ in range(times.get(example.source_row, 1))]


def _one(source: Source, *, suite: str, name: str = "") -> Converted:
    table = read_source(source, name=name)
    found = detect(table, format=source.format, columns=source.columns)
    if not found.format:
        raise no_shape_fits(table, found)
    issues = list(table.issues)
    examples = kept(convert_rows(table, found, issues, suite=suite), like=table.rows)
    return Converted(table, found, examples, issues)


def _moved(issue: Issue, start: int, name: str) -> Issue:
    row = None if issue.source_row is None else issue.source_row + start
    return replace(issue, source_row=row, message=f"{name}: {issue.message}" if name else issue.message)

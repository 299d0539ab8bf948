"""One data file to usable examples, with an issue for every other row."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine.data.account import account, reasons
from engine.data.chunks import divide_long
from engine.data.clean import clean
from engine.data.convert import Detection, convert, detect
from engine.data.files import pin
from engine.data.read import Table, read_source
from engine.schema import Example, Issue, Source, UserError

CountTokens = Callable[[Example], tuple[int, int]]


@dataclass(frozen=True)
class Loaded:
    """What one file gave: the usable examples, an issue for every other row, and how it was read."""

    table: Table
    found: Detection
    examples: list[Example]
    issues: list[Issue]

    def to_dict(self) -> dict[str, Any]:
        """How the file was read and what became of its rows, ready for JSON."""
        return {
            "file": self.table.name,
            "kind": self.table.kind,
            "encoding": self.table.encoding,
            "format": self.found.format,
            "columns": self.found.columns,
            "confidence": self.found.confidence,
            **account(self.examples, self.issues),
            "reasons": reasons(self.issues),
            "issues": [asdict(issue) for issue in self.issues],
        }

    def required(self) -> "Loaded":
        """Itself. Raises UserError, with the first row's reason, where no row is usable."""
        if not self.examples:
            first = next((issue.message for issue in self.issues if issue.dropped), "")
            raise UserError(f"{self.table.name}: none of its {self.table.num_rows:,} rows can be used. {first}")
        return self


def load(
    source: Source, *, suite: str = "", name: str = "", max_length: int = 0, count_tokens: CountTokens | None = None
) -> Loaded:
    """The file's examples, converted and cleaned; with `count_tokens` those of more than `max_length` tokens left out.

    `name` is what the user calls the file. Raises UserError where the file changed since `source.sha256`, cannot be
    read, or has columns that fit no shape.
    """
    pin(source)
    table = read_source(source, name=name)
    examples, issues = convert(table, format=source.format, columns=source.columns, suite=suite)
    examples, mended = clean(examples)
    issues += mended
    if count_tokens:
        examples, divided = divide_long(
            examples, max_length=max_length, count=lambda example: sum(count_tokens(example))
        )
        issues += divided
        examples, long = without_long(examples, max_length=max_length, count_tokens=count_tokens)
        issues += long
    return Loaded(table, detect(table, format=source.format, columns=source.columns), examples, issues)


def without_long(
    examples: Sequence[Example], *, max_length: int, count_tokens: CountTokens
) -> tuple[list[Example], list[Issue]]:
    """(examples that fit in `max_length` tokens, a dropped Issue for each other)."""
    kept, issues = [], []
    for example in examples:
        versions = [example, *([replace(example, completion=example.rejected)] if example.rejected else [])]
        total = max(sum(count_tokens(version)) for version in versions)
        if total <= max_length:
            kept.append(example)
            continue
        number = example.source_row
        message = f"Row {number} has {total:,} tokens, more than data.max_length ({max_length:,})."
        issues.append(Issue(number, "too_long", message, True))
    return kept, issues

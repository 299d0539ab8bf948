"""One data file to usable examples, with an issue for every other row."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from engine import registry
from engine.data import long_rows, privacy, unread
from engine.data.account import account, happened, notices, reasons, severity
from engine.data.clean import clean_rows
from engine.data.convert import Detection
from engine.data.counted import counted
from engine.data.edits import apply
from engine.data.files import pin
from engine.data.read import Table
from engine.data.several import Part, read_all
from engine.data.stored import kept
from engine.schema import DataSpec, Edit, Example, Issue, Source, Tell, UserError, Weighted, silent

MOST_ISSUES = 50_000  # in a report
MOST_OF_A_CODE = 1000  # where they are more
CountTokens = Callable[[Example], tuple[int, int]]


@dataclass(frozen=True)
class Loaded:
    """What one file gave: the usable examples, an issue for every other row, and how it was read. `origins` has the id
    that each row's content had as it stands in the file, by its number: what an Edit names. `parts` tells the sources
    apart where they are several. `failed` has the texts of rows that were corrected and still cannot be used."""

    table: Table
    found: Detection
    examples: Sequence[Example]
    issues: list[Issue]
    origins: dict[int | None, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    failed: dict[int, unread.Texts] = field(default_factory=dict)

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
            "notices": notices(self.issues),
            "sources": [part.to_dict(self.examples, self.issues) for part in self.parts],
            "too_long": long_rows.counts(self.issues),
            "issues": [
                asdict(issue) | {"severity": severity(issue.code), "happened": happened(issue)}
                for issue in _shown(self.issues)
            ],
        }

    def required(self) -> "Loaded":
        """Itself. Raises UserError, with the first row's reason, where no row is usable."""
        if not self.examples:
            first = next((issue.message for issue in self.issues if issue.dropped), "")
            raise UserError(f"{self.table.name}: none of its {self.table.num_rows:,} rows can be used. {first}")
        return self


def _shown(issues: Sequence[Issue]) -> Sequence[Issue]:
    """The issues a report lists: all of them, or where they are very many the first of each code. Their counts are in
    `reasons` and `notices`, every row in the ledger."""
    if len(issues) <= MOST_ISSUES:
        return issues
    seen: Counter[str] = Counter()
    shown = []
    for issue in issues:
        seen[issue.code] += 1
        if seen[issue.code] <= MOST_OF_A_CODE:
            shown.append(issue)
    return shown


def load(
    source: Source,
    *,
    more: Sequence[Weighted] = (),
    suite: str = "",
    name: str = "",
    count_tokens: CountTokens | None = None,
    choices: DataSpec | None = None,
    edits: Sequence[Edit] = (),
    checks: bool = False,
    tell: Tell = silent,
) -> Loaded:
    """The examples of the file, and of `more` where there are others: converted, corrected by `edits`, cleaned.

    Personal data is treated as `choices` say, and with `count_tokens` so are rows of more than choices.max_length
    tokens: divided, cut or left out.
    With `checks` every check of engine/data/checks tells what it finds, and personal data that is kept is told.
    `name` is what the user calls the file. `tell` hears how far this is: "read", "rows", "checks". Of a
    large file the examples are stored, and read when they are asked for (see stored.py).
    Raises UserError where the file changed since `source.sha256`, cannot be read, or has columns that fit no shape, or
    where an edit was made for a row that holds something else now.
    """
    tell("read", 0, 0)
    pin(source)
    for other in more:
        pin(other.source)
    read = read_all(source, more, suite=suite, name=name)
    table, origins = read.table, unread.origins(read)
    examples, issues, edits, failed = unread.restored(read, edits)
    examples, corrected = apply(examples, edits, file=table.name)
    mended, told, divided, long = [], [], [], []
    passing = clean_rows(counted(examples, "rows", of=len(examples), tell=tell), mended)  # a row at a time, to its end
    personal = choices.personal if choices else ""
    if personal or checks:
        passing = privacy.treat_rows(passing, told, personal=personal)
    if count_tokens and choices:
        how = {"max_length": choices.max_length, "too_long": choices.too_long, "count_tokens": count_tokens}
        passing = long_rows.treat_rows(passing, divided, long, **how)
    examples = kept(passing, like=examples)
    issues += corrected + mended + told + divided + long
    if checks:
        tokens = [sum(count_tokens(example)) for example in examples] if count_tokens else None
        every = registry.checks().values()
        for done, check in enumerate(every):
            tell("checks", done, len(every))
            issues += check.find(examples, tokens)
    return Loaded(table, read.found, examples, issues, origins, read.parts, failed)

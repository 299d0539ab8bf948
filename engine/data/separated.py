"""Text with separators (CSV, TSV) to rows. Every value stays the text that stands in the file: `NA`, `007`."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from engine.data.limits import limits
from engine.schema import Issue, UserError

SEPARATORS = (",", "\t", ";", "|")
MAX_COLUMNS = 2000


def parse_separated(text: str, *, name: str) -> tuple[tuple[str, ...], list[tuple[int, dict[str, str]]], list[Issue]]:
    """(columns, numbered rows, issues). Number 1 is the first record below the header; blank lines are not counted.

    A record whose quotes or whose number of values do not fit is left out with an Issue, and reading goes on with the
    next line. Raises UserError where there is no header, no row, or a quote that nothing closes: then nobody can tell
    where the rows end.
    """
    csv.field_size_limit(limits().expanded_bytes)  # the module's own limit of 128 KB would refuse a long cell
    lines = list(io.StringIO(text, newline=""))  # "" keeps a line break inside a cell as it is
    first, separator = 0, None
    if lines[0].rstrip("\r\n").lower().startswith("sep=") and len(lines[0].rstrip("\r\n")) == 5:  # Excel's own hint
        first, separator = 1, lines[0][4]
    records = _records(lines, first, separator or sniff(lines), name)
    header = next(records, None)
    if header is None or header[1] is None or not any(cell.strip() for cell in header[1]):
        raise UserError(f"{name} has no header. Its first line must name the columns, such as question,answer.")
    columns, issues = name_columns(header[1], name=name)
    rows: list[tuple[int, dict[str, str]]] = []
    for number, (line, cells, problem) in enumerate(records, start=1):
        if cells is not None and len(cells) > len(columns):
            problem = (
                f"has {len(cells)} values where the header names {len(columns)} columns. "
                "Put a text that contains the separator in double quotes"
            )
        if problem:
            issues.append(Issue(number, "bad_row", f"Row {number} (line {line}) {problem}.", True))
            continue
        if len(cells) < len(columns):
            missing = ", ".join(columns[len(cells) :][:5])
            issues.append(Issue(number, "short_row", f"Row {number} (line {line}) ends before {missing}.", False))
        rows.append((number, dict(zip(columns, cells + [""] * (len(columns) - len(cells)), strict=True))))
    if not rows and not issues:
        raise UserError(f"{name} holds a header and no rows below it.")
    return columns, rows, issues


def sniff(lines: list[str]) -> str:
    """The separator: the one that gives the most of the first records as many values (above one) as the header has."""
    best, most = ",", 0.0
    for separator in SEPARATORS:
        records = [cells for cells in csv.reader(lines[:200], delimiter=separator) if cells]
        width = len(records[0]) if records else 0
        share = sum(len(cells) == width for cells in records) / max(1, len(records))
        if width > 1 and share > most:
            best, most = separator, share
    return best


def is_table(text: str) -> bool:
    """Whether a text that may be prose is a table: lines of one width, with tabs or at least three of them alike."""
    lines = list(io.StringIO(text[:200_000], newline=""))[:200]
    separator = sniff(lines)
    try:
        records = [cells for cells in csv.reader(lines, delimiter=separator) if cells]
    except csv.Error:
        return False
    alike = len({len(cells) for cells in records[:-1] or records}) == 1 and len(records[0]) > 1
    return alike and len(records) >= (2 if separator == "\t" else 3)


def name_columns(header: list[str], *, name: str) -> tuple[tuple[str, ...], list[Issue]]:
    """The columns by unique names. A name that stands twice gets a number, with an Issue; an empty one its place."""
    if len(header) > MAX_COLUMNS:
        raise UserError(f"{name} has {len(header):,} columns; at most {MAX_COLUMNS:,} can be read.")
    columns, issues, seen = [], [], Counter()
    for place, cell in enumerate(header, start=1):
        wanted = "".join(char if char.isprintable() else " " for char in cell).strip() or f"column {place}"
        column = wanted
        while seen[column]:
            seen[wanted] += 1
            column = f"{wanted} ({seen[wanted]})"
        seen[column] += 1
        if column != wanted:
            message = f"The header names '{wanted[:60]}' twice; the one at place {place} is called '{column[:60]}'."
            issues.append(Issue(None, "duplicate_column", message, False))
        columns.append(column)
    return tuple(columns), issues


def _records(lines: list[str], first: int, separator: str, name: str) -> Iterator[tuple[int, list | None, str]]:
    """(line number, values, problem) of each record that is not blank; values are None where its quotes do not fit."""
    start = first
    while start < len(lines):
        # A row that fails may have swallowed the lines below it, so reading starts again at the very next line.
        reader = csv.reader((lines[i] for i in range(start, len(lines))), delimiter=separator, strict=True)
        begin, failed = start, False
        try:
            for cells in reader:
                if cells:
                    yield begin + 1, cells, ""
                begin = start + reader.line_num
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise UserError(
                    f"{name}, line {begin + 1}: a double quote is opened and never closed, so the rows below it cannot "
                    'be told apart. Close it, or write a double quote inside a text twice ("").'
                ) from None
            failed = True
        if not failed:
            return
        yield begin + 1, None, 'has a double quote where it does not fit; inside a text it is written twice ("")'
        start = begin + 1

"""A file to rows, whatever a person has called it: CSV, TSV, JSON or JSON Lines, in any usual encoding; or a folder of
Python code."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.data.code import COLUMNS, read_functions
from engine.data.encoding import decode
from engine.data.files import name_of, read_text_bytes
from engine.data.json_rows import NotJson, parse_json, parse_lines
from engine.data.separated import parse_separated
from engine.schema import Issue, UserError

Kind = Literal["csv", "json", "jsonl", "python"]
JSON_NAMES = {".json", ".jsonl", ".ndjson"}
LINE_NAMES = {".jsonl", ".ndjson"}


@dataclass(frozen=True)
class Table:
    """The rows of a file. `numbers[i]` is the number a person would give `rows[i]`.

    It is the record below the header for CSV (1 is the first data row; blank lines are not counted), the place in the
    list for JSON, the line in the file for JSON Lines, the place among the functions for Python code. `issues` holds
    what was left out or mended while reading.
    """

    name: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    numbers: list[int]
    encoding: str
    kind: Kind
    issues: list[Issue] = field(default_factory=list)

    @property
    def num_rows(self) -> int:
        """The rows of the file: those read and those left out."""
        return len(self.rows) + sum(issue.dropped for issue in self.issues)


def read_rows(path: str | Path, *, name: str = "") -> Table:
    """The rows of the file at `path`; values of CSV are text as it stands, values of JSON text, lists or objects.

    What the file is, is told from its content; where the name says otherwise an Issue notes it. A row that cannot be
    read is left out with an Issue. `name` is what the user calls the file, where that is not what the path says.
    Raises UserError with one clear sentence for a file that cannot be read at all.
    """
    suffix = Path(path).suffix.lower()
    name = name_of(name or path)
    if os.path.isdir(path):
        rows, issues = read_functions(path)
        return Table(name, COLUMNS, [row for _, row in rows], [n for n, _ in rows], "utf-8", "python", issues)
    text, encoding, damaged = decode(read_text_bytes(path, name=name), name=name)
    text = text.removeprefix("\ufeff")
    if not text.strip(" \t\r\n\x00"):
        raise UserError(f"{name} is empty.")
    kind, (columns, rows, issues) = _parse(text, suffix, name)
    if (kind == "csv") == (suffix in JSON_NAMES) and suffix in JSON_NAMES | {".csv", ".tsv"}:
        issues = [Issue(None, "wrong_name", f"{name} holds {kind.upper()} whatever its name says.", False), *issues]
    if damaged:
        rows, broken = _without_damaged(rows, encoding)
        issues = [*issues, *broken]
        if not rows:
            raise UserError(f"No row of {name} can be read in {encoding}. Save it again in UTF-8.")
    return Table(name, columns, [row for _, row in rows], [n for n, _ in rows], encoding, kind, issues)


def _parse(text: str, suffix: str, name: str) -> tuple[Kind, tuple]:
    """What the text is, and its (columns, rows, issues). Its first character decides, then what can be parsed."""
    if text.lstrip()[:1] not in ("{", "["):
        if suffix in JSON_NAMES:
            raise UserError(
                f"{name} is called JSON but begins with '{_begin(text)}', and JSON rows begin with {{ or [. "
                "If it is a table with separators, call it .csv."
            )
        return "csv", parse_separated(text, name=name)
    if suffix in (".csv", ".tsv") and not _looks_json(text):
        return "csv", parse_separated(text, name=name)
    return _lines_or_json(text, name) if suffix in LINE_NAMES else _json_or_lines(text, name)


def _json_or_lines(text: str, name: str) -> tuple[Kind, tuple]:
    try:
        return "json", parse_json(text, name=name)
    except NotJson:
        lines = _try_lines(text, name)
        if lines is None or len(lines[1]) < len(lines[2]):
            raise  # a list broken off in its middle leaves a line or two that parse by themselves
        return "jsonl", lines


def _lines_or_json(text: str, name: str) -> tuple[Kind, tuple]:
    lines = _try_lines(text, name)
    if lines is not None and len(lines[1]) >= len(lines[2]):
        return "jsonl", lines
    try:
        return "json", parse_json(text, name=name)
    except UserError:
        return "jsonl", lines or parse_lines(text, name=name)  # which says what is wrong with the first line


def _try_lines(text: str, name: str) -> tuple | None:
    try:
        return parse_lines(text, name=name)
    except UserError:
        return None


def _looks_json(text: str) -> bool:
    """Whether a text that begins with { or [ goes on as JSON does, and not as a column name in brackets."""
    return text.lstrip()[1:].lstrip()[:1] in ("{", "}", "[", "]", '"')


def _begin(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text.strip()[:30])


def _without_damaged(rows: list[tuple[int, dict]], encoding: str) -> tuple[list[tuple[int, dict]], list[Issue]]:
    kept, issues = [], []
    for number, row in rows:
        if "\ufffd" not in json.dumps(row, ensure_ascii=False):
            kept.append((number, row))
            continue
        message = f"Row {number} holds bytes that are not {encoding}: probably pasted from elsewhere."
        issues.append(Issue(number, "bad_encoding", message, True))
    return kept, issues

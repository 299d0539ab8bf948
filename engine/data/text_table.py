"""The bytes of a table in text form to rows: CSV and its kin, JSON or JSON Lines, in whatever encoding."""

import json
from typing import Any, Literal

from engine.data.encoding import decode
from engine.data.files import LINE_NAMES, expect_text
from engine.data.json_rows import NotJson, parse_json, parse_lines
from engine.data.separated import is_table, parse_separated
from engine.schema import Issue, UserError

TextKind = Literal["csv", "json", "jsonl"]
JSON_NAMES = {".json", ".jsonl", ".ndjson"}


def parse_text(raw: bytes, suffix: str, *, name: str) -> tuple[TextKind, str, tuple[tuple[str, ...], Any, list[Issue]]]:
    """(kind, encoding, (columns, numbered rows, issues)). `suffix` is what the file's name ends in.

    Raises UserError for what is no table."""
    text, encoding, damaged = decode(expect_text(raw, name=name), name=name)
    text = text.removeprefix("\ufeff")
    if not text.strip(" \t\r\n\x00"):
        raise UserError(f"{name} is empty.")
    kind, (columns, rows, issues) = _parse(text, suffix, name)
    if damaged:
        rows, broken = _without_damaged(rows, encoding)
        issues = [*issues, *broken]
        if not rows:
            raise UserError(f"No row of {name} can be read in {encoding}. Save it again in UTF-8.")
    return kind, encoding, (columns, rows, issues)


def is_table_called_text(raw: bytes, suffix: str, *, name: str) -> bool:
    """Whether a .txt file holds a table or JSON, as exports from other programs do."""
    if suffix not in (".txt", ".text") or not raw.strip():
        return False
    try:
        text = decode(raw, name=name)[0].removeprefix("\ufeff")
    except UserError:
        return False
    return is_table(text) or (text.lstrip()[:1] in ("{", "[") and _looks_json(text))


def _parse(text: str, suffix: str, name: str) -> tuple[TextKind, tuple]:
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


def _json_or_lines(text: str, name: str) -> tuple[TextKind, tuple]:
    try:
        return "json", parse_json(text, name=name)
    except NotJson:
        lines = _try_lines(text, name)
        if lines is None or len(lines[1]) < len(lines[2]):
            raise  # a list broken off in its middle leaves a line or two that parse by themselves
        return "jsonl", lines


def _lines_or_json(text: str, name: str) -> tuple[TextKind, tuple]:
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

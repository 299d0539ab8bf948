"""Text and JSON in files: what is written is there whole or not at all, what a crash cut short is passed over."""

import json
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def aside(path: Path) -> Path:
    """A hidden name beside `path` to build it under, which no other process and no other thread takes."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")


def write_text(path: Path, text: str | Iterable[str]) -> None:
    """Write the text, or its parts as they come, so that a reader sees the old text or the new, never half: a temporary
    name, fsync, rename."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = aside(path)
    try:
        with open(temporary, "w", encoding="utf-8", errors="replace") as stream:
            stream.writelines([text] if isinstance(text, str) else text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # of parts that could not be made to the end


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def write_lines(path: Path, values: Iterable[Any]) -> None:
    """One JSON document a line. Values may be dictionaries or types with to_dict()."""
    rows = (value if isinstance(value, dict) else value.to_dict() for value in values)
    write_text(path, (json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows))


def append_line(path: Path, value: dict[str, Any]) -> None:
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, default: Any = None) -> Any:
    """The document, or `default` where the file is not there."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The documents of a .jsonl file, none where it is not there; a last line cut short by a crash is passed over."""
    try:
        stream = open(path, encoding="utf-8", newline="\n")  # no other line break: one may stand inside a text
    except FileNotFoundError:
        return
    broken: json.JSONDecodeError | None = None
    with stream:
        for line in stream:
            if broken:
                raise broken
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                broken = error


def reopen_lines(path: Path, *, head: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The documents of a .jsonl file that is to be appended to again. With `head`, its first line, which says what the
    others are about, a file that begins otherwise is begun anew, and only the others are returned.

    A last line cut short by a crash is dropped from the file, and with it whatever follows a line that cannot be read:
    the next one would otherwise be appended to it.
    """
    lines = _whole_lines(path)
    if head is not None and lines[:1] != [head]:
        lines = [head]
    write_lines(path, lines)
    return lines if head is None else lines[1:]


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    try:
        found = path.read_bytes().split(b"\n")[:-1]  # what follows the last newline is a torn line, or nothing
    except FileNotFoundError:
        return []
    lines = []
    for line in found:
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines

"""JSON Lines that are too large to be held: looked through once, and their rows read again when they are asked for."""

import os
from array import array
from pathlib import Path
from typing import Any

from engine.data.files import BOM, plain_file
from engine.data.json_rows import Checked, parsed
from engine.data.stored import OnDisk
from engine.schema import Issue


class Rows(OnDisk[dict[str, Any]]):
    """The rows of a JSON Lines file, each parsed when it is asked for: 16 bytes of memory a row."""

    def __init__(self, path: Path, spans: array):
        self._file = open(path, "rb")  # noqa: SIM115 - open as long as the rows may be asked for
        self._spans = spans  # start and end of each row, in bytes

    def __len__(self) -> int:
        return len(self._spans) // 2

    def _read(self, first: int, end: int) -> list[dict[str, Any]]:
        spans = self._spans
        start = spans[2 * first]
        raw = os.pread(self._file.fileno(), spans[2 * end - 1] - start, start)
        return [parsed(raw[spans[2 * at] - start : spans[2 * at + 1] - start].decode())[0] for at in range(first, end)]


def read_large(path: str | Path, *, name: str) -> tuple[tuple[str, ...], Rows, array, list[Issue]]:
    """(columns, rows, their numbers, issues), as json_rows.parse_lines gives them for a smaller one. A row with bytes
    that are no UTF-8 is left out. Raises UserError as that does, and as files.plain_file."""
    spans, numbers, broken, checked = array("q"), array("q"), [], Checked(name)
    with plain_file(path, name=name) as stream:
        at = 0
        for number, raw in enumerate(stream, start=1):
            start, at = at, at + len(raw)
            body = raw.removesuffix(b"\n")
            if number == 1 and body.startswith(BOM):
                start, body = start + len(BOM), body[len(BOM) :]
            try:
                line = body.decode()
            except UnicodeDecodeError:
                message = f"Row {number} holds bytes that are not utf-8: probably pasted from elsewhere."
                broken.append(Issue(number, "bad_encoding", message, True))
                continue
            if line.strip() and checked.row(number, *parsed(line)) is not None:
                spans.extend((start, start + len(body)))
                numbers.append(number)
    checked.needs(numbers)
    return tuple(checked.columns), Rows(Path(path), spans), numbers, [*checked.issues, *broken]

"""Parquet, Arrow and Feather files to rows. Values are text as in JSON: 7 is "7", a date 2024-03-01; null is null."""

import datetime
import decimal
import io
import math
from collections.abc import Iterator
from typing import Any

from engine.data.limits import MB, how_to_raise, limits
from engine.data.separated import MAX_COLUMNS, name_columns
from engine.schema import Issue, UserError

PARQUET, ARROW_FILE, ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"
BATCH = 1024

Numbered = list[tuple[int, dict[str, Any]]]


def is_columnar(raw: bytes) -> bool:
    """Whether the bytes begin as Parquet, Arrow or Feather files do."""
    return raw.startswith((PARQUET, ARROW_FILE)) or (raw.startswith(ARROW_STREAM) and raw[8:12] == b"\x10\0\0\0")


def parse_columnar(raw: bytes, *, name: str) -> tuple[str, tuple[str, ...], Numbered, list[Issue]]:
    """("parquet" or "arrow", columns, numbered rows, issues). Number 1 is the first row.

    Columns of bytes, such as pictures, are not read, with an Issue each. Raises UserError for a file that is broken
    off, has no row, or unpacks to more than limits() allow.
    """
    import pyarrow as pa

    kind = "parquet" if raw.startswith(PARQUET) else "arrow"
    try:
        schema, batches = _open(raw, kind)
        names = [field.name for field in schema]
        columns, issues = name_columns(names, name=name) if names else ((), [])
        bytes_in = [_holds_bytes(field.type) for field in schema]
        rows: Numbered = []
        size = 0
        for batch in batches:
            size += batch.get_total_buffer_size()
            if size > limits().expanded_bytes:
                most = limits().expanded_bytes // MB
                raise UserError(
                    f"{name} unpacks to more than {most} MB. Give a part of it. {how_to_raise('expanded_bytes')}"
                )
            values = [None if unread else batch.column(i).to_pylist() for i, unread in enumerate(bytes_in)]
            used = [(column, found) for column, found in zip(columns, values, strict=True) if found is not None]
            start = len(rows) + 1
            rows += [(start + i, {column: as_text(found[i]) for column, found in used}) for i in range(batch.num_rows)]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        first = str(error).split("\n")[0][:160]
        raise UserError(f"{name} is no whole {kind.capitalize()} file: {first}. Copy or save it again.") from None
    for column, unread in zip(columns, bytes_in, strict=True):
        if unread:
            issues.append(Issue(None, "binary_column", f"Column '{column[:60]}' holds bytes and is not read.", False))
    if not rows:
        raise UserError(f"{name} holds columns and no rows.")
    return kind, tuple(c for c, unread in zip(columns, bytes_in, strict=True) if not unread), rows, issues


def as_text(value: Any) -> Any:
    """A value as JSON Lines would have it here: texts, true and false, null, lists and objects; all else is text.

    >>> as_text(1.5), as_text(3.0), as_text([1, None]), as_text(datetime.date(2024, 3, 1))
    ('1.5', '3.0', ['1', None], '2024-03-01')
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else repr(value)
    if isinstance(value, dict):
        return {str(key): as_text(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_text(inner) for inner in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def _open(raw: bytes, kind: str) -> tuple[Any, Iterator[Any]]:
    """(schema, batches of rows), read as they are asked for."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = pa.BufferReader(raw)
    if kind == "parquet":
        file = pq.ParquetFile(stream)
        _few_columns(len(file.schema_arrow))
        return file.schema_arrow, file.iter_batches(batch_size=BATCH)
    reader = pa.ipc.open_file(stream) if raw.startswith(ARROW_FILE) else pa.ipc.open_stream(io.BytesIO(raw))
    _few_columns(len(reader.schema))
    if raw.startswith(ARROW_FILE):
        return reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))
    return reader.schema, iter(reader)


def _few_columns(number: int) -> None:
    if number > MAX_COLUMNS:
        raise ValueError(f"it has {number:,} columns; at most {MAX_COLUMNS:,} can be read")


def _holds_bytes(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return any(_holds_bytes(kind.field(i).type) for i in range(kind.num_fields))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _holds_bytes(kind.value_type)
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)

"""Rows that could not be read: what of them stands in fields to be corrected by hand, and what a correction makes of
them. A row is converted again with the corrected texts, so nothing enters that the file itself could not bring."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from heapq import merge
from typing import Any

from engine.data.columns import value_of
from engine.data.convert import converted
from engine.data.edits import FIELDS, said
from engine.data.several import Converted
from engine.data.stored import kept
from engine.formats._shared import RowError
from engine.formats._turns import turns
from engine.registry import formats
from engine.schema import Edit, Example, Format, Issue, Message

Texts = dict[str, str | None]  # by FIELDS; None where the row's shape has no such text


def origin(row: Mapping[str, Any]) -> str:
    """A 16-digit hash of the row as it stands in the file: what an Edit of it names."""
    return hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()[:16]


def origins(read: Converted) -> dict[int | None, str]:
    """The id that each row's content has as it stands in the file: the Example's, or of a row that could not be read
    the hash of the row."""
    found = {example.source_row: example.id for example in read.examples}
    unread = [(at, number) for at, number in enumerate(read.table.numbers) if number not in found]
    return found | {number: origin(read.table.rows[at]) for at, number in unread}


def texts(read: Any, number: int, row: Mapping[str, Any]) -> Texts:
    """The texts of a row that can be corrected, those that cannot be read as "". `read` tells the row's shape and
    columns: a Converted or a Loaded."""
    shape, canonical = _canonical(read, number, row)
    try:
        example, _ = converted(shape, canonical)
        asked = example.question if example.prompt else None
        return {"question": asked, "answer": example.completion or None, "rejected": example.rejected}
    except ValueError:
        pass
    if shape.turns:
        spoken = _spoken(canonical.get(shape.turns))
        return {"question": _last(spoken, "user"), "answer": _last(spoken, "assistant"), "rejected": None}
    plain = {name: canonical.get(field) for name, field in shape.texts.items()}
    return dict.fromkeys(FIELDS) | {name: text if isinstance(text, str) else "" for name, text in plain.items()}


def restored(
    read: Converted, edits: Sequence[Edit]
) -> tuple[Sequence[Example], list[Issue], list[Edit], dict[int, Texts]]:
    """(examples, issues, the edits that are left, the texts of what still cannot be used).

    A row that could not be read and was corrected becomes an Example in its place, told as "edited"; where it is still
    wrong it stays dropped, with the new reason.
    """
    if not edits:
        return read.examples, list(read.issues), [], {}
    known = {example.source_row for example in read.examples}
    wanted = {edit.row: edit for edit in edits if edit.row not in known}
    rows = {n: row for n, row in zip(read.table.numbers, read.table.rows, strict=True) if n in wanted}
    done = {n: wanted[n] for n, row in rows.items() if wanted[n].was == origin(row)}
    if not done:
        return read.examples, list(read.issues), list(edits), {}
    corrected = {n: edit for n, edit in done.items() if not edit.exclude}  # it is left out as it is
    added, failed = [], {}
    issues = [issue for issue in read.issues if not (issue.dropped and issue.source_row in corrected)]
    for number, edit in corrected.items():
        shape, canonical = _canonical(read, number, rows[number])
        issues.append(Issue(number, "edited", said(edit), False))
        try:
            example, _ = converted(shape, canonical | _written(shape, canonical, edit))
        except ValueError as error:
            code = error.code if isinstance(error, RowError) else "unusable"
            issues.append(Issue(number, code, f"Row {number}: {error}.", True))
            failed[number] = {name: getattr(edit, name) for name in FIELDS}
            continue
        added.append(replace(example, source_row=number))
    by_number = {"key": lambda example: example.source_row or 0}
    examples = kept(merge(read.examples, sorted(added, **by_number), **by_number), like=read.examples)
    return examples, issues, [edit for edit in edits if edit.row not in done], failed


def _canonical(read: Any, number: int, row: Mapping[str, Any]) -> tuple[Format, dict[str, Any]]:
    part = next((part for part in read.parts if part.holds(number)), None)
    name, columns = (part.format, part.columns) if part else (read.found.format, read.found.columns)
    return formats()[name], {field: value_of(row, column) for field, column in columns.items()}


def _written(shape: Format, canonical: Mapping[str, Any], edit: Edit) -> dict[str, Any]:
    """The fields that the corrected texts take the place of. Of a conversation the system message stays; its other
    turns give way to the question and the answer."""
    given = {name: getattr(edit, name) for name in FIELDS if getattr(edit, name) is not None}
    if not shape.turns:
        return {shape.texts[name]: text for name, text in given.items() if name in shape.texts}
    spoken = _spoken(canonical.get(shape.turns))
    system = _last(spoken, "system")
    asked, answered = given.get("question", _last(spoken, "user")), given.get("answer", _last(spoken, "assistant"))
    talk = [("system", system)] if system else []
    talk += [("user", asked), ("assistant", answered)]
    return {shape.turns: [{"role": role, "content": content} for role, content in talk]}


def _spoken(value: Any) -> list[Message]:
    """The turns of a conversation that can be read, one by one."""
    try:
        value = json.loads(value, strict=False) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return []
    found = []
    for turn in value if isinstance(value, list) else []:
        try:
            found += turns({"turn": [turn]}, "turn")
        except ValueError:
            continue
    return found


def _last(spoken: Sequence[Message], role: str) -> str:
    return next((turn.content for turn in reversed(spoken) if turn.role == role), "")

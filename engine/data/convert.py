"""Rows to Examples: which shape a file has, which column is which, and what each row becomes."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.data.columns import fold_name, is_template, names_in, used, value_of, with_names
from engine.data.read import Table
from engine.formats import _shared
from engine.formats._turns import MENDED
from engine.registry import formats
from engine.schema import Example, Format, Issue, UserError, identified

SAMPLE_ROWS = 50
# Columns that say something about a row and are no part of it; any other one may hold an answer.
ABOUT = (
    *(
        "id",
        "uid",
        "uuid",
        "index",
        "key",
        "no",
        "number",
        "prompt id",
        "source",
        "url",
        "link",
        "path",
        "file",
        "date",
    ),
    *("title", "heading", "place", "name", "author", "category", "topic", "type", "tag", "tags", "lang", "language"),
    *("locale", "split", "level", "difficulty", "meta", "metadata", "license", "system"),
    *("番号", "出典", "日付", "タイトル", "題名", "見出し", "カテゴリ", "カテゴリー", "分類", "種別", "言語"),
)


@dataclass(frozen=True)
class Candidate:
    """A shape the file may have. `columns` maps canonical field to the file's column; `missing` what has no column.

    `confidence`, 0 to 1: the share of the first 50 rows that convert, less 0.1 where a name is only a synonym, halved
    where another shape fits other columns as well.
    """

    format: str
    columns: dict[str, str]
    confidence: float
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Detection:
    """The likeliest shape and all shapes, best first. `format` is "" and `columns` empty where none fits."""

    format: str
    columns: dict[str, str]
    confidence: float
    candidates: tuple[Candidate, ...]


def detect(table: Table, *, format: str = "", columns: Mapping[str, str] | None = None) -> Detection:
    """The shape of the table, told from the names of its columns and from what its first rows hold.

    `format` and `columns` (canonical field -> the file's column, or a template that joins some; "" for "do not use")
    are the user's own choice and override. Raises UserError for a format, field or column that does not exist; not
    where no shape fits.
    """
    wanted = _user_columns(table, columns or {}, format)
    shapes = [_format(format)] if format else [f for f in formats().values() if wanted.keys() <= f.fields.keys()]
    found = [_candidate(table, shape, wanted) for shape in shapes]
    found.sort(key=lambda c: (len(c.missing), _format(c.format).alone, -c.confidence, -len(c.columns), c.format))
    if len(found) > 1 and not found[1].missing and _rivals(found[0], found[1]):
        found[:2] = [replace(c, confidence=c.confidence / 2) for c in found[:2]]
    best = found[0]
    chosen = all(wanted.get(field) for field in _format(best.format).required)  # the user said so
    alone = len(shapes) > 1 and _format(best.format).alone and not chosen
    unsure = alone and _may_hold_an_answer(table, best.columns)
    if best.missing or unsure:
        return Detection("", {}, 0.0, tuple(found))
    return Detection(best.format, best.columns, best.confidence, tuple(found))


def convert(
    table: Table, *, format: str = "", columns: Mapping[str, str] | None = None, suite: str = ""
) -> tuple[list[Example], list[Issue]]:
    """(examples, issues): one Example for each usable row, one dropped Issue for each other row of the file.

    The table's own issues come first, so examples and dropped issues add up to `table.num_rows`. Every row of the
    suite "unanswerable" counts as unanswerable. Raises UserError, naming the file's columns and what each shape
    needs, where none fits.
    """
    found = detect(table, format=format, columns=columns)
    if not found.format:
        raise no_shape_fits(table, found)
    issues = list(table.issues)
    return list(convert_rows(table, found, issues, suite=suite)), issues


def convert_rows(table: Table, found: Detection, issues: list[Issue], *, suite: str = "") -> Iterator[Example]:
    """One Example for each usable row, as it is asked for; an Issue for each other row is put into `issues`."""
    shape, canonical = _format(found.format), _reader(found.columns)
    for number, row in zip(table.numbers, table.rows, strict=True):
        try:
            example, mended = converted(shape, canonical(row))
        except ValueError as error:
            code = error.code if isinstance(error, _shared.RowError) else "unusable"
            issues.append(Issue(number, code, f"Row {number}: {error}.", True))
            continue
        issues += [Issue(number, code, f"Row {number}: {MENDED[code]}.", False) for code in mended]
        yield _placed(example, suite, number)


def _placed(example: Example, suite: str, number: int) -> Example:
    """The example as a row of that suite and number. Written out: replace() costs as much as all else of a row."""
    e = example
    answerable = e.answerable and suite != "unanswerable"
    made = Example(
        e.id, e.prompt, e.completion, e.rejected, e.label, e.group, suite, answerable, e.choices, number, e.rules
    )
    return identified(made) if suite else made  # a format gives the id of a training row


def no_shape_fits(table: Table, found: Detection) -> UserError:
    """The error for a table whose columns fit nowhere: what it has, what each shape needs, how to map columns."""
    have = ", ".join(column[:40] for column in table.columns[:12]) + (", ..." if len(table.columns) > 12 else "")
    needs = "; ".join(f"{_format(c.format).title}: {', '.join(_format(c.format).required)}" for c in found.candidates)
    best = next((c for c in found.candidates if c.columns and c.missing), None) or _question_answer(found)
    spare = [column[:40] for column in _wordiest(table) if column not in used(best.columns, table.columns)] + [
        "COLUMN"
    ] * 2
    example = ",".join(f"{field}={name}" for field, name in zip(best.missing, spare, strict=False))
    return UserError(
        f"{table.name}: its columns ({have}) fit no known shape. What is needed: {needs}. Say which column is which, "
        f"for example --columns {example}; if the first line is a row, add a header above it."
    )


def _question_answer(found: Detection) -> Candidate:
    return next((c for c in found.candidates if c.format == "question_answer"), found.candidates[0])


def _wordiest(table: Table) -> list[str]:
    """The columns with the longest texts, at most two, in the file's order: the likeliest to be meant."""
    rows = table.rows[:SAMPLE_ROWS]
    length = {c: sum(len(row[c]) for row in rows if isinstance(row.get(c), str)) for c in table.columns}
    return sorted(sorted(length, key=length.get, reverse=True)[:2], key=table.columns.index)


def _format(name: str) -> Format:
    if name not in formats():
        raise UserError(f"There is no format '{name[:60]}'. There are: {', '.join(formats())}.")
    return formats()[name]


def _user_columns(table: Table, columns: Mapping[str, str], format: str) -> dict[str, str]:
    """The user's mapping with each column by its name in the file."""
    known = {field for shape in ([_format(format)] if format else formats().values()) for field in shape.fields}
    folded = {fold_name(column): column for column in reversed(table.columns)}
    found = {}
    for given_field, column in columns.items():
        field = given_field.strip().lower()
        if field not in known:
            raise UserError(
                f"'{given_field[:40]}' is no field to map a column to. There are: {', '.join(sorted(known))}."
            )
        joins = is_template(column) and column not in table.columns
        actual = {name: _actual(table, name, folded) for name in (names_in(column) if joins else [column])}
        found[field] = with_names(column, actual) if joins else actual[column]
    return found


def _actual(table: Table, column: str, folded: Mapping[str, str]) -> str:
    """The column's name in the file; "" for none. Raises UserError where there is no such column."""
    if not column.strip():
        return ""
    actual = column if column in table.columns else folded.get(fold_name(column), "")
    if not actual:
        close = difflib.get_close_matches(fold_name(column), folded, n=1)
        hint = f" Did you mean '{folded[close[0]][:60]}'?" if close else ""
        have = ", ".join(name[:40] for name in table.columns[:20])
        raise UserError(f"{table.name} has no column '{column[:60]}'.{hint} It has: {have}.")
    return actual


def converted(shape: Format, row: Mapping[str, Any]) -> tuple[Example, tuple[str, ...]]:
    """(the row's Example, the codes of what was mended in it). Raises ValueError as `to_example` does."""
    found = shape.to_example(row)
    return found if isinstance(found, tuple) else (found, ())


def _candidate(table: Table, shape: Format, wanted: Mapping[str, str]) -> Candidate:
    columns = {field: column for field, column in wanted.items() if column}
    for field, names in shape.fields.items():
        column = _column_called(table, names) if field not in wanted else ""
        if column and column not in used(columns, table.columns) and _useful(table, field, column):
            columns[field] = column
    missing = tuple(field for field in shape.required if field not in columns)
    if missing:
        return Candidate(shape.name, columns, 0.0, missing)
    exact = all(field in wanted or fold_name(columns[field]) == field for field in shape.required)
    usable = _usable_share(table, shape, columns)
    return Candidate(shape.name, columns, round(max(0.0, usable - (0 if exact else 0.1)), 3))


def _column_called(table: Table, names: tuple[str, ...]) -> str:
    folded = {fold_name(column): column for column in reversed(table.columns)}
    return next((folded[fold_name(name)] for name in names if fold_name(name) in folded), "")


def _useful(table: Table, field: str, column: str) -> bool:
    """Whether an optional column holds what its name promises; `choices` of another data set may be anything."""
    check = {"answerable": _shared.answerable, "choices": lambda row: _shared.choices(row, "")}.get(field)
    return check is None or all(_parses(check, {field: row.get(column)}) for row in table.rows[:SAMPLE_ROWS])


def _usable_share(table: Table, shape: Format, columns: Mapping[str, str]) -> float:
    rows = table.rows[:SAMPLE_ROWS]
    return sum(_parses(shape.to_example, _canonical(row, columns)) for row in rows) / len(rows) if rows else 0.0


def _parses(function: Any, row: Mapping[str, Any]) -> bool:
    try:
        function(row)
    except ValueError:
        return False
    return True


def _canonical(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    return {field: value_of(row, column) for field, column in columns.items()}


def _reader(columns: Mapping[str, str]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """`_canonical` with these columns: what is a template is told once, not in every row."""
    if any(is_template(column) for column in columns.values()):
        return lambda row: _canonical(row, columns)
    pairs = tuple(columns.items())
    return lambda row: {field: row.get(column) for field, column in pairs}


def _may_hold_an_answer(table: Table, columns: Mapping[str, str]) -> bool:
    """Whether a column is left over that is not just about the row."""
    about, read = {fold_name(name) for name in ABOUT}, used(columns, table.columns)
    return any(column not in read and fold_name(column) not in about for column in table.columns)


def _rivals(first: Candidate, second: Candidate) -> bool:
    """Whether the second is as likely and reads other columns: not where it reads a part of the first one's."""
    if _format(second.format).alone:
        return False
    return first.confidence == second.confidence and not set(second.columns.values()) <= set(first.columns.values())

"""JSON and JSON Lines to rows. Numbers stay the text that stands in the file, so 1.10 and 5,000 digits survive."""

import json
from collections.abc import Iterator
from typing import Any

from engine.data import squad
from engine.data.separated import MAX_COLUMNS
from engine.schema import Issue, UserError

MAX_DEPTH = 32
Numbered = list[tuple[int, dict[str, Any]]]


class NotJson(UserError):
    """The text is no JSON document at all; it may still be JSON Lines."""


class Repeated(dict):
    """A JSON object in which a key stands twice: which value was meant cannot be known."""


def parse_json(text: str, *, name: str) -> tuple[tuple[str, ...], Numbered, list[Issue]]:
    """(columns, numbered rows, issues) of one JSON document. Number 1 is the first row of the list.

    The document is a list of objects, an object that holds one such list, an object of columns (lists of equal length,
    or objects with the same keys, as pandas writes them), texts by their names, or SQuAD's nested form (see squad.py).
    Raises UserError with line and place where it is no JSON, and with what it holds where it is no table.
    """
    try:
        document = _loads(text)
    except json.JSONDecodeError as error:
        place = f"{name}, line {error.lineno}, column {error.colno}"
        raise NotJson(f"{place}: this is not valid JSON ({error.msg}).") from None
    except RecursionError:
        raise UserError(f"{name} is nested too deeply; a table has at most {MAX_DEPTH} levels.") from None
    values = document if isinstance(document, list) else _list_in(document, name)
    values = squad.flat(values) if squad.is_nested(values) else values
    if not values:
        raise UserError(f"{name} holds an empty list: there is no row to read.")
    if not any(isinstance(value, dict) for value in values):
        raise UserError(f"{name} holds a list whose first item is {_kind(values[0])}; rows are objects, {EXAMPLE}.")
    return _table(((number, value, "") for number, value in enumerate(values, start=1)), name)


def parse_lines(text: str, *, name: str) -> tuple[tuple[str, ...], Numbered, list[Issue]]:
    """(columns, numbered rows, issues) of JSON Lines. A row's number is its line in the file; blank lines do not count
    as rows. A line that is no object is left out with an Issue. Raises UserError where no line is one."""
    return _table(_lines(text), name)


EXAMPLE = 'such as {"question": "...", "answer": "..."}'


_NESTED = frozenset({dict, list, Repeated})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Repeated(found)


# "NaN" is how pandas and Python write a missing value; the infinities stay as text, like every number. Made once:
# json.loads() would make one for every row.
_DECODER = json.JSONDecoder(
    strict=False,  # people's files hold tabs and line breaks inside texts
    parse_int=str,
    parse_float=str,
    parse_constant=lambda word: None if word == "NaN" else word,
    object_pairs_hook=_object,
)


def _loads(text: str) -> Any:
    if text.startswith("\ufeff"):
        raise json.JSONDecodeError("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0)
    return _DECODER.decode(text)


def _lines(text: str) -> Iterator[tuple[int, Any, str]]:
    # Not splitlines(): it would also split at U+2028 and U+0085, which may stand inside a JSON text.
    for number, line in enumerate(_split(text), start=1):
        if line.strip():
            yield number, *parsed(line)


def parsed(line: str) -> tuple[Any, str]:
    """(what the line of JSON holds, ""), or (None, what is wrong with it)."""
    try:
        return _loads(line), ""
    except json.JSONDecodeError as error:
        return None, f"is not valid JSON ({error.msg}, column {error.colno})"
    except RecursionError:
        return None, "is nested too deeply"


def _split(text: str) -> Iterator[str]:
    """text.split("\\n"), a line at a time: a list of all lines is as large as the file."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


class Checked:
    """What a table of JSON rows shows row after row: its `columns`, and in `issues` each row that is left out."""

    def __init__(self, name: str):
        self.name, self.columns, self.issues = name, {}, []
        self._like: tuple[str, ...] = ()  # the keys of the row before: nearly always those of the next

    def row(self, number: int, value: Any, problem: str = "") -> dict[str, Any] | None:
        """The row, or None where it is left out. Raises UserError for more columns than a table has."""
        if type(value) is dict and tuple(value) == self._like and _NESTED.isdisjoint(map(type, value.values())):
            return dict(zip(self._like, value.values(), strict=True))  # its keys held once for all
        problem = problem or _problem(value)
        if problem:
            self.issues.append(Issue(number, "bad_row", f"Row {number} {problem}.", True))
            return None
        self._like = tuple(value)
        self.columns.update(dict.fromkeys(value))
        if len(self.columns) > MAX_COLUMNS:
            raise UserError(f"{self.name} has more than {MAX_COLUMNS:,} different columns; that is no table of rows.")
        return value

    def needs(self, rows: Any) -> None:
        """Raises UserError where there is no row, with what is wrong with the first."""
        if not rows:
            first = self.issues[0].message if self.issues else ""
            raise UserError(f"{self.name} holds no row that can be read. {first} A row is an object, {EXAMPLE}.")


def _table(values: Iterator[tuple[int, Any, str]], name: str) -> tuple[tuple[str, ...], Numbered, list[Issue]]:
    checked, rows = Checked(name), []
    for number, value, problem in values:
        row = checked.row(number, value, problem)
        if row is not None:
            rows.append((number, row))
    checked.needs(rows)
    return tuple(checked.columns), rows, checked.issues


def _problem(value: Any) -> str:
    if not isinstance(value, dict):
        return f"is {_kind(value)}, not an object, {EXAMPLE}"
    if isinstance(value, Repeated):
        return "has a key that stands twice, so it is unclear which value is meant"
    if not all(key.isprintable() for key in value):
        return "has a column name with characters that cannot be shown"
    if _deeper_than(value, MAX_DEPTH):
        return f"is nested more than {MAX_DEPTH} levels deep"
    return ""


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        inner = [v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list)]
        level = [item for items in inner for item in items]
        if not level:
            return False
    return True


def _list_in(document: Any, name: str) -> list[Any]:
    """The rows of a document that is no list itself."""
    if not isinstance(document, dict):
        raise UserError(f"{name} holds {_kind(document)}; rows are a list of objects, {EXAMPLE}.")
    lists = {key: v for key, v in document.items() if isinstance(v, list) and any(isinstance(row, dict) for row in v)}
    if len(lists) == 1:
        return next(iter(lists.values()))
    if len(lists) > 1:
        raise UserError(f"{name} holds several lists ({_names(lists)}). Save the one to use as a file of its own.")
    if document and all(isinstance(v, list) for v in document.values()):
        lengths = {key: len(v) for key, v in document.items()}
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{key[:40]}: {length}" for key, length in list(lengths.items())[:8])
            raise UserError(f"{name} holds columns of different lengths ({counts}).")
        return [dict(zip(document, values, strict=True)) for values in zip(*document.values(), strict=True)]
    if document and all(isinstance(v, dict) and v.keys() == _first(document).keys() for v in document.values()):
        return [{column: values[key] for column, values in document.items()} for key in _first(document)]
    if _are_texts(document):
        return [{"key": key, "text": text} for key, text in document.items()]
    raise UserError(
        f"{name} holds an object ({_names(document)}) and no list of rows. Rows are a list of objects, {EXAMPLE}."
    )


def _are_texts(document: dict[str, Any]) -> bool:
    """Whether an object holds documents by their names, and not settings: texts alone, of some length."""
    values = list(document.values())
    return len(values) > 2 and all(isinstance(v, str) for v in values) and sum(map(len, values)) >= 50 * len(values)


def _first(document: dict[str, Any]) -> Any:
    return next(iter(document.values()))


def _names(values: dict[str, Any]) -> str:
    names = [key[:40] for key in list(values)[:8]]
    return ", ".join(names) + (", ..." if len(values) > 8 else "")


def _kind(value: Any) -> str:
    kinds = {list: "a list", dict: "an object", str: "a text or a number", bool: "true or false"}
    return kinds.get(type(value), "nothing (null)")

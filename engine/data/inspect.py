"""What a file holds: the account of every row, before anything is trained."""

import json
import statistics
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.data import grouping
from engine.data.convert import Detection, detect, no_shape_fits
from engine.data.leakage import asked
from engine.data.load import CountTokens, Loaded, load
from engine.data.prepare import token_statistics
from engine.data.read import Table, read_source
from engine.metrics._words import split_words
from engine.schema import Example, Issue, Kind, Source

SAMPLE = 5
SHORT = 200  # characters of a cell of the first rows


def inspect_file(
    path: str | Path,
    *,
    format: str = "",
    columns: Mapping[str, str] | None = None,
    name: str = "",
    sheet: str = "",
    count_tokens: CountTokens | None = None,
    checks: bool = True,
) -> dict[str, Any]:
    """The account of the file, ready for JSON: how it was read, what each row became, and why rows were dropped.

    rows, accepted, fixed, dropped: accepted + dropped = rows, and a fixed row is an accepted one. `issues` has the
    number and the reason of each row that was dropped or mended, `reasons` the count of each. `lengths` are of
    questions and answers, in characters and in words; `tokens` is there where `count_tokens` is given. `kinds` says
    what the rows can teach (see Method.needs), the commonest first. Without `checks` no row is told of that can be
    used. `grouping` names the columns by which rows may belong together, the likeliest first. `name` is what the user
    calls the file, `sheet` the one to read of a workbook. Where the columns fit no shape, or not the one asked for,
    `problem` says what is needed, no row is accepted, and `format` and `columns` hold what is known so far. Raises
    UserError where the file cannot be read, or for a format, field or column that does not exist.
    """
    source = Source(path=str(path), format=format, columns=dict(columns or {}), sheet=sheet)
    table = read_source(source, name=name)
    found = detect(table, format=format, columns=source.columns)
    loaded = load(source, name=name, checks=checks) if found.format else unusable(table, found, format=format)
    examples, codes = loaded.examples, [issue.code for issue in loaded.issues]
    return {
        **loaded.to_dict(),
        "problem": "" if found.format else str(no_shape_fits(table, found)),
        "candidates": [asdict(candidate) for candidate in found.candidates],
        "file_columns": list(table.columns),
        "first_rows": [
            {column: _short(row.get(column)) for column in table.columns[:50]} for row in table.rows[:SAMPLE]
        ],
        "grouping": [asdict(column) for column in grouping.candidates(table, taken=found.columns)],
        "duplicates": codes.count("duplicate"),
        "contradictions": codes.count("contradiction"),
        "groups": len({example.group for example in examples if example.group}),
        "unanswerable": sum(not example.answerable for example in examples),
        "sample": [example.to_dict() for example in examples[:SAMPLE]],
        "kinds": kinds(examples),
        "lengths": {
            "question": lengths(asked(example) for example in examples),
            "answer": lengths(example.completion for example in examples),
        },
        "tokens": token_statistics(map(count_tokens, examples)) if count_tokens and examples else {},
    }


def kinds(examples: Iterable[Example]) -> list[Kind]:
    """What these rows can teach, the commonest kind first."""
    return [kind for kind, _ in Counter(example.kind for example in examples).most_common()]


def unusable(table: Table, found: Detection, *, format: str) -> Loaded:
    """The account of a table whose columns fit nowhere: each of its rows waits for the user to map them."""
    waiting = [Issue(n, "no_shape", f"Row {n}: it is not known which column is which.", True) for n in table.numbers]
    best = found.candidates[0]
    known = replace(found, format=format, columns=best.columns if format else {})
    return Loaded(table, known, [], [*table.issues, *waiting])


def _short(value: Any) -> str:
    """A cell as a person reads it, cut at SHORT characters, without what cannot be printed."""
    shown = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() or char in "\n\t" else " " for char in shown[:SHORT])


def lengths(texts: Iterable[str]) -> dict[str, dict[str, int]]:
    """The shortest, median, 95th-percentile and longest text in characters and in words.

    A Chinese or Japanese character counts as a word. {} where there is no text.
    """
    characters, words = array("q"), array("q")
    for text in texts:
        characters.append(len(text))
        words.append(len(split_words(text)))
    return {"characters": _spread(characters), "words": _spread(words)} if characters else {}


def _spread(sizes: Iterable[int]) -> dict[str, int]:
    sizes = sorted(sizes)
    return {
        "min": sizes[0],
        "median": int(statistics.median(sizes)),
        "p95": sizes[min(len(sizes) - 1, int(len(sizes) * 0.95))],
        "max": sizes[-1],
    }

"""What a file holds: the account of every row, before anything is trained."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.data.leakage import asked
from engine.data.load import CountTokens, load
from engine.data.prepare import token_statistics
from engine.metrics._words import split_words
from engine.schema import Source

SAMPLE = 5


def inspect_file(
    path: str | Path,
    *,
    format: str = "",
    columns: Mapping[str, str] | None = None,
    count_tokens: CountTokens | None = None,
) -> dict[str, Any]:
    """The account of the file, ready for JSON: how it was read, what each row became, and why rows were dropped.

    rows, accepted, fixed, dropped: accepted + dropped = rows, and a fixed row is an accepted one. `issues` has the
    number and the reason of each row that was dropped or mended, `reasons` the count of each. `lengths` are of
    questions and answers, in characters and in words; `tokens` is there where `count_tokens` is given. Raises
    UserError where the file cannot be read or no shape fits.
    """
    loaded = load(Source(path=str(path), format=format, columns=dict(columns or {})))
    examples, codes = loaded.examples, [issue.code for issue in loaded.issues]
    return {
        **loaded.to_dict(),
        "candidates": [asdict(candidate) for candidate in loaded.found.candidates],
        "file_columns": list(loaded.table.columns),
        "duplicates": codes.count("duplicate"),
        "contradictions": codes.count("contradiction"),
        "groups": len({example.group for example in examples if example.group}),
        "unanswerable": sum(not example.answerable for example in examples),
        "sample": [example.to_dict() for example in examples[:SAMPLE]],
        "lengths": {
            "question": lengths([asked(example) for example in examples]),
            "answer": lengths([example.completion for example in examples]),
        },
        "tokens": token_statistics(map(count_tokens, examples)) if count_tokens and examples else {},
    }


def lengths(texts: Sequence[str]) -> dict[str, dict[str, int]]:
    """The shortest, median, 95th-percentile and longest text in characters and in words.

    A Chinese or Japanese character counts as a word. {} where there is no text.
    """
    return (
        {"characters": _spread(texts, len), "words": _spread(texts, lambda text: len(split_words(text)))}
        if texts
        else {}
    )


def _spread(texts: Sequence[str], size: Callable[[str], int]) -> dict[str, int]:
    sizes = sorted(map(size, texts))
    return {
        "min": sizes[0],
        "median": int(statistics.median(sizes)),
        "p95": sizes[min(len(sizes) - 1, int(len(sizes) * 0.95))],
        "max": sizes[-1],
    }

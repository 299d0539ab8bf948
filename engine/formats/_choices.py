"""Choices as people write them, and which of them an answer names: by its letter, its number or its text."""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

SERIES = ("abcdefghij", "アイウエオカキクケコ", "123456789")
# A digit needs a bracket, or a point and a space, since "1 day" and "1.5 mg" are choices themselves.
_MARKED = re.compile(
    r"(?:[(（\[]?([A-Za-zＡ-Ｚａ-ｚア-コ①-⑨])[)）\].．:：、\s]\s*|[(（\[]?([0-9０-９])(?:[)）\]]\s*|[.．:：、]\s+))(\S.*)",
    re.DOTALL,
)
_NUMBER = re.compile(r"\d{1,2}")


def listed(value: Any) -> tuple[list[str], list[str]]:
    """(marks, texts) of the choices in a cell: a list, {"text": [...], "label": [...]}, {"A": ..., "B": ...}, the JSON
    of one, or one a line. Marks such as "a " or "(1)" are taken off where every choice has one, in order; else [].

    Raises ValueError, beginning with what is wrong, where it is none of these.

    >>> listed("a 管理医療機器\\nb 生物由来製品")
    (['a', 'b'], ['管理医療機器', '生物由来製品'])
    """
    value = _parsed(value) if isinstance(value, str) else value
    marks: list[str] = []
    if isinstance(value, dict) and isinstance(value.get("text"), list):
        marks, value = [str(mark) for mark in value.get("label") or []], value["text"]
    elif isinstance(value, dict):
        marks, value = list(value), list(value.values())
    elif isinstance(value, list) and value and all(isinstance(item, dict) and "text" in item for item in value):
        marks = [str(item["label"]) for item in value if "label" in item]
        value = [item["text"] for item in value]
    if not isinstance(value or [], list) or not all(isinstance(text, str) for text in value or []):
        raise ValueError("must be a list of texts")
    texts = [text.strip() for text in value or []]
    if marks:
        if len(marks) != len(texts):
            raise ValueError("has another number of labels than of choices")
        return [_fold(mark) for mark in marks], texts
    return _unmarked([text for text in texts if text])


def _parsed(value: str) -> Any:
    value = value.strip()
    if value[:1] not in ("[", "{"):
        return value.splitlines()
    try:
        return json.loads(value, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return value.splitlines()


def _unmarked(texts: list[str]) -> tuple[list[str], list[str]]:
    found = [_MARKED.fullmatch(text) for text in texts]
    marks = "".join(_fold(match[1] or match[2]) for match in found if match)
    if len(marks) < 2 or not all(found) or not any(series.startswith(marks) for series in SERIES):
        return [], texts
    return list(marks), [match[3].strip() for match in found if match]


def place(answer: str, marks: Sequence[str], texts: Sequence[str]) -> int:
    """Which of the choices the answer names, from 0. A mark of the choices' own comes first, then the text itself, then
    a letter (a is the first) or a number (0 is the first, as in most data sets).

    Raises ValueError where it names none, or one by its text and another by its number.

    >>> place("B", [], ["yes", "no"]), place("no", [], ["yes", "no"]), place("1", [], ["yes", "no"])
    (1, 1, 1)
    """
    mark = _fold(answer).strip("()[]. :")
    if mark in marks:
        return list(marks).index(mark)
    by_mark = _by_series(mark, len(texts))
    by_text = next((at for at, text in enumerate(texts) if _fold(text) == _fold(answer)), None)
    if by_text is not None and by_mark not in (None, by_text):
        raise ValueError(f"'answer' is '{answer[:20]}': a choice, and the place of another. Name it by its letter")
    found = by_mark if by_text is None else by_text
    if found is None and (whole := _MARKED.fullmatch(answer)) and len(whole[3]) > 1:
        return place(whole[3], (), texts)
    if found is None:
        raise ValueError(
            f"'answer' is '{answer[:40]}', none of the {len(texts)} choices (counted a, b, ... or 0, 1, ...)"
        )
    return found


def names_a_place(answer: str, texts: Sequence[str]) -> bool:
    """Whether an answer beside these choices can only be the letter or number of one: they are longer texts."""
    if len(texts) < 2:
        return False
    mark = _fold(answer).strip("()[]. :")
    return _by_series(mark, len(texts)) is not None and all(
        len(text) > 1 and not _NUMBER.fullmatch(text) for text in texts
    )


def _by_series(mark: str, size: int) -> int | None:
    if _NUMBER.fullmatch(mark):
        return int(mark) if int(mark) < size else None
    at = [series.index(mark) for series in SERIES[:2] if len(mark) == 1 and mark in series]
    return at[0] if at and at[0] < size else None


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

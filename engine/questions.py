"""A list of questions from what was pasted or from a file, to be asked one by one. No torch."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.chat import MAX_QUESTIONS
from engine.data.encoding import decode
from engine.data.files import name_of, read_text_bytes
from engine.data.read import read_rows
from engine.schema import UserError
from engine.sides import MAX_CHARACTERS

SUFFIXES = (".txt", ".csv", ".tsv", ".json", ".jsonl", ".xlsx")
COLUMNS = (
    "question",
    "prompt",
    "query",
    "instruction",
    "input",
    "text",
    "質問",
    "質問文",
    "プロンプト",
    "問い",
    "指示",
)
NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f]")
MAX_PASTED = 200_000  # characters
MAX_BYTES = 20 * 1024 * 1024


def lines(pasted: str) -> list[str]:
    """The questions of a text, one a line; empty lines are passed over. Raises UserError as `checked`."""
    return checked(pasted.split("\n"), of="")


def read(path: Path) -> list[str]:
    """The questions of a file: one a line of a .txt, else of the column that holds questions. Raises UserError."""
    if path.suffix.lower() == ".txt":
        text, _, _ = decode(read_text_bytes(path, limit=MAX_BYTES), name=name_of(path))
        if NOT_TEXT.search(text):
            raise UserError(f"{name_of(path)} is not text. Save the questions as text in UTF-8, one a line.")
        return checked(text.removeprefix("\ufeff").split("\n"), of=name_of(path))
    table = read_rows(path)
    column = _column(table.columns, name_of(path))
    return checked((_text(row.get(column)) for row in table.rows), of=name_of(path))


def _column(columns: Iterable[str], name: str) -> str:
    """The column that holds the questions: by its name, or the only one there is."""
    known = {column.strip().casefold(): column for column in columns}
    found = next((known[word] for word in COLUMNS if word in known), None)
    if found is None and len(known) == 1:
        return next(iter(known.values()))
    if found is None:
        names = ", ".join(list(known.values())[:8])
        raise UserError(f"{name} has no column called question (it has: {names[:200]}). Rename the one to be asked.")
    return found


def _text(value: Any) -> str:
    """A cell as a question: its text; of a conversation the last user's turn."""
    if isinstance(value, list):
        turns = [turn for turn in value if isinstance(turn, Mapping) and turn.get("role") == "user"]
        return str(turns[-1].get("content") or "") if turns else ""
    return "" if value is None else str(value)


def checked(found: Iterable[str], *, of: str) -> list[str]:
    """The questions without empty ones. Raises UserError for none, for too many, and for one that is too long."""
    asked = [question.strip() for question in found if question.strip()]
    where = f" in {of}" if of else ""
    if not asked:
        raise UserError(f"There is no question{where}. Give one a line, or a table with a column called question.")
    if len(asked) > MAX_QUESTIONS:
        raise UserError(f"There are {len(asked):,} questions{where}; at most {MAX_QUESTIONS} are asked at once.")
    long = next((at for at, question in enumerate(asked, start=1) if len(question) > MAX_CHARACTERS), None)
    if long:
        raise UserError(f"Question {long}{where} has more than {MAX_CHARACTERS:,} characters. Shorten it.")
    return asked

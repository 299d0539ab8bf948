"""What the row shapes share: text from a value, the optional columns every shape understands, and the Example."""

import json
from collections.abc import Mapping
from typing import Any

from engine.formats._choices import names_a_place
from engine.schema import Example, Message, example_id

# Only a column of this very name: a column such as "category" is often far wider than what belongs together.
GROUP = ("group", "グループ")
ANSWERABLE = ("answerable", "回答可能")
CHOICES = ("choices", "wrong_answers", "distractors", "誤答")
SYSTEM = ("system", "system prompt", "システム", "システムプロンプト")
OPTIONAL: dict[str, tuple[str, ...]] = {
    "group": GROUP,
    "answerable": ANSWERABLE,
    "choices": CHOICES,
}

_YES = {"true", "yes", "y", "1", "はい", "可", "可能", "○"}
_NO = {"false", "no", "n", "0", "いいえ", "不可", "不可能", "×"}


class RowError(ValueError):
    """What is wrong with a row, with the code its Issue gets; a plain ValueError of a shape means "unusable"."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


def text(row: Mapping[str, Any], field: str) -> str:
    """The field's text, "" where it is missing; line breaks are \\n. Raises ValueError for a list or an object."""
    value = row.get(field)
    if type(value) is str and "\r" not in value:  # nearly every cell
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        kind = {list: "a list", dict: "an object"}.get(type(value), type(value).__name__)
        raise ValueError(f"'{field}' holds {kind} where a text is needed")
    return value.replace("\r\n", "\n").replace("\r", "\n")


def needed(row: Mapping[str, Any], field: str) -> str:
    """The field's text without the white space around it. Raises ValueError where nothing is left."""
    found = text(row, field).strip()
    if not found:
        raise RowError(f"'{field}' is empty", code="empty")
    return found


def answerable(row: Mapping[str, Any]) -> bool:
    """Whether the question can be answered from the data: yes unless the column says no."""
    if row.get("answerable") is None:
        return True
    word = text(row, "answerable").strip().lower()
    if word and word not in _YES | _NO:
        raise ValueError(f"'answerable' is '{word[:20]}'; write true or false")
    return word not in _NO


def choices(row: Mapping[str, Any], completion: str) -> tuple[str, ...]:
    """The wrong answers: a list, the JSON text of one, or one a line. The right answer among them is left out.

    Raises ValueError where the answer is but the letter or number of a choice: then it is `multiple_choice`.
    """
    value = row.get("choices")
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.strip()
        try:
            value = json.loads(value, parse_int=str, parse_float=str) if value.startswith("[") else value.splitlines()
        except (ValueError, RecursionError):
            raise ValueError("'choices' begins like a JSON list and is none") from None
    if not isinstance(value or [], list) or not all(isinstance(item, str) for item in value or []):
        raise ValueError("'choices' must be a list of texts")
    found = [item.strip() for item in value or []]
    if names_a_place(completion, found):
        raise ValueError(f"the answer '{completion.strip()}' names one of the choices, so these are not the wrong ones")
    return tuple(dict.fromkeys(item for item in found if item and item != completion.strip()))


def example(row: Mapping[str, Any], *, prompt: tuple[Message, ...], completion: str) -> Example:
    """The Example of this prompt and completion with the row's optional columns; the system column, if any, opens a
    prompt that has no system message yet. Raises ValueError as the columns do."""
    system = text(row, "system").strip()
    if system and prompt and prompt[0].role != "system":
        prompt = (Message("system", system), *prompt)
    return Example(
        id=example_id(prompt, completion),
        prompt=prompt,
        completion=completion,
        group=" ".join(text(row, "group").split()) or None,
        answerable=answerable(row),
        choices=choices(row, completion),
    )

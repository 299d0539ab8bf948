"""Conversations as lists of turns, or as transcripts: read and checked the same way in whatever column they stand."""

import json
from collections.abc import Mapping
from typing import Any

from engine.formats import _transcript
from engine.formats._shared import needed, text
from engine.schema import Message

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


def turns(row: Mapping[str, Any], field: str) -> tuple[Message, ...]:
    """The turns of a list of {"role", "content"}, or of the JSON text of one.

    Raises ValueError where it is neither, where a role is unknown, or where a turn is empty.
    """
    value = row.get(field)
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value, strict=False)
        except (ValueError, RecursionError):
            raise ValueError(f"'{field}' is a text, but not the JSON of a list of turns") from None
    if not value:
        raise ValueError(f"'{field}' is empty")
    if not isinstance(value, list):
        raise ValueError(f"'{field}' must be a list of turns, each with role and content")
    return tuple(_turn(field, number, turn) for number, turn in enumerate(value, start=1))


def in_turns(row: Mapping[str, Any], field: str) -> bool:
    """Whether the field holds turns and not a plain text: a list, or a text that is the JSON of a list of objects."""
    value = row.get(field)
    if not isinstance(value, str) or not value.lstrip().startswith("["):
        return isinstance(value, list)
    try:
        found = json.loads(value, strict=False)
    except (ValueError, RecursionError):
        return False
    return bool(found) and all(isinstance(turn, dict) and "role" in turn for turn in found)


def taking_turns(found: tuple[Message, ...], field: str) -> tuple[Message, ...]:
    """The turns themselves. Raises ValueError unless user and assistant alternate; a system message may open."""
    spoken = found[1:] if found[0].role == "system" else found
    for place, turn in enumerate(spoken):
        expected = "assistant" if place % 2 else "user"
        if turn.role != expected:
            number = place + 1 + len(found) - len(spoken)
            raise ValueError(f"'{field}' turn {number} is by the {turn.role} where the {expected} should speak")
    return found


def prompt(row: Mapping[str, Any], field: str = "prompt") -> tuple[Message, ...]:
    """What the model is asked: turns that end with the user's, or a plain text as the one user's turn."""
    written = _transcript.is_transcript(row.get(field))
    if not written and not in_turns(row, field):
        return (Message("user", needed(row, field)),)
    found = taking_turns(_transcript.turns(row[field], field) if written else turns(row, field), field)
    if found[-1].role != "user":
        raise ValueError(f"'{field}' does not end with a user's turn")
    return found


def answer(row: Mapping[str, Any], field: str) -> str:
    """One answer: a plain text, or a list that holds just the assistant's turn."""
    if not in_turns(row, field):
        needed(row, field)
        return text(row, field).strip("\n").rstrip()
    found = turns(row, field)
    if len(found) != 1 or found[0].role != "assistant":
        raise ValueError(f"'{field}' must be a text or one turn of the assistant")
    return found[0].content


def _turn(field: str, number: int, value: Any) -> Message:
    if not isinstance(value, dict):
        raise ValueError(f"'{field}' turn {number} is no object with role and content")
    role = ROLES.get(str(value.get("role")).strip().lower())
    if role is None:
        given = str(value.get("role"))[:20]
        raise ValueError(f"'{field}' turn {number} has the role '{given}'; {', '.join(ROLES)} are known")
    content = value.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        content = "\n".join(str(part.get("text") or "") for part in content)
    if not isinstance(content, str) or not content.strip():
        raise ValueError(f"'{field}' turn {number} has no text")
    return Message(role, content.replace("\r\n", "\n").replace("\r", "\n").strip())

"""Conversations as lists of turns, or as transcripts: read and checked the same way in whatever column they stand."""

import json
from collections.abc import Mapping
from typing import Any

from engine.formats import _transcript
from engine.formats._shared import RowError, needed, text
from engine.schema import Message

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
# How chat logs, ShareGPT and support systems call the two who speak.
SPEAKERS = {
    **ROLES,
    **dict.fromkeys(
        (
            *("human", "customer", "client", "student", "learner", "patient", "visitor", "caller", "questioner"),
            *("ユーザー", "ユーザ", "利用者", "お客様", "顧客", "質問者", "生徒", "学習者", "患者"),
        ),
        "user",
    ),
    **dict.fromkeys(
        (
            *("gpt", "bot", "chatbot", "agent", "ai", "model", "operator", "support", "tutor", "teacher", "doctor"),
            *(
                "chatgpt",
                "bing",
                "アシスタント",
                "オペレーター",
                "担当者",
                "担当",
                "回答者",
                "教師",
                "講師",
                "医師",
                "ボット",
            ),
        ),
        "assistant",
    ),
    "システム": "system",
}

# What can be put right in a conversation, by the code of its Issue.
MENDED = {
    "odd_turns": "what the user says after the last answer was left out",
    "turns_joined": "turns of one speaker in a row were joined",
}


def turns(row: Mapping[str, Any], field: str) -> tuple[Message, ...]:
    """The turns of a list of {"role", "content"} or {"from", "value"}, or of the JSON text of one.

    Raises ValueError where it is neither, where a role is unknown, or where a turn is empty.
    """
    value = row.get(field)
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value, strict=False)
        except (ValueError, RecursionError):
            raise ValueError(f"'{field}' is a text, but not the JSON of a list of turns") from None
    if not value:
        raise RowError(f"'{field}' is empty", code="empty")
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
    return bool(found) and all(isinstance(turn, dict) and ("role" in turn or "from" in turn) for turn in found)


def conversation(row: Mapping[str, Any], field: str) -> tuple[tuple[Message, ...], str, tuple[str, ...]]:
    """(the turns before the last answer, the last answer, what was mended: keys of MENDED). Turns of the user after the
    last answer are left out; turns of one speaker in a row are joined, as people write in chats.

    Raises ValueError where no answer of the assistant follows a user's turn, or the assistant opens.
    """
    found, mended = list(turns(row, field)), []
    while found and found[-1].role == "user" and any(turn.role == "assistant" for turn in found):
        found.pop()
        mended.append("odd_turns")
    joined: list[Message] = []
    for turn in found:
        if joined and joined[-1].role == turn.role != "system":
            joined[-1] = Message(turn.role, f"{joined[-1].content}\n\n{turn.content}")
            mended.append("turns_joined")
        else:
            joined.append(turn)
    spoken = taking_turns(tuple(joined), field)
    if len(spoken) < 2 or spoken[-1].role != "assistant":
        raise unanswered(spoken, field)
    return spoken[:-1], spoken[-1].content, tuple(dict.fromkeys(mended))


def unanswered(found: tuple[Message, ...], field: str) -> RowError:
    """The error for turns that take turns, but of which the last is no answer: an odd number of them, or none."""
    message = f"'{field}' does not end with an assistant's turn that answers a user's"
    return RowError(message, code="odd_turns" if found[-1].role == "user" else "wrong_end")


def taking_turns(found: tuple[Message, ...], field: str) -> tuple[Message, ...]:
    """The turns themselves. Raises ValueError unless user and assistant alternate; a system message may open."""
    spoken = found[1:] if found[0].role == "system" else found
    for place, turn in enumerate(spoken):
        expected = "assistant" if place % 2 else "user"
        if turn.role != expected:
            number = place + 1 + len(found) - len(spoken)
            message = f"'{field}' turn {number} is by the {turn.role} where the {expected} should speak"
            raise RowError(message, code="roles_order")
    return found


def prompt(row: Mapping[str, Any], field: str = "prompt") -> tuple[Message, ...]:
    """What the model is asked: turns that end with the user's, or a plain text as the one user's turn."""
    written = _transcript.is_transcript(row.get(field))
    if not written and not in_turns(row, field):
        return (Message("user", needed(row, field)),)
    found = taking_turns(_transcript.turns(row[field], field) if written else turns(row, field), field)
    if found[-1].role != "user":
        raise RowError(f"'{field}' does not end with a user's turn", code="wrong_end")
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
    name = value["from"] if "role" not in value and "from" in value else value.get("role")
    role = SPEAKERS.get(str(name).strip().lower())
    if role is None:
        given = str(name)[:20]
        message = f"'{field}' turn {number} has the role '{given}'; {', '.join(ROLES)} are known"
        raise RowError(message, code="unknown_role")
    content = value["value"] if "content" not in value and "value" in value else value.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        content = "\n".join(str(part.get("text") or "") for part in content)
    if not isinstance(content, str) or not content.strip():
        raise RowError(f"'{field}' turn {number} has no text", code="empty")
    return Message(role, content.replace("\r\n", "\n").replace("\r", "\n").strip())

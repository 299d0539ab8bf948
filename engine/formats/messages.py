"""{"messages": [{"role": "user", "content": "Are you open on Sunday?"}, {"role": "assistant", "content": "No."}]}

A conversation as OpenAI's chat interface takes it, as a list or as the JSON text of one. The last assistant turn is
what the model learns to say; everything before it is the prompt.
Source: https://platform.openai.com/docs/guides/fine-tuning
"""

import json
from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, example
from engine.schema import Example, Format, Message

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


def to_example(row: Mapping[str, Any]) -> Example:
    """The turns before the last as prompt, the last as completion.

    Raises ValueError where the value is no list of turns, a role is unknown, user and assistant do not alternate
    (a system message may open), a turn is empty, or the last turn is not the assistant's.
    """
    turns = [_turn(number, value) for number, value in enumerate(_turns(row.get("messages")), start=1)]
    spoken = turns[1:] if turns[0].role == "system" else turns
    for place, turn in enumerate(spoken):
        expected = "assistant" if place % 2 else "user"
        if turn.role != expected:
            number = place + 1 + len(turns) - len(spoken)
            raise ValueError(f"'messages' turn {number} is by the {turn.role} where the {expected} should speak")
    if len(spoken) < 2 or spoken[-1].role != "assistant":
        raise ValueError("'messages' does not end with an assistant's turn that answers a user's")
    return example(row, prompt=tuple(turns[:-1]), completion=turns[-1].content)


def _turns(value: Any) -> list[Any]:
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value, strict=False)
        except (ValueError, RecursionError):
            raise ValueError("'messages' is a text, but not the JSON of a list of turns") from None
    if not value:
        raise ValueError("'messages' is empty")
    if not isinstance(value, list):
        raise ValueError("'messages' must be a list of turns, each with role and content")
    return value


def _turn(number: int, value: Any) -> Message:
    if not isinstance(value, dict):
        raise ValueError(f"'messages' turn {number} is no object with role and content")
    role = ROLES.get(str(value.get("role")).strip().lower())
    if role is None:
        given = str(value.get("role"))[:20]
        raise ValueError(f"'messages' turn {number} has the role '{given}'; {', '.join(ROLES)} are known")
    content = value.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        content = "\n".join(str(part.get("text") or "") for part in content)
    if not isinstance(content, str) or not content.strip():
        raise ValueError(f"'messages' turn {number} has no text")
    return Message(role, content.replace("\r\n", "\n").replace("\r", "\n").strip())


FORMAT = Format(
    name="messages",
    title="Chat messages",
    fields={"messages": ("messages", "chat", "メッセージ", "会話"), **OPTIONAL},
    required=("messages",),
    to_example=to_example,
)

"""Conversations written as one text, as Anthropic's HH-RLHF has them: "\\n\\nHuman: Who?\\n\\nAssistant: Me."

Source: https://huggingface.co/datasets/Anthropic/hh-rlhf
"""

import re
from typing import Any

from engine.formats._shared import RowError
from engine.schema import Message

ROLES = {"Human": "user", "Assistant": "assistant"}
ANSWERED = re.compile(r"\n\r?\nAssistant:")
SPEAKER = re.compile(r"(?:\A\s*|\n\n)(Human|Assistant):")


def is_transcript(value: Any) -> bool:
    """Whether a value is the text of a conversation: it begins with the human, and the assistant speaks in it.

    >>> is_transcript("\\n\\nHuman: Who?\\n\\nAssistant: Me."), is_transcript("Human: that is what I am.")
    (True, False)
    """
    return isinstance(value, str) and value.lstrip().startswith("Human:") and bool(ANSWERED.search(value))


def turns(value: str, field: str) -> tuple[Message, ...]:
    """The turns of a transcript; an assistant's turn at the end that is still to be spoken is left out.

    Raises ValueError where another turn is empty.
    """
    _, *parts = SPEAKER.split(value.replace("\r\n", "\n").replace("\r", "\n"))
    found = [Message(ROLES[name], said.strip()) for name, said in zip(parts[0::2], parts[1::2], strict=True)]
    if found[-1] == Message("assistant", ""):
        found.pop()
    for number, turn in enumerate(found, start=1):
        if not turn.content:
            raise RowError(f"'{field}' turn {number} has no text", code="empty")
    return tuple(found)

"""{"messages": [{"role": "user", "content": "Are you open on Sunday?"}, {"role": "assistant", "content": "No."}]}

A conversation as OpenAI's chat interface takes it, as a list or as the JSON text of one, of any number of turns; a
system message may open it. The last answer is what the model learns to say; everything before it is the prompt. Who
speaks may be called otherwise (human, agent, お客様): _turns.py has the names. ShareGPT's from and value are read too.
Source: https://platform.openai.com/docs/guides/fine-tuning
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, SYSTEM, example
from engine.formats._turns import conversation
from engine.schema import Example, Format


def to_example(row: Mapping[str, Any]) -> tuple[Example, tuple[str, ...]]:
    """(the turns before the last answer as prompt, that as completion; what was mended, see _turns.conversation).

    Raises ValueError where the value is no list of turns, a role is unknown, the assistant opens (a system message
    may), a turn is empty, or no turn is the assistant's.
    """
    prompt, answer, mended = conversation(row, "messages")
    return example(row, prompt=prompt, completion=answer), mended


FORMAT = Format(
    name="messages",
    title="Chat messages",
    fields={
        "messages": ("messages", "chat", "turns", "dialogue", "dialog", "メッセージ", "会話", "対話"),
        **OPTIONAL,
        "system": SYSTEM,
    },
    required=("messages",),
    to_example=to_example,
    turns="messages",
)

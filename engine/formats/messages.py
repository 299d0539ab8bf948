"""{"messages": [{"role": "user", "content": "Are you open on Sunday?"}, {"role": "assistant", "content": "No."}]}

A conversation as OpenAI's chat interface takes it, as a list or as the JSON text of one. The last assistant turn is
what the model learns to say; everything before it is the prompt.
Source: https://platform.openai.com/docs/guides/fine-tuning
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, example
from engine.formats._turns import taking_turns, turns
from engine.schema import Example, Format


def to_example(row: Mapping[str, Any]) -> Example:
    """The turns before the last as prompt, the last as completion.

    Raises ValueError where the value is no list of turns, a role is unknown, user and assistant do not alternate
    (a system message may open), a turn is empty, or the last turn is not the assistant's.
    """
    found = taking_turns(turns(row, "messages"), "messages")
    if len(found) < 2 or found[-1].role != "assistant":
        raise ValueError("'messages' does not end with an assistant's turn that answers a user's")
    return example(row, prompt=found[:-1], completion=found[-1].content)


FORMAT = Format(
    name="messages",
    title="Chat messages",
    fields={"messages": ("messages", "chat", "メッセージ", "会話"), **OPTIONAL},
    required=("messages",),
    to_example=to_example,
)

"""{"conversations": [{"from": "human", "value": "Are you open on Sunday?"}, {"from": "gpt", "value": "No."}]}

A conversation as ShareGPT has it: human and gpt in turns, perhaps after a system's, or with that in a column of its
own. Otherwise as `messages`.
Source: https://huggingface.co/datasets/anon8231489123/ShareGPT_Vicuna_unfiltered
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, SYSTEM, example
from engine.formats._turns import conversation
from engine.schema import Example, Format


def to_example(row: Mapping[str, Any]) -> tuple[Example, tuple[str, ...]]:
    """(the turns before the last answer as prompt, that as completion; what was mended). Raises ValueError as
    `messages` does."""
    prompt, answer, mended = conversation(row, "conversations")
    return example(row, prompt=prompt, completion=answer), mended


FORMAT = Format(
    name="sharegpt",
    title="ShareGPT conversations",
    fields={
        "conversations": ("conversations", "conversation", "items", "会話履歴", "対話履歴"),
        **OPTIONAL,
        "system": SYSTEM,
    },
    required=("conversations",),
    to_example=to_example,
    turns="conversations",
)

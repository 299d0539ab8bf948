"""{"text": "Torimugi Coffee roasts every Tuesday. The beans rest for two days before they leave the house."}

A raw document, or a part of one: the model learns to go on with it as it stands, without a question.
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, example, needed
from engine.schema import Example, Format


def to_example(row: Mapping[str, Any]) -> Example:
    """The text, with no prompt before it. Raises ValueError where it is empty."""
    return example(row, prompt=(), completion=needed(row, "text"))


FORMAT = Format(
    name="text",
    title="Plain documents",
    fields={"text": ("text", "document", "content", "body", "本文", "文章", "文書", "テキスト"), **OPTIONAL},
    required=("text",),
    to_example=to_example,
    alone=True,
)

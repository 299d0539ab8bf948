"""{"text": "Torimugi Coffee roasts every Tuesday. The beans rest for two days before they leave the house."}

A raw document, or a part of one: the model learns to go on with it as it stands, without a question. The headings it
stands under, where there is a column for them, come first, so that a passage says what it is about.
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, example, needed, text
from engine.schema import Example, Format


def to_example(row: Mapping[str, Any]) -> Example:
    """The text below its headings, with no prompt before it. Raises ValueError where it is empty."""
    body, heading = needed(row, "text"), text(row, "heading").strip()
    return example(row, prompt=(), completion=f"{heading}\n\n{body}" if heading else body)


FORMAT = Format(
    name="text",
    title="Plain documents",
    fields={
        "text": ("text", "document", "content", "body", "本文", "文章", "文書", "テキスト"),
        "heading": ("heading", "headings", "見出し"),
        **OPTIONAL,
    },
    required=("text",),
    to_example=to_example,
    alone=True,
    texts={"answer": "text"},
)

"""{"prompt": "My parcel is late. What now?"}

Prompts without an answer: the model writes answers itself while it trains, and a reward judges them.
"""

from collections.abc import Mapping
from typing import Any

from engine.formats import _turns
from engine.formats._shared import OPTIONAL, example
from engine.schema import Example, Format


def to_example(row: Mapping[str, Any]) -> Example:
    """The prompt, a text or turns that end with the user's. Raises ValueError where it is empty."""
    return example(row, prompt=_turns.prompt(row), completion="")


FORMAT = Format(
    name="prompts",
    title="Prompts only",
    fields={"prompt": ("prompt", "prompts", "question", "プロンプト", "質問", "質問文"), **OPTIONAL},
    required=("prompt",),
    to_example=to_example,
    alone=True,
    texts={"question": "prompt"},
)

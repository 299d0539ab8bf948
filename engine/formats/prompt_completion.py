"""{"prompt": "def is_even(n):", "completion": "    return n % 2 == 0"}

A prompt and how it goes on: trl's and OpenAI's older shape. Indentation at the start of a completion is kept.
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, SYSTEM, example, needed, text
from engine.schema import Example, Format, Message


def to_example(row: Mapping[str, Any]) -> Example:
    """The prompt as the user's turn. Raises ValueError where prompt or completion is empty."""
    needed(row, "prompt"), needed(row, "completion")
    completion = text(row, "completion").strip("\n").rstrip()
    # One space in front was OpenAI's advice for its old completion models; two or more are indentation.
    completion = completion[1:] if completion[:1] == " " and completion[1:2] != " " else completion
    prompt = text(row, "prompt").strip("\n").rstrip()
    return example(row, prompt=(Message("user", prompt),), completion=completion)


FORMAT = Format(
    name="prompt_completion",
    title="Prompt and completion",
    fields={
        "prompt": ("prompt", "input", "プロンプト", "入力", "入力文"),
        "completion": ("completion", "response", "output", "code", "補完", "応答", "出力", "出力文", "生成文"),
        **OPTIONAL,
        "system": SYSTEM,
    },
    required=("prompt", "completion"),
    to_example=to_example,
    texts={"question": "prompt", "answer": "completion"},
)

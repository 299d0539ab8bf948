"""{"instruction": "Translate into French.", "input": "Good morning", "output": "Bonjour"}

An instruction, the text it is about (may be empty) and the reply. Dolly's instruction/context/response is the same.
Source: https://github.com/tatsu-lab/stanford_alpaca
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, example, needed, text
from engine.schema import Example, Format, Message


def to_example(row: Mapping[str, Any]) -> Example:
    """Instruction and input as one user's turn, an empty line between. Raises ValueError where one is missing."""
    instruction, output = needed(row, "instruction"), needed(row, "output")
    given = text(row, "input").strip()
    prompt = f"{instruction}\n\n{given}" if given else instruction
    return example(row, prompt=(Message("user", prompt),), completion=output)


FORMAT = Format(
    name="alpaca",
    title="Instruction, input and output",
    fields={
        "instruction": ("instruction", "instructions", "指示", "指示文", "命令"),
        "input": ("input", "context", "入力", "入力文", "コンテキスト", "文脈"),
        "output": ("output", "response", "出力", "出力文", "応答"),
        **OPTIONAL,
    },
    required=("instruction", "output"),
    to_example=to_example,
)

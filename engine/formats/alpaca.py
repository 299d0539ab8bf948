"""{"instruction": "Translate into French.", "input": "Good morning", "output": "Bonjour"}

An instruction, the text it is about (may be empty) and the reply; earlier turns, if any, as pairs in `history`. Dolly's
instruction/context/response is the same.
Source: https://github.com/tatsu-lab/stanford_alpaca
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, SYSTEM, example, needed, text
from engine.schema import Example, Format, Message


def to_example(row: Mapping[str, Any]) -> Example:
    """Instruction and input as one user's turn, an empty line between, after the turns of the history.

    Raises ValueError where one is missing, or the history is no list of pairs."""
    instruction, output = needed(row, "instruction"), needed(row, "output")
    given = text(row, "input").strip()
    prompt = f"{instruction}\n\n{given}" if given else instruction
    return example(row, prompt=(*history(row), Message("user", prompt)), completion=output)


def history(row: Mapping[str, Any]) -> tuple[Message, ...]:
    """The earlier turns, from pairs of what the user said and what was answered."""
    value = row.get("history") or []
    value = [] if isinstance(value, str) and value.strip() in ("", "[]") else value
    pairs = isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(said, str) and said.strip() for said in pair)
        for pair in value
    )
    if not pairs:
        raise ValueError("'history' must be a list of pairs: what the user said, and the answer")
    return tuple(
        Message(role, said.strip()) for pair in value for role, said in zip(("user", "assistant"), pair, strict=True)
    )


FORMAT = Format(
    name="alpaca",
    title="Instruction, input and output",
    fields={
        "instruction": ("instruction", "instructions", "指示", "指示文", "命令"),
        "input": ("input", "context", "入力", "入力文", "コンテキスト", "文脈"),
        "history": ("history", "履歴"),
        "output": ("output", "response", "出力", "出力文", "応答"),
        **OPTIONAL,
        "system": SYSTEM,
    },
    required=("instruction", "output"),
    to_example=to_example,
    texts={"question": "instruction", "answer": "output"},
)

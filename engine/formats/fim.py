"""{"prefix": "def is_even(n):\\n    ", "middle": "return n % 2", "suffix": " == 0\\n"}

A hole in code, with what stands before and after it: fill in the middle. Models have control tokens of their own for
it, or none, as the embedded one; so the hole is shown in words and a mark, which any chat model can learn.
Source: https://arxiv.org/abs/2207.14255
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, example, needed, text
from engine.schema import Example, Format, Message

HOLE = "<<HERE>>"
PROMPT = f"Write what belongs at {HOLE}, and nothing else.\n\n{{prefix}}{HOLE}{{suffix}}"


def to_example(row: Mapping[str, Any]) -> Example:
    """The code around the hole as the user's turn, what fills it as completion, its indentation kept.

    Raises ValueError where nothing stands around the hole or in it, or the code holds the hole's own mark.
    """
    needed(row, "middle")
    prefix, suffix = text(row, "prefix"), text(row, "suffix")
    if not prefix.strip():
        needed(row, "suffix")
    if HOLE in prefix + suffix:
        raise ValueError(f"'prefix' or 'suffix' holds {HOLE}, the mark of the place to fill")
    prompt = PROMPT.format(prefix=prefix, suffix=suffix)
    return example(row, prompt=(Message("user", prompt),), completion=text(row, "middle").strip("\n").rstrip())


FORMAT = Format(
    name="fim",
    title="Fill in the middle",
    fields={
        "prefix": ("prefix", "before", "前半", "前"),
        "middle": ("middle", "fill", "canonical solution", "中間", "穴埋め"),
        "suffix": ("suffix", "after", "後半", "後"),
        **OPTIONAL,
    },
    required=("prefix", "middle", "suffix"),
    to_example=to_example,
    texts={"answer": "middle"},
)

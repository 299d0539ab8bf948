"""{"question": "What freezes at 0 °C?", "a": "Sand", "b": "Water", "c": "Iron", "answer": "b"}

A question with each choice in a column of its own, and which of them is right: by letter, number (0 is the first) or
text. Otherwise as `multiple_choice`. MMLU's CSV files (A to D), PIQA (sol1, sol2), JCommonsenseQA (choice0 to choice4)
and MedMCQA (opa to opd) are written so.
Source: https://arxiv.org/abs/2009.03300
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, needed, text
from engine.formats.multiple_choice import ANSWER, CONTEXT, QUESTION, chosen
from engine.schema import Example, Format

LETTERS = "abcdef"


def to_example(row: Mapping[str, Any]) -> Example:
    """The right choice as completion beside the wrong ones. Raises ValueError where it is unclear which is right."""
    needed(row, "question"), needed(row, "answer")
    texts = [needed(row, "a"), needed(row, "b"), *(text(row, letter).strip() for letter in LETTERS[2:])]
    while not texts[-1]:  # columns that some rows do not need
        texts.pop()
    return chosen(row, [], texts)


def _names(letter: str) -> tuple[str, ...]:
    at = LETTERS.index(letter)
    return (
        *(letter, f"option {letter}", f"choice {letter}", f"op{letter}", f"choice{at}", f"choice {at}", f"sol{at + 1}"),
        *(f"option{at + 1}", f"option {at + 1}", f"選択肢{letter}", f"選択肢{at + 1}", f"選択肢{'アイウエオカ'[at]}"),
    )


FORMAT = Format(
    name="choice_columns",
    title="Question and a column for each choice",
    fields={
        "question": QUESTION,
        "answer": ANSWER,
        **{letter: _names(letter) for letter in LETTERS},
        "context": CONTEXT,
        **OPTIONAL,
    },
    required=("question", "a", "b", "answer"),
    to_example=to_example,
    texts={"question": "question", "answer": "answer"},
)

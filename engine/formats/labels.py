"""{"prompt": "Is my parcel lost?", "completion": "Thank you for asking. It is on its way.", "label": true}

An answer with a thumbs-up or thumbs-down: what a "was this helpful?" button collects. trl's shape for KTO.
Source: https://huggingface.co/docs/trl/dataset_formats
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.formats import _turns
from engine.formats._shared import OPTIONAL, SYSTEM, example, needed
from engine.schema import Example, Format, identified

UP = {"true", "1", "+1", "yes", "y", "good", "up", "👍", "はい", "良い", "よい", "高評価", "○"}
DOWN = {"false", "0", "-1", "no", "n", "bad", "down", "👎", "いいえ", "悪い", "低評価", "×"}


def to_example(row: Mapping[str, Any]) -> Example:
    """The answer as completion with its label. Raises ValueError where a part is missing or the label unclear."""
    prompt, completion = _turns.prompt(row), _turns.answer(row, "completion")
    return identified(replace(example(row, prompt=prompt, completion=completion), label=label(row)))


def label(row: Mapping[str, Any]) -> bool:
    """Whether the answer is a good one. Raises ValueError for a word that says neither.

    >>> label({"label": "👍"}), label({"label": "Bad"})
    (True, False)
    """
    word = needed(row, "label").lower().rstrip("\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
    if word not in UP | DOWN:
        raise ValueError(f"'label' is '{word[:20]}'; write true or false")
    return word in UP


FORMAT = Format(
    name="labels",
    title="Answer with thumbs up or down",
    fields={
        "prompt": ("prompt", "question", "input", "プロンプト", "質問", "質問文", "入力"),
        "completion": (
            *("completion", "response", "answer", "output"),
            *("応答", "回答", "回答文", "出力", "補完"),
        ),
        "label": ("label", "feedback", "thumbs", "rating", "評価", "ラベル", "判定"),
        **OPTIONAL,
        "system": SYSTEM,
    },
    required=("prompt", "completion", "label"),
    to_example=to_example,
    texts={"question": "prompt", "answer": "completion"},
)

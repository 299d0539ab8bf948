"""{"question": "How fast is express delivery?", "answer": "Two business days.", "group": "shipping/express-time"}

One question and its answer a row: an FAQ.
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, example, needed
from engine.schema import Example, Format, Message


def to_example(row: Mapping[str, Any]) -> Example:
    """The question as the user's turn. Raises ValueError where question or answer is empty."""
    question, answer = needed(row, "question"), needed(row, "answer")
    return example(row, prompt=(Message("user", question),), completion=answer)


FORMAT = Format(
    name="question_answer",
    title="Question and answer",
    fields={
        "question": (
            *("question", "q", "query", "questions"),
            *("質問", "質問文", "質問内容", "問い", "問", "問題", "問題文", "設問", "お問い合わせ"),
        ),
        "answer": (
            *("answer", "a", "answers", "reply", "response"),
            *("回答", "回答文", "回答内容", "回答例", "答え", "答", "解答", "返答", "応答"),
        ),
        **OPTIONAL,
    },
    required=("question", "answer"),
    to_example=to_example,
)

"""{"question": "How fast is express delivery?", "answer": "Two business days.", "group": "shipping/express-time"}

One question and its answer a row: an FAQ. Of a list of answers the first is learnt.
"""

from collections.abc import Mapping
from typing import Any

from engine.formats._shared import OPTIONAL, example, needed
from engine.schema import Example, Format, Message


def to_example(row: Mapping[str, Any]) -> Example:
    """The question as the user's turn. Raises ValueError where question or answer is empty."""
    question, answer = needed(row, "question"), needed({"answer": _first(row.get("answer"))}, "answer")
    return example(row, prompt=(Message("user", question),), completion=answer)


def _first(value: Any) -> Any:
    """The first text of a list of texts, "" of an empty one; any other value as it is."""
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return next((item for item in value if item.strip()), "") if texts else value


FORMAT = Format(
    name="question_answer",
    title="Question and answer",
    fields={
        "question": (
            *("question", "q", "query", "questions"),
            *(
                "質問",
                "質問文",
                "質問内容",
                "問い",
                "問",
                "問題",
                "問題文",
                "設問",
                "お問い合わせ",
                "問い合わせ",
                "お問い合わせ内容",
                "問い合わせ内容",
            ),
        ),
        "answer": (
            *("answer", "a", "answers", "reply", "response"),
            *("回答", "回答文", "回答内容", "回答例", "答え", "答", "解答", "返答", "返信", "応答"),
        ),
        **OPTIONAL,
    },
    required=("question", "answer"),
    to_example=to_example,
    texts={"question": "question", "answer": "answer"},
)

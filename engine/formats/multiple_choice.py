"""{"question": "What freezes at 0 °C?", "options": ["Sand", "Water", "Iron"], "answer": "b"}

A question with its choices in one column and which of them is right: by letter, number (0 is the first) or text. What
is learnt and measured is the text of the right choice after the question, so the choices do not stand in the prompt
(the cloze form of PIQA and HellaSwag). A passage, where there is one, comes before the question. Columns such as MMLU's
choices, MedMCQA's and ARC's {"text": [...], "label": [...]}, and lawqa_jp's 選択肢, one a line, are read.
Source: https://arxiv.org/abs/1911.11641
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.formats import _choices, _passage
from engine.formats._shared import OPTIONAL, RowError, example, needed, text
from engine.schema import Example, Format, Message


def to_example(row: Mapping[str, Any]) -> Example:
    """The right choice as completion beside the wrong ones. Raises ValueError where it is unclear which is right."""
    value = row.get("options")
    if not value or (isinstance(value, str) and not value.strip()):
        raise RowError("'options' is empty", code="empty")
    try:
        marks, texts = _choices.listed(value)
    except ValueError as error:
        raise ValueError(f"'options' {error}") from None
    return chosen(row, marks, texts)


def chosen(row: Mapping[str, Any], marks: list[str], texts: list[str]) -> Example:
    """The Example of a question with these choices, of which the field "answer" names one. Raises ValueError."""
    question, passage = needed(row, "question"), text(row, "context").strip()
    right = texts[_choices.place(needed(row, "answer"), marks, texts)]
    wrong = tuple(dict.fromkeys(choice for choice in texts if choice and choice != right))
    if not right or not wrong:
        raise ValueError("'options' needs at least two different choices, each with a text")
    prompt = (Message("user", _passage.about(passage, question) if passage else question),)
    found = example({**row, "choices": None}, prompt=prompt, completion=right)
    return replace(found, choices=wrong, group=found.group or (_passage.group("", passage) if passage else None))


QUESTION = (
    *("question", "goal", "query", "stem"),
    *("質問", "質問文", "問い", "問", "問題", "問題文", "設問"),
)
ANSWER = (
    *("answer", "answer key", "answerkey", "label", "correct", "correct answer", "answer idx", "gold", "output"),
    *("正解", "正答", "答え", "解答", "回答", "ラベル"),
)
CONTEXT = ("context", "passage", "コンテキスト", "文脈", "文章", "本文")

FORMAT = Format(
    name="multiple_choice",
    title="Question and choices",
    fields={
        "question": QUESTION,
        "options": ("options", "choices", "endings", "選択肢", "候補"),
        "answer": ANSWER,
        "context": CONTEXT,
        **OPTIONAL,
    },
    required=("question", "options", "answer"),
    to_example=to_example,
    texts={"question": "question", "answer": "answer"},
)

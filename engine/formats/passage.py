"""{"context": "The mill on Weir Lane was built in 1802 by two brothers.", "question": "When was the mill built?", "answer": "1802"}

A question about a passage, as SQuAD, JSQuAD and their kin have it. Answers may be a text, a list of texts, or
{"text": [...], "answer_start": [...]}; the first is the reference. An empty list means that the passage does not tell,
and so does is_impossible: then the right reply is to say so. `engine/formats/_passage.py` has the prompt.
Source: https://rajpurkar.github.io/SQuAD-explorer/
"""  # noqa: E501

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.formats import _passage
from engine.formats._shared import OPTIONAL, RowError, answerable, example, needed, text
from engine.schema import Example, Format, Message

SHORTEST = 20  # characters: what is shorter is a topic or a title


def to_example(row: Mapping[str, Any]) -> Example:
    """Passage and question as the user's turn. Raises ValueError where a part is missing or contradicts another."""
    passage, question = needed(row, "context"), needed(row, "question")
    if len(passage) < SHORTEST:
        raise ValueError(f"'context' has {len(passage)} characters, too few for a passage")
    found = answers(row)
    completion = found[0] if found else _passage.DECLINES[_passage.language(passage)]
    prompt = (Message("user", _passage.about(passage, question)),)
    plain = example(row, prompt=prompt, completion=completion)
    group = plain.group or _passage.group(text(row, "title"), passage)
    return replace(plain, answerable=bool(found), group=group)


def answers(row: Mapping[str, Any]) -> list[str]:
    """The right answers, the reference first; none where the passage does not tell.

    An empty text is a missing answer, and an error, unless another column says that there is none.
    """
    marked = text(row, "impossible").strip()
    impossible = not answerable(row) or (bool(marked) and answerable({"answerable": marked}))
    value = _parsed(row.get("answer"))
    found = _texts(value)
    says_none = value == [] or (isinstance(value, dict) and value.get("text") == [])
    if not found and not impossible and not says_none:
        raise RowError("'answer' is empty", code="empty")
    if found and impossible:
        raise ValueError("'answer' has a text, but the row says that there is no answer")
    return found


def _parsed(value: Any) -> Any:
    if not isinstance(value, str) or value.strip()[:1] not in ("[", "{"):
        return value
    try:
        return json.loads(value, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return value  # a text that begins with a bracket


def _texts(value: Any) -> list[str]:
    value = value.get("text") if isinstance(value, dict) else value
    value = [value or ""] if isinstance(value, str | None) else value
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("'answer' must be a text or a list of texts")
    return [one.strip() for one in value if one.strip()]


FORMAT = Format(
    name="passage",
    title="Passage, question and answer",
    fields={
        "context": ("context", "passage", "paragraph", "文脈", "コンテキスト", "文章", "本文", "段落"),
        "question": ("question", "query", "質問", "質問文", "問い", "問題", "問題文", "設問"),
        "answer": ("answer", "answers", "回答", "回答文", "答え", "解答", "正解"),
        "title": ("title", "article", "document", "タイトル", "題名"),
        "impossible": ("impossible", "is impossible", "unanswerable", "回答不可"),
        **OPTIONAL,
    },
    required=("context", "question", "answer"),
    to_example=to_example,
    texts={"question": "question", "answer": "answer"},
)

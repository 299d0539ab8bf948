"""{"prompt": "Is my parcel lost?", "chosen": "Thank you for asking. It is on its way.", "rejected": "No idea."}

A question with the better of two answers and the worse one. Answers may be lists of turns, too, as trl and
UltraFeedback write them: the assistant's turn alone, or whole conversations, whose common beginning is the prompt. So
are the transcripts of HH-RLHF, "Human: ... Assistant: ..." (see _transcript.py).
Source: https://huggingface.co/docs/trl/dataset_formats
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.formats import _transcript, _turns
from engine.formats._shared import OPTIONAL, SYSTEM, RowError, example
from engine.schema import Example, Format, Message, identified


def to_example(row: Mapping[str, Any]) -> Example:
    """The chosen answer as completion beside the rejected one; a system column, if any, opens the prompt.

    Raises ValueError where a part is missing, or where two conversations differ in more than their last turn.
    """
    conversations = [_conversation(row, field) for field in ("chosen", "rejected")]
    if conversations[0] is not None and conversations[1] is not None:
        prompt, chosen, rejected = _divided(*conversations)
    else:
        chosen, rejected = _turns.answer(row, "chosen"), _turns.answer(row, "rejected")
        prompt = _turns.prompt(row)
    if chosen == rejected:
        raise RowError("'chosen' and 'rejected' are the same answer", code="same_answers")
    return identified(replace(example(row, prompt=prompt, completion=chosen), rejected=rejected))


def _conversation(row: Mapping[str, Any], field: str) -> tuple[Message, ...] | None:
    """The turns of a conversation that holds its prompt; None for an answer alone."""
    if _transcript.is_transcript(row.get(field)):
        return _transcript.turns(row[field], field)
    found = _turns.turns(row, field) if row.get(field) and _turns.in_turns(row, field) else ()
    return found if found and found[0].role != "assistant" else None


def _divided(chosen: tuple[Message, ...], rejected: tuple[Message, ...]) -> tuple[tuple[Message, ...], str, str]:
    """(prompt, chosen answer, rejected answer) of two conversations that begin alike."""
    prompt = chosen[:-1]
    if rejected[:-1] != prompt:
        raise ValueError("'chosen' and 'rejected' differ before their last turn, so they answer different prompts")
    for turns, field in ((chosen, "chosen"), (rejected, "rejected")):
        _turns.taking_turns(turns, field)
        if len(turns) < 2 or turns[-1].role != "assistant":
            raise _turns.unanswered(turns, field)
    return prompt, chosen[-1].content, rejected[-1].content


FORMAT = Format(
    name="preference",
    title="Chosen and rejected answer",
    fields={
        "prompt": (
            *("prompt", "question", "query", "instruction", "input"),
            *("プロンプト", "質問", "質問文", "問い", "指示", "入力"),
        ),
        "chosen": (
            *("chosen", "preferred", "chosen response"),
            *("良い回答", "選択", "選ばれた回答", "採用"),
        ),
        "rejected": (
            "rejected",
            "dispreferred",
            "rejected response",
            "悪い回答",
            "却下",
            "選ばれなかった回答",
            "不採用",
        ),
        **OPTIONAL,
        "system": SYSTEM,
    },
    required=("chosen", "rejected"),
    to_example=to_example,
    texts={"question": "prompt", "answer": "chosen", "rejected": "rejected"},
)

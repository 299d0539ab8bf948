"""Questions with both sides' answers as a table for a spreadsheet; no cell of it can become a formula. No torch."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from engine.items_csv import safe
from engine.talk import Talk

NUMBERS = ("tokens", "seconds", "truncated")


def answers_csv(
    asked: Sequence[str], answers: Sequence[Sequence[Mapping[str, Any] | None]], names: Sequence[str], how: Talk
) -> str:
    """CSV, one line a question, after a byte-order mark by which Excel knows UTF-8: the question, each side's answer,
    tokens, seconds and whether it was cut; then what every line shares: sides, system prompt and decoding.

    `names` are what the two sides are called. An answer that was not given, or not to its end, is empty or as far as it
    came, with `truncated` empty.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    numbers = [f"{side} {name}" for side in ("left", "right") for name in NUMBERS]
    draw = how.draw.model_dump()
    shared = [*how.sides, safe(how.system), *draw.values()]
    writer.writerow(["question", *map(safe, names), *numbers, "left side", "right side", "system", *draw])
    for question, both in zip(asked, answers, strict=True):
        texts = [safe((one or {}).get("text", "")) for one in both]
        writer.writerow([safe(question), *texts, *(cell for one in both for cell in _numbers(one)), *shared])
    return "\ufeff" + out.getvalue()


def _numbers(answer: Mapping[str, Any] | None) -> list[Any]:
    if answer is None:
        return ["", "", ""]
    return [answer["tokens"], answer["seconds"], answer["truncated"] if answer["done"] else ""]

"""The account of a user's file: what it is, how many rows can be used, and why the others cannot."""

from collections.abc import Sequence
from typing import Any

from engine.registry import formats
from engine.text import text
from ui.data_view import issues
from ui.html import esc, facts, notice, table, tag
from ui.numbers import figure

LONGEST_CELL = 240


def account(found: dict[str, Any], lang: str) -> str:
    """File, shape, accepted and dropped rows with reasons, and the first rows as they will be used."""
    return _verdict(found, lang) + _counts(found, lang) + rows(found.get("sample") or (), lang) + _issues(found, lang)


def _verdict(found: dict[str, Any], lang: str) -> str:
    if found.get("problem"):  # the columns are not recognised yet: what is needed, and the menus to choose them
        return notice(found["problem"], tone="warn")
    member = formats().get(found["format"])
    words = text("page.own.recognised", lang, format=member.title if member else found["format"], file=found["file"])
    if found.get("confidence", 1.0) < 0.99:
        return notice(words + " " + text("page.own.check", lang), tone="warn")
    return notice(words, tone="good")


def _counts(found: dict[str, Any], lang: str) -> str:
    shown = {name: figure(found[name]) for name in ("rows", "accepted", "fixed", "dropped", "duplicates")}
    shown["encoding"] = esc(found.get("encoding") or "–")
    answer = (found.get("lengths") or {}).get("answer", {}).get("characters")
    if answer:
        shown["answer_length"] = esc(
            text("page.own.characters", lang, median=figure(answer["median"]), longest=figure(answer["max"]))
        )
    return facts({esc(text(f"page.own.count.{name}", lang)): value for name, value in shown.items()})


def rows(sample: Sequence[dict[str, Any]], lang: str) -> str:
    """The first usable rows: what is asked, and the answer to learn."""
    if not sample:
        return ""
    lines = [(_cut(_asked(row)), _cut(row["completion"])) for row in sample]
    head = [esc(text("page.question", lang)), esc(text("page.answer", lang))]
    return tag("h4", esc(text("page.own.first_rows", lang))) + table(head, lines, cls="k-pairs")


def _asked(row: dict[str, Any]) -> str:
    return "\n".join(turn["content"] for turn in row["prompt"] if turn["role"] != "system")


def _cut(words: str) -> str:
    return esc(words if len(words) <= LONGEST_CELL else words[:LONGEST_CELL] + " …")


def _issues(found: dict[str, Any], lang: str) -> str:
    return issues(found["issues"], lang) if found.get("issues") else ""

"""Many questions with both answers as a table, growing while they are answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.diff import drawn
from engine.numbers import figure
from engine.text import text
from ui import compare_view, html
from ui.compare_view import BUSY, Head, marks
from ui.html import esc, notice, tag

LONGEST_CELL = 1500  # characters of an answer in the table; the download has all


def table(asked: Sequence[str], state: Mapping[str, Any], heads: Sequence[Head], lang: str) -> str:
    """How far it is, and a row for each question: number, question, both answers with what differs marked."""
    given = state.get("answers") or [[None, None]] * len(asked)
    done = sum(all(one and one["done"] for one in both) for both in given)
    bar = _progress(done, len(asked), state["state"], lang)
    rows = (
        [str(at), tag("span", esc(question), dir="auto"), *_cells(both)]
        for at, (question, both) in enumerate(zip(asked, given, strict=True), start=1)
    )
    names = [esc(head.title) + tag("small", esc(head.under)) for head in heads]
    head = ["#", esc(text("page.question", lang)), *names]
    return bar + html.table(head, rows, cls="k-many", numeric=(0,))


def _cells(both: Sequence[Mapping[str, Any] | None]) -> list[str]:
    texts = [(one or {}).get("text", "")[:LONGEST_CELL] for one in both]
    ended = all(one and one["done"] for one in both)
    if ended and texts[0] == texts[1]:
        return [tag("span", esc(texts[0]), cls="k-answer"), tag("span", "= ", cls="k-muted") + esc(texts[1])]
    changed = marks(*texts) if ended else ((), ())
    return [
        tag("span", drawn(words, changed=ranges, name=name), cls="k-answer", dir="auto")
        for words, ranges, name in zip(texts, changed, ("del", "ins"), strict=True)
    ]


def _progress(done: int, of: int, state: str, lang: str) -> str:
    if state in ("loading", "waiting"):
        return html.waiting(text(f"page.compare.{state}", lang))
    words = tag("span", esc(text("page.many.done", lang, done=figure(done), of=figure(of))))
    line = tag("div", words, cls="k-progress-line")
    if state not in BUSY:
        return line
    inside = tag("i", "", style=f"width:{100 * done / of:.0f}%")
    named = text("page.many.title", lang)
    bar = {"role": "progressbar", "aria_valuenow": str(done), "aria_valuemax": str(of), "aria_label": named}
    return line + tag("div", inside, cls="k-progress", **bar)


def message(state: Mapping[str, Any], lang: str) -> str:
    """What went wrong or was stopped."""
    return compare_view.message(state, lang)


def failed(words: str, lang: str) -> str:
    return notice(words, tone="bad", title=text("page.many.cannot", lang))

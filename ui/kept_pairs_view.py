"""Pairs of answers that were kept: a line each, open to the whole conversation."""

import time
from collections.abc import Callable, Sequence

from engine.pairs import Pair
from engine.text import text
from ui import compare_view
from ui.compare_view import Head
from ui.html import esc, heading, tag

MOST_SHOWN = 50


def listing(kept: Sequence[Pair], heads: Callable[[Sequence[str]], list[Head]], lang: str, *, deleted: str = "") -> str:
    """The kept pairs, newest first; `deleted` is the one just taken away, to be brought back. Nothing where none is
    kept: the way to keep one stands beside every answer."""
    if not kept and not deleted:
        return ""
    top = heading(text("page.kept.title", lang), text("page.kept.help", lang)) + _undo(deleted, lang)
    rest = len(kept) - MOST_SHOWN
    more = tag("p", esc(text("page.and_more", lang, n=rest)), cls="k-muted") if rest > 0 else ""
    return top + "".join(_pair(pair, heads(pair.talk.sides), lang) for pair in kept[:MOST_SHOWN]) + more


def _undo(deleted: str, lang: str) -> str:
    if not deleted:
        return ""
    button = _button(f"undo={deleted}", "undo", lang)
    return tag("p", esc(text("page.kept.deleted", lang)) + " " + button, cls="k-notice k-kept-undo", role="status")


def _pair(pair: Pair, heads: Sequence[Head], lang: str) -> str:
    asked = pair.talk.turns[0].question
    names = " | ".join(f"{head.title} ({head.under})" if head.under else head.title for head in heads)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(pair.time))
    under = tag("small", esc(f"{names} · {when}"))
    note = tag("span", esc(pair.note), cls="k-kept-note") if pair.note else ""
    summary = tag("summary", tag("span", esc(asked), cls="k-kept-asked") + note + under)
    turns = [turn.model_dump() for turn in pair.talk.turns]
    how = compare_view.decoding(pair.talk.draw.model_dump(), lang)
    buttons = _button(f"again={pair.id}", "again", lang) + _button(f"delete={pair.id}", "delete", lang)
    body = compare_view.panes(heads, turns, lang, state="done") + how + tag("p", buttons, cls="k-kept-buttons")
    return tag("details", summary + tag("div", body, cls="k-kept-body"), cls="k-kept")


def _button(pick: str, word: str, lang: str) -> str:
    return tag("button", esc(text(f"page.kept.{word}", lang)), type="button", cls="k-step", data_pick=pick)

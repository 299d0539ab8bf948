"""Two answers side by side, base on the left and tuned on the right, and the proof that base is base."""

from collections.abc import Sequence
from typing import Any

from engine.numbers import duration, figure
from engine.text import text
from ui.html import empty, esc, notice, tag

ARMS = ("base", "tuned")


def panes(state: dict[str, Any] | None, lang: str) -> str:
    """Both panes, streaming or done; before the first question they say what to do."""
    return tag("div", "".join(_pane(arm, state or {}, lang) for arm in ARMS), cls="k-panes")


def _pane(arm: str, state: dict[str, Any], lang: str) -> str:
    answer = state.get(arm) or {}
    words, word = answer.get("text", ""), state.get("state", "")
    head = tag("h3", esc(text(f"page.arm.{arm}", lang))) + tag("small", esc(text(f"page.arm.{arm}_help", lang)))
    busy = word in ("loading", "waiting", "answering")
    if words:
        body = tag("p", esc(words) + (tag("i", "", cls="k-caret") if word == "answering" else ""), cls="k-answer")
    elif busy:
        body = tag("p", esc(text(f"page.compare.{word}", lang)), cls="k-answer k-muted k-pulse")
    else:
        body = tag("p", esc(text("page.compare.pane_empty", lang)), cls="k-answer k-muted")
    return tag(
        "section",
        tag("header", head) + body + _numbers(answer, lang),
        cls=f"k-pane k-pane-{arm}",
        aria_busy="true" if busy else None,
    )


def _numbers(answer: dict[str, Any], lang: str) -> str:
    if answer.get("tokens", 0) < 2:
        return ""
    parts = [text("page.compare.tokens", lang, n=figure(answer["tokens"])), duration(answer.get("seconds"), lang)]
    if answer.get("seconds"):
        parts.append(text("page.compare.speed", lang, n=figure(answer["tokens"] / answer["seconds"])))
    return tag("footer", esc(" · ".join(parts)))


def message(state: dict[str, Any], lang: str) -> str:
    """What went wrong or was stopped."""
    if state.get("state") == "failed":
        return notice(str(state.get("message") or ""), tone="bad", title=text("page.compare.failed", lang))
    if state.get("state") == "stopped":
        return notice(text("page.compare.stopped", lang))
    return ""


def proof(found: dict[str, Any] | None, *, full: bool, lang: str) -> str:
    """The check that the left pane is the model before training."""
    if found is None:
        return tag(
            "p", esc(text("page.compare.proof_full" if full else "page.compare.proof_pending", lang)), cls="k-proof"
        )
    largest = f"{found['max_abs_difference']:g}"
    if found.get("equal"):
        return tag(
            "p", tag("b", "✓ ") + esc(text("page.compare.proof", lang, largest=largest)), cls="k-proof k-proof-good"
        )
    return notice(text("page.compare.proof_bad", lang, largest=largest), tone="bad")


def examples(questions: Sequence[str], lang: str) -> str:
    """Questions to click."""
    if not questions:
        return ""
    chips = (tag("button", esc(question), type="button", cls="k-chip", data_pick=question) for question in questions)
    return tag("p", esc(text("page.compare.examples", lang)), cls="k-muted") + tag("div", "".join(chips), cls="k-chips")


def nothing(lang: str, *, training: bool) -> str:
    """What stands here before there is a trained model."""
    key = "training" if training else "empty"
    return empty(text(f"page.compare.{key}", lang), text(f"page.compare.{key}_help", lang))

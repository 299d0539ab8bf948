"""Two answers side by side, turn by turn, with what differs marked, and the proof that base is base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.diff import differing, drawn
from engine.numbers import duration, figure
from engine.text import text
from ui.html import empty, esc, notice, tag

BUSY = ("loading", "waiting", "answering")
ALIKE = 0.25  # of both texts must be common, else marking all the rest says nothing


@dataclass(frozen=True)
class Head:
    """What stands above a pane; `trained` gives it the colour of tuned."""

    title: str
    under: str = ""
    trained: bool = False


def panes(heads: Sequence[Head], turns: Sequence[Mapping[str, Any]], lang: str, *, state: str = "") -> str:
    """Every turn: {"question", "answers": [left, right]}; the last one is under way in `state`. Before the first
    question both panes say what to do."""
    shown = turns or [{"question": "", "answers": [None, None]}]
    return "".join(_turn(heads, turn, lang, state if at == len(shown) - 1 else "done") for at, turn in enumerate(shown))


def _turn(heads: Sequence[Head], turn: Mapping[str, Any], lang: str, state: str) -> str:
    texts = [(answer or {}).get("text", "") for answer in turn["answers"]]
    ended = state in ("done", "stopped") and all(texts)
    changed = marks(*texts) if ended else ((), ())
    names = ("del", "ins")
    both = "".join(
        _pane(head, answer or {}, drawn(words, changed=ranges, name=name), state, lang)
        for head, answer, words, ranges, name in zip(heads, turn["answers"], texts, changed, names, strict=True)
    )
    asked = tag("p", tag("small", esc(text("page.question", lang))) + esc(turn["question"]), cls="k-turn-asked")
    grid = tag("div", both, cls="k-panes")
    return tag("section", (asked if turn["question"] else "") + grid + _difference(texts, changed, ended, lang))


def marks(left: str, right: str) -> tuple[list[Any], list[Any]]:
    """What only one of the two has; nothing where they have so little in common that all would be marked."""
    found = differing(left, right)
    common = len(left) + len(right) - sum(end - start for ranges in found for start, end in ranges)
    return found if common >= ALIKE * (len(left) + len(right)) else ([], [])


def _difference(texts: Sequence[str], changed: Sequence[Sequence[Any]], ended: bool, lang: str) -> str:
    """The key of the marks, or that both say the same."""
    if ended and texts[0] == texts[1]:
        return tag("p", "= " + esc(text("page.compare.same", lang)), cls="k-muted")
    if not any(changed):
        return ""
    keys = [
        tag("span", f"<{name}>abc</{name}>" + esc(text(f"page.compare.only_{side}", lang)), cls="k-key")
        for name, side, there in zip(("del", "ins"), ("left", "right"), changed, strict=True)
        if there
    ]
    return tag("div", "".join(keys), cls="k-legend k-pane k-legend-marks")


def _pane(head: Head, answer: Mapping[str, Any], words: str, state: str, lang: str) -> str:
    top = tag("h3", esc(head.title)) + (tag("small", esc(head.under)) if head.under else "")
    growing = state in BUSY and not answer.get("done")
    if words:
        body = tag("p", words + (tag("i", "", cls="k-caret") if growing else ""), cls="k-answer", dir="auto")
    elif growing:
        body = tag("p", esc(text(f"page.compare.{state}", lang)), cls="k-answer k-muted k-pulse")
    else:
        key = "page.items.no_answer" if answer else "page.compare.pane_empty"
        body = tag("p", esc(text(key, lang)), cls="k-answer k-muted")
    cls = f"k-pane k-pane-{'tuned' if head.trained else 'base'}"
    inside = tag("header", top) + body + _numbers(answer, lang)
    return tag("section", inside, cls=cls, aria_busy="true" if growing else None)


def _numbers(answer: Mapping[str, Any], lang: str) -> str:
    if not answer.get("tokens"):
        return ""
    tokens, seconds = answer["tokens"], answer.get("seconds") or 0
    parts = [text("page.compare.tokens", lang, n=figure(tokens)), clock(seconds, lang)]
    if seconds and tokens > 1:
        parts.append(text("page.compare.speed", lang, n=figure(tokens / seconds)))
    if answer.get("truncated"):
        parts.append(text("page.items.truncated", lang))
    return tag("footer", esc(" · ".join(parts)))


def clock(seconds: float, lang: str) -> str:
    """Seconds with a tenth below ten."""
    return text("page.unit.seconds", lang, s=f"{seconds:.1f}") if 0.05 <= seconds < 10 else duration(seconds, lang)


def decoding(draw: Mapping[str, Any], lang: str) -> str:
    """In one sentence, how both sides answer."""
    if not draw["temperature"]:
        return tag("p", esc(text("page.compare.greedy", lang)), cls="k-proof")
    shown = {name: figure(draw[name]) for name in ("temperature", "top_p")}
    return tag("p", esc(text("page.compare.sampled", lang, **shown, seed=draw["seed"])), cls="k-proof")


def message(state: Mapping[str, Any], lang: str) -> str:
    """What went wrong or was stopped."""
    if state.get("state") == "failed":
        return notice(str(state.get("message") or ""), tone="bad", title=text("page.compare.failed", lang))
    if state.get("state") == "stopped":
        return notice(text("page.compare.stopped", lang))
    return ""


def proof(found: Mapping[str, Any] | None, *, kind: str, lang: str) -> str:
    """The check that what stands for base is the model before training. `kind`: "adapter" where base is the tuned model
    with its adapter off, "full" where it is loaded apart, "none" where neither side is a base."""
    if kind == "none":
        return ""
    if found is None:
        key = "proof_full" if kind == "full" else "proof_pending"
        return tag("p", esc(text(f"page.compare.{key}", lang)), cls="k-proof")
    largest = f"{found['max_abs_difference']:g}"
    if found.get("equal"):
        key = "proof_loaded" if kind == "full" else "proof"
        words = esc(text(f"page.compare.{key}", lang, largest=largest))
        return tag("p", tag("b", "✓ ") + words, cls="k-proof k-proof-good")
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

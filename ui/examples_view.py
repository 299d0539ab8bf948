"""Three questions that a rule chose, before and after: the best, the median and the worst change."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from engine import examples
from engine.rundir import Run
from engine.text import text
from ui.html import esc, heading, short, tag

LONGEST = 700  # characters of an answer; the item itself shows all of it
Shown = Mapping[str, Any]


@lru_cache(maxsize=16)
def _of(run: Run, changed: int, lang: str) -> dict[str, Any]:
    return examples.shown(run, run.comparison() or {}, lang)


def of(run: Run, lang: str) -> dict[str, Any]:
    """The examples of a finished run (examples.shown), read again only when its result changed."""
    return _of(run, run.file("comparison").stat().st_mtime_ns, lang)


def section(shown: Shown, lang: str) -> str:
    """A card each, side by side; nothing where no item was scored. A card's data-pick is its item's id."""
    if not shown["items"]:
        return ""
    under = f"{shown['rule']} {shown['note']}".strip()
    cards = "".join(_card(item, lang) for item in shown["items"])
    top = heading(text("page.result.examples", lang), under)
    return tag("section", top + tag("div", cards, cls="k-examples-three"), cls="k-by-rule")


def _card(item: Shown, lang: str) -> str:
    head = tag("h3", esc(item["title"])) + tag("span", esc(item["place"]), cls="k-muted k-numbers")
    asked = tag("p", esc(short(item["prompt"], lang, most=LONGEST)), cls="k-rule-asked", dir="auto")
    panes = "".join(
        tag("small", esc(text(f"page.arm.{arm}", lang)))
        + tag("p", examples.drawn(item, arm, lang, most=LONGEST), cls="k-answer", dir="auto")
        for arm in ("base", "tuned")
    )
    panes = tag("div", panes, cls="k-pane k-rule-answers") if item["answered"] else ""
    see = text("page.result.see_item", lang)
    foot = tag("span", esc(item["score"]), cls="k-muted k-numbers")
    foot += tag("button", esc(see), type="button", cls="k-see", data_pick=item["example_id"])
    return tag(
        "article",
        tag("header", head) + asked + panes + tag("div", foot, cls="k-rule-foot"),
        cls="k-picture k-rule-card",
    )

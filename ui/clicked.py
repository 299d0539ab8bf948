"""Which items a clicked number stands for, and how they are called.

A number's data-pick is "PLACE:WAY", the place of its change in found["changes"] and one of WAYS; "outcome:NAME", what
became of the deciding items; or "declined:ARM:KIND", the questions of a KIND that an arm declined.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import figures
from engine.items import NOT_JUDGED, SAME
from engine.pictures import OUTCOMES
from engine.registry import metrics
from engine.text import text

WAYS = ("all", "wins", "ties", "losses")
KINDS = {"answerable": True, "unanswerable": False}
ARMS = ("base", "tuned")

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Clicked:
    """A number that was clicked: the items it stands for in their order, their suite ("" for several), what they are
    called."""

    items: list[Item]
    suite: str
    said: str


def clicked(found: Mapping[str, Any], pick: str, lang: str) -> Clicked | None:
    """What a data-pick means; None for what no number says."""
    kind, _, rest = pick.partition(":")
    if kind == "outcome" and rest in OUTCOMES:
        return _outcome(found, rest, lang)
    if kind == "declined":
        arm, _, asked = rest.partition(":")
        return _declined(found, arm, asked, lang) if arm in ARMS and asked in KINDS else None
    if rest not in WAYS or not (kind.isascii() and kind.isdigit()) or int(kind) >= len(found["changes"]):
        return None
    return _changed(found, found["changes"][int(kind)], rest, lang)


def _changed(found: Mapping[str, Any], change: Mapping[str, Any], way: str, lang: str) -> Clicked:
    """The items of a change, the greatest loss first where losses are counted, else the greatest gain first."""
    up = -1 if metrics()[change["metric"]].better == "lower" else 1
    gains = [
        (up * (after - before), item)
        for item in found["items"]
        if item["suite"] == change["suite"]
        and (before := item["base_scores"].get(change["metric"])) is not None
        and (after := item["tuned_scores"].get(change["metric"])) is not None
    ]
    fits = {
        "all": lambda gain: True,
        "wins": lambda gain: gain > SAME,
        "losses": lambda gain: gain < -SAME,
        "ties": lambda gain: abs(gain) <= SAME,
    }
    kept = [(gain, item) for gain, item in gains if fits[way](gain)]
    order = sorted(kept, key=lambda one: one[0] if way == "losses" else -one[0])
    named = {"metric": figures.metric_title(change["metric"], lang)}
    said = text(f"page.items.way.{way}", lang, suite=figures.suite_title(change["suite"], lang), **named)
    return Clicked([item for _, item in order], change["suite"], said)


def _outcome(found: Mapping[str, Any], name: str, lang: str) -> Clicked:
    suite = found["changes"][0]["suite"]
    items = [item for item in found["items"] if item["suite"] == suite and item["outcome"] == name]
    named = {"suite": figures.suite_title(suite, lang), "outcome": text(f"outcome.{name}", lang)}
    return Clicked(items, suite, text("page.items.way.outcome", lang, **named))


def _declined(found: Mapping[str, Any], arm: str, kind: str, lang: str) -> Clicked:
    """The questions of a kind that an arm declined, over all judged suites, as items.declining_cells counts them."""
    answerable = KINDS[kind]
    items = [
        item
        for item in found["items"]
        if item["suite"] not in NOT_JUDGED
        and item["answerable"] == answerable
        and (score := item[f"{arm}_scores"].get("declining")) is not None
        and (score == 1) != answerable
    ]
    return Clicked(items, "", text(f"page.items.way.declined_{kind}", lang, arm=text(f"page.arm.{arm}", lang)))

"""The style of a comparison in sentences, for the page and the report alike. No torch."""

from collections.abc import Mapping
from typing import Any

from engine import figures
from engine.style import COUNTS
from engine.text import text

CLOSE, NEAR = 1.25, 2.0  # distances up to which answers are called close to the training answers' style, or near it
HARDLY = 0.1  # a tenth of the distance of a training answer: a smaller change is called none
MOST_TRAITS = 5
CHANGED = 0.1  # units of the training answers' spread: a smaller change is not listed
NARROW = 0.5  # answers that vary less than half as much as the training answers


def reading(style: Mapping[str, Any], lang: str = "en") -> list[str]:
    """What `style.style` found, plainly: first whether the tuned answers came closer, then the numbers; or why it was
    not measured."""
    if "why" in style:
        return [text(f"page.style.why.{style['why']}", lang, n=style["n"])]
    far, spread = style["distance"], style["spread"]
    was, now = (text(f"page.style.{band(far[when])}", lang) for when in ("before", "after"))
    stayed = "_same" if was == now else ""
    said = [text(f"page.style.{_moved(far)}{stayed}", lang, was=was, now=now)]
    numbers = {when: figures.plain(far[when]) for when in ("before", "after")}
    if far["low"] is None:
        said.append(text("page.style.numbers_alone", lang, **numbers, n=far["n"]))
    else:
        ends = {end: figures.with_sign(far[end]) for end in ("low", "high")}
        interval, difference = text("unit.interval", lang, **ends), figures.with_sign(far["difference"])
        said.append(text("page.style.numbers", lang, **numbers, difference=difference, interval=interval, n=far["n"]))
    said.append(text("page.style.spread", lang, **{when: figures.plain(spread[when]) for when in spread}))
    if spread["after"] < NARROW:
        said.append(text("page.style.narrow", lang))
    return said


def band(distance: float) -> str:
    """close, near or far.

    >>> band(1.1), band(1.6), band(4)
    ('close', 'near', 'far')
    """
    return "close" if distance <= CLOSE else "near" if distance <= NEAR else "far"


def trait(name: str, value: float, lang: str = "en") -> str:
    """A trait's mean with its unit: a count, or a share of sentences."""
    return figures.plain(value) if name in COUNTS else text("page.style.share", lang, n=figures.plain(100 * value))


def traits(style: Mapping[str, Any], lang: str = "en") -> tuple[list[str], list[list[str]]]:
    """(header, rows) as text: the traits that changed most, for the training answers, base and tuned. ([], []) where
    nothing changed worth naming, or where style was not measured."""
    changed = [row for row in style.get("features") or [] if abs(row["change"]) >= CHANGED][:MOST_TRAITS]
    if not changed:
        return [], []
    header = [text("page.style.trait_column", lang), text("page.style.training", lang)]
    header += [text(f"page.arm.{arm}", lang) for arm in ("base", "tuned")]
    rows = [
        [text(f"page.style.trait.{row['name']}", lang)]
        + [trait(row["name"], row[cloud], lang) for cloud in ("training", "base", "tuned")]
        for row in changed
    ]
    return header, rows


def _moved(far: Mapping[str, Any]) -> str:
    if far["low"] is None or far["low"] <= 0 <= far["high"]:
        return "unclear"
    if abs(far["difference"]) < HARDLY:
        return "hardly"
    return "closer" if far["difference"] < 0 else "away"

"""Did it take up the manner of the training answers? One sentence, every answer as a point, what changed most."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.charts import nice_ticks
from engine.style_words import reading, traits
from engine.text import text
from ui import html
from ui.html import esc, heading, tag

CLOUDS = ("training", "base", "tuned")
# A shape each, so that no colour is needed to tell them apart; drawn around 0 0, about 8 px wide.
SHAPES = {
    "training": '<circle r="3.6"/>',
    "base": '<rect x="-3.4" y="-3.4" width="6.8" height="6.8"/>',
    "tuned": '<path d="M0 -4.8L4.6 3.4H-4.6Z"/>',
}
WEIGHS = 0.35  # a trait of at least this weight names an axis


def draw(found: Mapping[str, Any], lang: str) -> str:
    """The section, or why style was not measured; nothing for a result made before style was."""
    style = found.get("style")
    if not style:
        return ""
    first, *rest = reading(style, lang)
    top = heading(text("page.style.title", lang), text("page.style.help", lang))
    if "why" in style:
        return top + tag("p", esc(first), cls="k-muted")
    words = tag("p", esc(first), cls="k-style-first") + "".join(tag("p", esc(line), cls="k-muted") for line in rest)
    picture = _legend(lang) + _scatter(style["view"], lang, first)
    return (
        top
        + tag("div", words, cls="k-prose k-style-words")
        + tag(
            "div",
            tag("section", picture, cls="k-picture") + tag("section", _traits(style, lang), cls="k-picture"),
            cls="k-pictures",
        )
    )


def _called(cloud: str, lang: str) -> str:
    return text("page.style.training", lang) if cloud == "training" else text(f"page.arm.{cloud}", lang)


def _mark(cloud: str, x: str, y: str, extra: str = "") -> str:
    return f'<svg class="k-p k-p-{cloud}{extra}" x="{x}" y="{y}">{SHAPES[cloud]}</svg>'


def _legend(lang: str) -> str:
    keys = (
        tag("span", tag("svg", _mark(cloud, "7", "7"), cls="k-p-key") + esc(_called(cloud, lang)), cls="k-key")
        for cloud in CLOUDS
    )
    return tag("div", "".join(keys), cls="k-legend")


def _scatter(view: Mapping[str, Any], lang: str, described: str) -> str:
    """Every answer of the three clouds, the middle of each large, an arrow from base's to tuned's.

    Places are percents, so one drawing fits wide screens and phones with its letters unscaled.
    """
    across, up = (_scale([value for cloud in CLOUDS for value in view["points"][cloud][axis]]) for axis in "xy")
    x = lambda value: f"{6 + 90 * (value - across[0]) / (across[-1] - across[0]):.2f}%"  # noqa: E731
    y = lambda value: f"{91 - 85 * (value - up[0]) / (up[-1] - up[0]):.2f}%"  # noqa: E731
    parts = [f'<line class="k-grid" x1="{x(tick)}" x2="{x(tick)}" y1="6%" y2="91%"/>' for tick in across]
    parts += [f'<line class="k-grid" x1="6%" x2="96%" y1="{y(tick)}" y2="{y(tick)}"/>' for tick in up]
    parts += [f'<text class="k-tick" x="{x(t)}" y="95.5%" text-anchor="middle">{_number(t)}</text>' for t in across]
    parts += [f'<text class="k-tick" x="5%" y="{y(t)}" dy="4" text-anchor="end">{_number(t)}</text>' for t in up]
    for cloud in CLOUDS:
        points = view["points"][cloud]
        marks = (_mark(cloud, x(a), y(b)) for a, b in zip(points["x"], points["y"], strict=True))
        parts.append(tag("g", "".join(marks) + f"<title>{esc(_called(cloud, lang))}</title>"))
    (from_x, from_y), (to_x, to_y) = view["middle"]["base"], view["middle"]["tuned"]
    ends = f'x1="{x(from_x)}" y1="{y(from_y)}" x2="{x(to_x)}" y2="{y(to_y)}"'
    parts.append(f'<line class="k-p-halo" {ends}/><line class="k-p-way" {ends}/>')
    parts += [_mark(cloud, x(view["middle"][cloud][0]), y(view["middle"][cloud][1]), " k-p-middle") for cloud in CLOUDS]
    drawn = tag("svg", "".join(parts), cls="k-scatter", role="img", aria_label=described)
    upward, rightward = (_axis(view["axes"][at], lang) for at in (1, 0))
    explained = text("page.style.picture", lang, explained=round(100 * view["explained"]))
    return (
        tag("p", esc(f"↑ {upward}"), cls="k-muted k-axis-name")
        + drawn
        + tag("p", esc(f"{rightward} →"), cls="k-muted k-axis-name k-axis-right")
        + tag("p", esc(explained), cls="k-muted")
    )


def _scale(values: Sequence[float]) -> list[float]:
    return nice_ticks(min(values), max(values), about=5)


def _number(tick: float) -> str:
    return f"{tick:g}".replace("-", "\u2212")


def _axis(weights: Sequence[Mapping[str, Any]], lang: str) -> str:
    """What an axis shows, in words: the traits that weigh most, those that rise along it and those that fall."""
    heavy = [one for one in weights if abs(one["weight"]) >= WEIGHS] or weights[:1]
    comma = "、" if lang == "ja" else ", "
    parts = []
    for key, sign in (("more", 1), ("less", -1)):
        names = [text(f"page.style.trait.{one['name']}", lang) for one in heavy if sign * one["weight"] > 0]
        parts += [text(f"page.style.{key}", lang, traits=comma.join(names))] if names else []
    return " · ".join(parts)


def _traits(style: Mapping[str, Any], lang: str) -> str:
    header, rows = traits(style, lang)
    title = tag("h3", esc(text("page.style.changed", lang)))
    if not rows:
        return title + tag("p", esc(text("page.style.nothing_changed", lang)), cls="k-muted")
    drawn = html.texts(header, rows, cls="k-traits", numeric=range(1, len(header)))
    return title + tag("p", esc(text("page.style.changed_help", lang)), cls="k-muted") + drawn

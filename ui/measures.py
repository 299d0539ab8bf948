"""What a method measures beside the loss, as small charts: margins, rewards, distance from base, whatever is logged."""

from collections.abc import Sequence
from typing import Any

from engine.charts import KINDS, line_chart, points, smooth
from engine.numbers import figure
from engine.text import has, text
from ui.html import esc, tag

# What every line of the log has, of whatever method.
COMMON = {"kind", "step", "of", "epoch", "attempt", "loss", "learning_rate", "tokens", "seconds"}
# Where a method logs more than is drawn, these first, then in the order of the log.
TOLD_FIRST = ("margin", "accuracy", "reward", "kl", "length", "repetition")
MOST = 4
SIZE = (360, 180)


def small_charts(log: Sequence[dict[str, Any]], lang: str) -> str:
    """A small chart of each further measure of the training, at most four; empty where there is none."""
    lines = [line for line in log if line.get("kind", "train") in KINDS]
    return _grid([_chart(lines, name, name, "train", lang) for name in names(lines)[:MOST]])


def names(lines: Sequence[dict[str, Any]]) -> list[str]:
    """The further measures that have at least two points of training to draw, what matters most first."""
    found = dict.fromkeys(name for line in lines for name in line if name not in COMMON)
    drawable = [name for name in found if len(points(lines, name, "train")) > 1]
    return sorted(drawable, key=lambda name: TOLD_FIRST.index(name) if name in TOLD_FIRST else len(TOLD_FIRST))


def reward_model(log: Sequence[dict[str, Any]], lang: str) -> str:
    """How the reward model learnt, for a method that trains one first; empty for others."""
    lines = [line for line in log if line.get("kind") == "reward_model"]
    names = [name for name in ("accuracy", "loss") if len(points(lines, name, "reward_model")) > 1]
    if not names:
        return ""
    title, under = (text(f"page.chart.reward_model{part}", lang) for part in ("", "_help"))
    head = tag("div", tag("h3", esc(title)) + tag("p", esc(under)), cls="k-section")
    return head + _grid([_chart(lines, name, f"reward_model_{name}", "reward_model", lang) for name in names])


def _grid(charts: Sequence[str]) -> str:
    return tag("div", "".join(charts), cls="k-measures") if charts else ""


def _chart(lines: Sequence[dict[str, Any]], name: str, known: str, kind: str, lang: str) -> str:
    unit = text(f"page.measure.{known}.unit", lang) if has(f"page.measure.{known}.unit") else ""
    scale = 100 if unit.startswith("%") else 1
    last = scale * smooth([value for _, value in points(lines, name, kind)])[-1]
    held = points(lines, name, "validation") if kind == "train" else []

    def said(step: int, value: float) -> str:
        return text("page.chart.held_out_value", lang, step=step, value=figure(value))

    described = text("page.chart.measure_alt", lang, name=title(known, lang), last=figure(last), unit=unit)
    drawn = line_chart(lines, name, *SIZE, lang=lang, unit=unit, described=described, said=said, kind=kind, scale=scale)
    percent = " %" if scale == 100 else ""
    now = text("page.chart.now", lang, value=figure(last) + percent)
    if held:
        now += " · " + text("page.chart.now_held_out", lang, value=figure(scale * held[-1][1]) + percent)
    head = tag("h4", esc(title(known, lang))) + tag("span", esc(now), cls="k-muted k-numbers")
    return tag("figure", tag("figcaption", head) + drawn + _help(known, lang), cls="k-measure", data_measure=known)


def title(name: str, lang: str) -> str:
    """What a measure is called; its own name written out for one without a text."""
    key = f"page.measure.{name}.title"
    return text(key, lang) if has(key) else name.replace("_", " ").capitalize()


def _help(name: str, lang: str) -> str:
    key = f"page.measure.{name}.help"
    return tag("p", esc(text(key, lang)), cls="k-muted") if has(key) else ""

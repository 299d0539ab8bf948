"""Charts as inline SVG: they follow the theme's colours, need no script, and print. Axes carry units."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.markup import esc, tag
from engine.numbers import figure
from engine.schema import Metric
from engine.text import text

MOST_POINTS = 400
KINDS = ("train", "validation")  # the lines of a log that belong to the training itself


def css(*, follow_system: bool = False) -> str:
    """The colours and the style sheet of all that is drawn here (drawn.css). The dark colours hold inside .dark, or, to
    `follow_system`, on screens whose owner likes them dark."""
    sheet = Path(__file__).with_name("drawn.css").read_text(encoding="utf-8")
    if not follow_system:
        return sheet
    return re.sub(
        r"\.dark \{(.*?)\}", r"@media screen and (prefers-color-scheme: dark) { :root {\1} }", sheet, flags=re.S
    )


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about so many.

    >>> nice_ticks(0.2, 3.1)
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    span = max(high - low, 1e-9)
    raw = span / max(1, about - 1)
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * i, 10) for i in range(first, max(last, first + 1) + 1)]


def thin(points: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most so many points, first and last kept."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(i * step)] for i in range(most)]


def smooth(values: Sequence[float], weight: float = 0.7) -> list[float]:
    """The moving average of a noisy line, corrected at its start (as Adam corrects its moments)."""
    out, mean = [], 0.0
    for index, value in enumerate(values, start=1):
        mean = weight * mean + (1 - weight) * value
        out.append(mean / (1 - weight**index))
    return out


def full_bar(metric: Metric, values: Iterable[float]) -> float:
    """What a bar of full length stands for: 1 for a share, else a little more than the largest of the values."""
    return 1.15 * max(*values, 1e-9) if metric.unit else 1.0


def loss_chart(
    log: Sequence[dict[str, Any]], lang: str, *, best_step: int | None = None, unit: str | None = None
) -> str:
    """Training and held-out loss over the steps, drawn once for wide screens and once for phones."""
    lines = [line for line in log if _is_number(line.get("loss")) and line.get("kind", "train") in KINDS]
    if len(lines) < 2:
        return ""

    def said(step: int, loss: float) -> str:
        return text("page.chart.held_out_point", lang, step=step, loss=figure(loss))

    described = text("page.chart.loss_alt", lang, n=len(points(lines, "loss", "train")), last=figure(lines[-1]["loss"]))
    unit = text("page.chart.loss_axis", lang) if unit is None else unit
    options = {"lang": lang, "unit": unit, "described": described, "said": said, "best_step": best_step}
    wide, narrow = line_chart(lines, "loss", 1080, 340, **options), line_chart(lines, "loss", 380, 300, **options)
    return tag("div", wide, cls="k-wide") + tag("div", narrow, cls="k-narrow")


def points(lines: Sequence[dict[str, Any]], name: str, kind: str) -> list[tuple[float, float]]:
    """(step, value) of every line of that kind that carries a number of that name."""
    return [
        (line["step"], line[name]) for line in lines if line.get("kind", "train") == kind and _is_number(line.get(name))
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def line_chart(
    lines: Sequence[dict[str, Any]],
    name: str,
    width: int,
    height: int,
    *,
    lang: str,
    unit: str,
    described: str,
    said: Callable[[int, float], str],
    best_step: int | None = None,
    kind: str = "train",
    scale: float = 1.0,
) -> str:
    """A measure over the steps: the lines of `kind` faint and smoothed, held-out ones as points that say their value.

    Values are drawn times `scale`; zero is always in sight.
    """
    train = [(step, scale * value) for step, value in points(lines, name, kind)]
    held = [(step, scale * value) for step, value in points(lines, name, "validation")] if kind == "train" else []
    own = [line for line in lines if line.get("kind", "train") in (kind, "validation")]
    steps = max(max(line["step"] for line in own), *(line.get("of") or 0 for line in own))
    smoothed = list(zip((x for x, _ in train), smooth([y for _, y in train]), strict=True))
    # The very first batches may tower over all the rest; the scale follows the smoothed line and the held-out points.
    scaled = [value for _, value in (*smoothed, *held)]
    low, high = min(0, *scaled), max(0, *(1.02 * value for value in scaled))
    if scale == 100 and max(scaled) <= 100:
        high = min(high, 100)  # a share has an end
    ticks = nice_ticks(low, high if high > low else 1, about=5 if height > 250 else 4)
    left, right, upper, lower = 46, width - 16, 30, height - 44

    def x(step: float) -> float:
        return left + (right - left) * step / max(steps, 1)

    def y(value: float) -> float:
        place = lower - (lower - upper) * (value - ticks[0]) / (ticks[-1] - ticks[0])
        return min(lower + 6, max(upper - 6, place))

    parts = [*_grid_y(ticks, y, left, right), *_axis_x(nice_ticks(0, steps, about=5), steps, x, lower)]
    parts.append(_label(left - 38, 14, unit, "start"))
    parts.append(_label(right, height - 6, text("page.chart.step_axis", lang), "end"))
    parts.append(_path([(x(a), y(b)) for a, b in thin(train)], "k-line k-line-raw"))
    parts.append(_path([(x(a), y(b)) for a, b in thin(smoothed)], "k-line k-line-train"))
    parts.append(_path([(x(a), y(b)) for a, b in held], "k-line k-line-held"))
    parts += [_dot(x(a), y(b), said(int(a), b), best=a == best_step) for a, b in held]
    return _svg(width, height, "".join(parts), described)


def curves(
    series: Sequence[Sequence[tuple[float, float]]], width: int, height: int, *, lang: str, unit: str, described: str
) -> str:
    """The curves of several runs over each other, (step, value) each; colour and dashes tell them apart (see `key`)."""
    steps = max((step for points in series for step, _ in points), default=0)
    values = [value for points in series for _, value in points]
    ticks = nice_ticks(min(0, *values), max(1e-9, *(1.02 * value for value in values)))
    left, right, upper, lower = 46, width - 16, 30, height - 44

    def place(step: float, value: float) -> tuple[float, float]:
        across = left + (right - left) * step / max(steps, 1)
        return across, lower - (lower - upper) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    parts = [*_grid_y(ticks, lambda value: place(0, value)[1], left, right)]
    parts += _axis_x(nice_ticks(0, steps), int(steps), lambda step: place(step, 0)[0], lower)
    parts.append(_label(left - 38, 14, unit, "start"))
    parts.append(_label(right, height - 6, text("page.chart.step_axis", lang), "end"))
    for number, points in enumerate(series):
        drawn = [place(*point) for point in thin(points)]
        parts.append(_path(drawn, f"k-line k-curve k-curve-{number}"))
        if len(points) < 60:  # held-out losses are few: each is marked
            parts += [f'<circle class="k-curve-{number}" cx="{a:.1f}" cy="{b:.1f}" r="2.5"/>' for a, b in drawn]
    return _svg(width, height, "".join(parts), described)


def key(names: Sequence[str]) -> str:
    """Which curve is which."""
    path = '<path class="k-line k-curve k-curve-{}" d="M0 4L30 4"/>'
    line = f'<svg class="k-curve-key" viewBox="0 0 30 8" aria-hidden="true">{path}</svg>'
    keys = (tag("span", line.format(at) + esc(name), cls="k-key") for at, name in enumerate(names))
    return tag("div", "".join(keys), cls="k-legend")


def loss_legend(lang: str, *, held_out: bool) -> str:
    """The key of the loss chart."""
    items = [("k-key-train", "page.chart.training")] + ([("k-key-held", "page.chart.held_out")] if held_out else [])
    keys = (tag("span", tag("i", "", cls=cls) + esc(text(key, lang)), cls="k-key") for cls, key in items)
    return tag("div", "".join(keys), cls="k-legend")


def bars(rows: Sequence[Mapping[str, Any]], described: str, *, see: str = "") -> str:
    """Bars of shares 0..1 with an interval where given: rows of {"label", "arm", "share", "low", "high", "shown",
    "pick"}. A share of None gets no bar. With `see`, a hint, numbers that have a pick are buttons that tell it."""
    lines = []
    for row in rows:
        whisker = ""
        if row.get("low") is not None and row.get("high") is not None:
            low, high = _percent(row["low"]), _percent(row["high"])
            whisker = f'<i class="k-whisker" style="left:{low:.2f}%;width:{max(high - low, 0.4):.2f}%"></i>'
        fill = f'<i class="k-bar-fill k-fill-{row["arm"]}" style="width:{_percent(row["share"]):.2f}%"></i>'
        track = "" if row["share"] is None else fill + whisker
        lines.append(
            tag("span", esc(row["label"]), cls="k-bar-label")
            + tag("span", track, cls="k-bar-track")
            + tag("span", _number(row["shown"], row.get("pick"), see), cls="k-bar-value")
        )
    return tag("div", "".join(lines), cls="k-bars", role="group" if see else "img", aria_label=described)


def _number(shown: object, pick: str | None, see: str) -> str:
    """A number, as a button where it leads somewhere."""
    if not pick or not see:
        return esc(shown)
    return tag("button", esc(shown), type="button", cls="k-see", data_pick=pick, title=see)


def two_bars(
    base: float, tuned: float | None, *, low: float | None, high: float | None, described: str, arm: str = "base"
) -> str:
    """Two thin bars of shares 0..1, base above tuned, with the interval low..high in which tuned lies; for a table's
    cell. With `tuned` None one bar, in the colour of `arm`."""
    whisker = ""
    if low is not None and high is not None:
        at, wide = _percent(low), max(_percent(high) - _percent(low), 0.4)
        whisker = f'<i class="k-whisker" style="left:{at:.2f}%;width:{wide:.2f}%"></i>'
    parts = [(arm, base, whisker if tuned is None else ""), ("tuned", tuned, whisker)]
    fill = '<i class="k-bar-fill k-fill-{}" style="width:{:.2f}%"></i>'
    drawn = (fill.format(name, _percent(share)) + over for name, share, over in parts if share is not None)
    tracks = "".join(tag("span", bar, cls="k-track") for bar in drawn)
    return tag("span", tracks, cls="k-two", role="img", aria_label=described, title=described)


def _percent(share: float | None) -> float:
    return 100 * min(1.0, max(0.0, share or 0.0))


def stacked_bar(parts: Sequence[tuple[Any, ...]], label: str, *, see: str = "") -> str:
    """One bar in parts (class word, count, name, pick or nothing), empty parts left out, with its key below. With
    `see`, a hint, counts that have a pick are buttons that tell it."""
    total = sum(part[1] for part in parts) or 1
    bar = "".join(
        f'<i class="k-part k-part-{esc(word)}" style="flex:{count}" title="{esc(name)}: {count}">'
        f"{count if count / total > 0.07 else ''}</i>"
        for word, count, name, *_ in parts
        if count
    )
    keys = "".join(
        tag(
            "span",
            tag("i", "", cls=f"k-part-{word}") + esc(name) + tag("b", _number(count, count and pick, see)),
            cls="k-key",
        )
        for word, count, name, pick in ((*part, None)[:4] for part in parts)
    )
    return tag("div", bar, cls="k-stack", role="img", aria_label=label) + tag(
        "div", keys, cls="k-legend k-legend-column"
    )


def histogram(counts: Sequence[int], step: int, *, beyond: int, described: str, unit: str, more: str) -> str:
    """How many rows are how long: counts[n] rows of n * step up to (n + 1) * step of `unit`, and, where there are any,
    a last bar of `beyond` rows that are longer, called `more`. Each bar says its numbers."""
    values = [*counts, beyond] if beyond else list(counts)
    width, height, left, right, upper, lower = 480, 190, 46, 470, 14, 146
    ticks = nice_ticks(0, max(values, default=1) or 1, about=4)
    wide = (right - left) / max(1, len(values))

    def x(place: float) -> float:
        return left + wide * place

    def y(value: float) -> float:
        return lower - (lower - upper) * value / ticks[-1]

    parts = list(_grid_y(ticks, y, left, right))
    for at, value in enumerate(values):
        said = f"{at * step:,}–{(at + 1) * step - 1:,}: {value:,}" if at < len(counts) else f"{more}: {value:,}"
        tall = max(lower - y(value), 1.5) if value else 0  # one row among thousands is still to be seen
        box = f'x="{x(at) + 0.7:.1f}" y="{lower - tall:.1f}" width="{max(wide - 1.4, 1):.1f}" height="{tall:.1f}"'
        parts.append(
            f'<rect class="k-hist{"" if at < len(counts) else " k-hist-more"}" {box}><title>{esc(said)}</title></rect>'
        )
    every = max(1, round(len(counts) / 6))
    parts += [_label(x(at), lower + 18, f"{at * step:,}", "middle") for at in range(0, len(counts) + 1, every)]
    parts.append(_label(right, height - 8, unit, "end"))
    return _svg(width, height, "".join(parts), described)


def _grid_y(ticks: Sequence[float], y: Any, left: int, right: int) -> Iterator[str]:
    for tick in ticks:
        cls = "k-axis" if tick == 0 else "k-grid"
        yield f'<line class="{cls}" x1="{left}" x2="{right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        yield _label(left - 8, y(tick) + 4, f"{tick:g}", "end")


def _axis_x(ticks: Sequence[float], steps: int, x: Any, lower: int) -> Iterator[str]:
    for tick in ticks:
        if tick <= steps and float(tick).is_integer():
            yield _label(x(tick), lower + 18, f"{int(tick):,}", "middle")


def _label(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text class="k-tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{esc(words)}</text>'


def _path(points: Sequence[tuple[float, float]], cls: str) -> str:
    if len(points) < 2:
        return ""
    return f'<path class="{cls}" d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in points)}"/>'


def _dot(x: float, y: float, title: str, *, best: bool) -> str:
    ring = f'<circle class="k-dot-best" cx="{x:.1f}" cy="{y:.1f}" r="8"/>' if best else ""
    return f'{ring}<circle class="k-dot" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{esc(title)}</title></circle>'


def _svg(width: int, height: int, inside: str, described: str) -> str:
    return (
        f'<svg class="k-chart" viewBox="0 0 {width} {height}" role="img" aria-label="{esc(described)}" '
        f'preserveAspectRatio="xMidYMid meet">{inside}</svg>'
    )

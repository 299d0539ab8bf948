"""Numbers for people: sensible digits, units, durations in the reader's language."""

import math

from engine.text import text

MINUS = "\u2212"


def figure(value: float | None, digits: int = 3) -> str:
    """A number to so many significant digits, grouped, with a real minus sign; an en dash for None.

    >>> figure(1234567), figure(0.012345), figure(-2.5)
    ('1,234,567', '0.0123', '\u22122.50')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 10 ** (digits - 1)):
        shown = f"{int(value):,}"
    elif value == 0:
        shown = "0"
    else:
        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        shown = f"{value:,.{min(places, 6)}f}"
    return shown.replace("-", MINUS)


def duration(seconds: float | None, lang: str) -> str:
    """Seconds as a person says them: 8 s, 2 min 05 s, 1 h 12 min."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return text("page.unit.seconds", lang, s=whole if seconds >= 1 or not seconds else "< 1")
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return text("page.unit.minutes", lang, m=minutes, s=f"{rest:02d}")
    return text("page.unit.hours", lang, h=minutes // 60, m=f"{minutes % 60:02d}")


def size(count: float | None) -> str:
    """Bytes in decimal units: 166 MB, 2.61 GB."""
    if count is None:
        return "–"
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{figure(count / step)} {unit}"
    return f"{int(count)} B"


def big(count: float | None) -> str:
    """A count in words of thousands: 4.88 M, 135 M, 512.

    >>> big(4884480), big(134515008), big(512)
    ('4.88 M', '135 M', '512')
    """
    if count is None:
        return "–"
    for unit, step in (("B", 1e9), ("M", 1e6), ("k", 1e4)):
        if count >= step:
            return f"{figure(count / (1e3 if unit == 'k' else step))} {unit}"
    return figure(count)

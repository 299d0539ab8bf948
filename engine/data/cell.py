"""The text that Excel shows for a cell's value in its number format."""

import datetime
import re
from typing import Any

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|_.|\*.')
_DATE = re.compile(r"(?i)yyyy|yy|mmmm|mmm|mm|m|dddd|ddd|dd|d|hh|h|ss|s|am/pm|a/p|aaaa|aaa|\x00\d+\x00|.")
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
KANJI = "月火水木金土日"
ISO = {"mm-dd-yy", "m/d/yyyy", "General"}  # Excel shows these as the reader's country writes dates


def shown(value: Any, number_format: str) -> str:
    """The value as text. Dates in the reader's own style, and in formats not known here, are written 2024-03-01.

    >>> shown(7, "000"), shown(0.125, "0.0%"), shown(datetime.datetime(2024, 3, 1), 'yyyy"年"m"月"d"日"')
    ('007', '12.5%', '2024年3月1日')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return _date(value, number_format)
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, int | float):
        return _number(value, number_format.split(";")[0])
    return str(value)


def _number(value: int | float, form: str) -> str:
    plain = _LITERAL.sub("", form).strip()
    if re.fullmatch(r"0+", plain):
        return f"{value:0{len(plain) + (value < 0)}.0f}"
    found = re.fullmatch(r"(#,##)?0(\.0+)?(%?)", plain)
    if not found:
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    decimals = len(found[2] or ".") - 1
    return f"{value * (100 if found[3] else 1):{',' if found[1] else ''}.{decimals}f}{found[3]}"


def _date(value: Any, form: str) -> str:
    iso = _iso(value)
    form = form.split(";")[0]
    literals: list[str] = []

    def keep(match: re.Match) -> str:
        literals.append(match[1] or match[2] or "")
        return f"\x00{len(literals) - 1}\x00"

    parts = [match[0] for match in _DATE.finditer(_LITERAL.sub(keep, form))]
    letters = [part.lower() for part in parts]
    if form in ISO or any(part.isascii() and part.isalpha() and part not in TOKENS for part in letters):
        return iso
    whole = value if isinstance(value, datetime.datetime) else None
    if whole is None:
        today = datetime.date(1900, 1, 1)
        day, clock = (value, datetime.time()) if isinstance(value, datetime.date) else (today, value)
        whole = datetime.datetime.combine(day, clock)
    noon = any(part in ("am/pm", "a/p") for part in letters)
    return "".join(
        literals[int(part[1:-1])] if part[0] == "\x00" else _part(part, letters, at, whole, noon)
        for at, part in enumerate(letters)
    )


TOKENS = {
    *("yyyy", "yy", "mmmm", "mmm", "mm", "m", "dddd", "ddd", "dd", "d"),
    *("hh", "h", "ss", "s", "am/pm", "a/p", "aaaa", "aaa"),
}


def _part(part: str, letters: list[str], at: int, when: datetime.datetime, noon: bool) -> str:
    if part not in TOKENS:
        return part
    near = [other for other in letters[:at] if other in TOKENS][-1:] + [o for o in letters[at + 1 :] if o in TOKENS][:1]
    if part in ("m", "mm") and (near[:1] and near[0] in ("h", "hh") or near[-1:] and near[-1] in ("s", "ss")):
        return f"{when.minute:0{len(part)}}"
    hour = (when.hour % 12 or 12) if noon else when.hour
    month, day = MONTHS[when.month - 1], DAYS[when.weekday()]
    return {
        "yyyy": f"{when.year:04}", "yy": f"{when.year % 100:02}",
        "m": str(when.month), "mm": f"{when.month:02}", "mmm": month[:3], "mmmm": month,
        "d": str(when.day), "dd": f"{when.day:02}", "ddd": day[:3], "dddd": day,
        "aaa": KANJI[when.weekday()], "aaaa": KANJI[when.weekday()] + "曜日",
        "h": str(hour), "hh": f"{hour:02}", "s": str(when.second), "ss": f"{when.second:02}",
        "am/pm": "PM" if when.hour >= 12 else "AM", "a/p": "P" if when.hour >= 12 else "A",
    }[part]  # fmt: skip


def _iso(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    return value.isoformat()

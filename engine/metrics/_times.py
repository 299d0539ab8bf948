"""Dates, weekdays and times of a text in one form: "9 am" is "9:00", "May 1st" is "1 May" is "05-01"."""

import re
from collections.abc import Callable

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|"
_MONTH += r"Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)"
_YEAR = r"(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KANJI_DAYS = "月火水木金土日"
_WEEKDAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?s?"
_LOWER_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_ANY_DAY = rf"(?:{_WEEKDAY}|{_LOWER_WEEKDAY})"
_HALF = r"(?P<half>[ap])\.?\s?m\b\.?"
_TO = r"\s*(?:-|–|—|~|〜|to|through|until|から)\s*"


def take_times(text: str) -> tuple[list[str], str]:
    """The dates, weekdays and times of a text as facts, and the text without them.

    A date gives month and day ("05-01") and, where it stands there, the year by itself ("2024"), so that one without
    the year still agrees on the day. A span of weekdays is one fact ("mon–fri"); so is "weekdays". 1/2/2024 is read as
    in the United States unless the first number cannot be a month.
    """
    facts: list[str] = []
    for pattern, read in _READERS:
        text = pattern.sub(lambda match, read=read: _read(match, read, facts), text)
    return facts, text


def _read(match: re.Match[str], read: Callable[[re.Match[str]], list[str]], facts: list[str]) -> str:
    found = read(match)
    facts.extend(found)
    return "\0" if found else match[0]


def _date(match: re.Match[str]) -> list[str]:
    found = match.groupdict()
    month, day, year = _month(found["month"]), int(found["day"]), found.get("year")
    if found.get("slashes") and month > 12:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return []
    last = [f"{month:02d}-{int(found['last']):02d}"] if found.get("last") else []
    return [f"{month:02d}-{day:02d}", *last, *([year] if year else [])]


def _month_alone(match: re.Match[str]) -> list[str]:
    year = match.groupdict().get("year")
    month = _month(match["month"])
    return [f"month {month}", *([year] if year else [])] if month <= 12 else []


def _month(name: str) -> int:
    if name.isdigit():
        return int(name)
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(name[:3].casefold()))


def _weekdays(match: re.Match[str]) -> list[str]:
    first, last = (_weekday(match[name]) for name in ("first", "last"))
    return [f"{first}–{last}"]


def _weekday(name: str) -> str:
    return _DAYS[_KANJI_DAYS.index(name[0])] if name[0] in _KANJI_DAYS else name[:3].casefold()


def _time(match: re.Match[str]) -> list[str]:
    found = match.groupdict()
    half = {"午前": "a", "午後": "p"}.get(found.get("half") or "", (found.get("half") or "").casefold())
    minute = 30 if found.get("minute") == "半" else int(found.get("minute") or 0)
    return [_clock(int(found["hour"]), minute, half)] if int(found["hour"]) <= 24 and minute < 60 else []


def _clock(hour: int, minute: int, half: str) -> str:
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour % 24:02d}:{minute:02d}"


def _time_span(match: re.Match[str]) -> list[str]:
    """From "9 to 5 pm" both: the first is in the same half of the day unless it would then come after the second."""
    half = match["half"].casefold()
    if int(match["first"]) > 12 or int(match["hour"]) > 12:
        return []
    end = _clock(int(match["hour"]), int(match["minute"] or 0), half)
    start = _clock(int(match["first"]), int(match["first_minute"] or 0), half)
    if start >= end:
        start = _clock(int(match["first"]), int(match["first_minute"] or 0), "a" if half == "p" else "p")
    return [start, end]


_DAY_TO = r"(?:\s?(?:-|–|to|through)\s?(?P<last>\d{1,2})(?!\d|:|\s*[ap]\.?m))?"
_SPOKEN_OF = r"\b(?:in|since|until|till|by|of|from|during|every|late|early|mid|through|to|before|after)[\s-]"
_FULL_YEAR = r"(?P<year>(?:19|20)\d\d)"
_FROM_HOUR = r"(?P<first>\d{1,2})(?::(?P<first_minute>\d\d))?"
_HOUR = r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?"

# In this order: the longer form is taken before a shorter one can take a part of it.
_READERS = [
    (re.compile(pattern), read)
    for pattern, read in [
        (rf"(?<![\d-]){_FULL_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?![\d-])", _date),
        (rf"(?<![\d/])(?P<slashes>(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}}))/{_FULL_YEAR}(?![\d/])", _date),
        (rf"(?:{_FULL_YEAR}年\s?)?(?<!\d)(?P<month>\d{{1,2}})月\s?(?P<day>\d{{1,2}})日(?!間)", _date),
        (rf"(?<!\d){_DAY}(?: of)?[\s-]{_MONTH}{_YEAR}", _date),
        (rf"\b{_MONTH}\s(?:the )?{_DAY}{_DAY_TO}(?!:|\s*[ap]\.?m){_YEAR}", _date),
        (rf"\b{_MONTH},?\s{_FULL_YEAR}\b", _month_alone),
        (rf"(?:{_FULL_YEAR}年\s?)?(?<!\d)(?P<month>\d{{1,2}})月(?!間)", _month_alone),
        (rf"{_FULL_YEAR}年(?!間)", lambda match: [match["year"]]),
        (rf"{_SPOKEN_OF}{_MONTH}", _month_alone),
        (rf"\b(?!Mar|May){_MONTH.replace('Jan(?:uary)?', 'January')}", _month_alone),
        (rf"\b(?P<first>{_ANY_DAY})\.?{_TO}(?P<last>{_ANY_DAY})\b", _weekdays),
        (rf"(?P<first>[{_KANJI_DAYS}])(?:曜日?)?{_TO}(?P<last>[{_KANJI_DAYS}])(?:曜日?)?(?![一-鿿])", _weekdays),
        (r"\b[Ww]eekdays?\b|平日", lambda match: ["mon–fri"]),
        (r"\b[Ww]eekends?\b|土日|週末", lambda match: ["sat", "sun"]),
        (r"(?i:\bevery day\b|\b7 days (?:a|per) week\b)|毎日", lambda match: ["mon–sun"]),
        (rf"\b(?P<first>{_ANY_DAY})\b|(?P<kanji>[{_KANJI_DAYS}])曜", lambda m: [_weekday(m["first"] or m["kanji"])]),
        (rf"(?<![\d:$€£]){_FROM_HOUR}{_TO}{_HOUR}\s?(?i:{_HALF})", _time_span),
        (rf"(?<![\d:.]){_HOUR}\s?(?i:{_HALF})", _time),
        (r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?(?![\d:])", _time),
        (r"\b(?P<hour>\d{1,2}) o'clock", _time),
        (r"(?P<half>午前|午後)?(?P<hour>\d{1,2})時(?!間)(?:(?P<minute>\d{1,2}|半)分?)?", _time),
        (r"\b(?:[Nn]oon|[Mm]idday)\b|正午", lambda match: ["12:00"]),
        (r"\b[Mm]idnight\b", lambda match: ["00:00"]),
    ]
]

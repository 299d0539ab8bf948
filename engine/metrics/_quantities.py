"""Numbers of a text with their units, in one form: "$5" is "5 dollars" is "$5.00", "five" is "5", "a week" is not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

# (names, canonical unit, how many of it). Times of fixed length meet in days, calendar times in months, so that
# "24 hours" equals "one day" and "a 2-year warranty" equals "24 months". "Pound" is the money and the weight.
_UNITS = [
    ("seconds?|secs?|秒間?", "day", Fraction(1, 86400)),
    ("minutes?|mins?|分間?", "day", Fraction(1, 1440)),
    ("hours?|hrs?|h|時間", "day", Fraction(1, 24)),
    ("days?|日間?", "day", Fraction(1)),
    ("weeks?|wks?|週間?", "day", Fraction(7)),
    ("months?|mos?|[かヶカケヵ]月間?|箇月", "month", Fraction(1)),
    ("years?|yrs?|年間?", "month", Fraction(12)),
    ("(?:US |U\\.S\\. )?dollars?|bucks?|USD|ドル|US\\$|\\$", "usd", Fraction(1)),
    ("cents?", "usd", Fraction(1, 100)),
    ("euros?|EUR|€|ユーロ", "eur", Fraction(1)),
    ("pounds?(?: sterling)?|GBP|£|lbs?|ポンド", "pound", Fraction(1)),
    ("yen|JPY|¥|円", "jpy", Fraction(1)),
    ("Canadian dollars?|CAD|CA\\$|C\\$", "cad", Fraction(1)),
    ("Australian dollars?|AUD|AU\\$|A\\$", "aud", Fraction(1)),
    ("CHF|francs?", "chf", Fraction(1)),
    ("INR|rupees?|₹", "inr", Fraction(1)),
    ("CNY|yuan|RMB|元", "cny", Fraction(1)),
    ("%|percent|per cent|パーセント", "%", Fraction(1)),
    ("割", "%", Fraction(10)),
    ("kilograms?|kilos?|kgs?|キログラム|キロ", "g", Fraction(1000)),
    ("grams?|g|グラム", "g", Fraction(1)),
    ("milligrams?|mg|ミリグラム", "g", Fraction(1, 1000)),
    ("ounces?|oz|オンス", "oz", Fraction(1)),
    ("kilomet(?:er|re)s?|km", "m", Fraction(1000)),
    ("met(?:er|re)s?|m|メートル", "m", Fraction(1)),
    ("centimet(?:er|re)s?|cm|センチ(?:メートル)?", "m", Fraction(1, 100)),
    ("millimet(?:er|re)s?|mm|ミリ(?:メートル)?", "m", Fraction(1, 1000)),
    ("miles?|mi", "mile", Fraction(1)),
    ("inch(?:es)?|インチ", "inch", Fraction(1)),
    ("feet|foot|ft", "foot", Fraction(1)),
    ("lit(?:er|re)s?|l|リットル", "l", Fraction(1)),
    ("millilit(?:er|re)s?|ml|ミリリットル", "l", Fraction(1, 1000)),
    ("gigabytes?|GB", "gb", Fraction(1)),
    ("megabytes?|MB", "mb", Fraction(1)),
    ("terabytes?|TB", "tb", Fraction(1)),
    ("kilobytes?|KB", "kb", Fraction(1)),
    ("kWh|キロワット時", "kwh", Fraction(1)),
    ("watts?|W|ワット", "w", Fraction(1)),
    ("volts?|V|ボルト", "v", Fraction(1)),
    ("°\\s?C|degrees? celsius|度", "°c", Fraction(1)),
    ("°\\s?F|degrees? fahrenheit", "°f", Fraction(1)),
]
_UNIT = "|".join(names for names, _, _ in _UNITS)
_BEFORE = r"US\$|CA\$|C\$|AU\$|A\$|\$|€|£|¥|₹|(?:USD|EUR|GBP|JPY|CAD|AUD|CHF|INR|CNY)(?![A-Za-z])"
_TIMES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "dozen": 12, "k": 1000}
_QUANTITY = re.compile(
    rf"(?:(?P<before>{_BEFORE})\s?)?"
    r"(?<![A-Za-z0-9_])(?<!\d[.,])(?P<sign>(?<![^\s(])[-−])?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:st|nd|rd|th)?(?P<times>k(?![A-Za-z])|\s(?:thousand|million|billion|dozen)\b)?"
    r"(?:[\s-]?(?:(?:business|working|calendar|full|whole|consecutive|more)[\s-]){0,2}(?:営業)?"
    rf"(?P<unit>{_UNIT})(?![A-Za-z]))?(?![A-Za-z0-9_]|[.,]\d)",
    re.IGNORECASE,
)
_TO = re.compile(r"\s*(?:-|–|—|~|〜|to|through|up to|から)\s*", re.IGNORECASE)

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_VALUES = {word: value for value, word in enumerate(f"{_SMALL} seventeen eighteen nineteen".split())}
_TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_BELOW_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|{'|'.join(_VALUES)})"
_BELOW_1000 = rf"(?:(?:{_BELOW_100}|an?) hundred(?: (?:and )?{_BELOW_100})?|{_BELOW_100})"
_IN_WORDS = re.compile(
    rf"\b(?:(?:{_BELOW_1000}|an?) thousand(?:,? (?:and )?{_BELOW_1000})?|(?:{_BELOW_100}|an?) (?:million|billion|dozen)"
    rf"|{_BELOW_1000})\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"[\s-](?:(?:business|working|calendar|full|whole)[\s-])?(?:{_UNIT})\b", re.IGNORECASE)
_KANJI_DIGITS = "〇一二三四五六七八九"
_KANJI = re.compile(
    r"(?<!\d)\d{1,40}(?:\.\d{1,40})?[百千万億][\d百千万億]*"  # 1万2千
    rf"|[{_KANJI_DIGITS}十百千万億]+(?=日|円|時|分|秒|週間|[かヶカケヵ]月|月|年|人|名|個|本|枚|台|歳|件|割|階|%)"
)
LONGEST = 40  # characters of a number: what is longer is a model that turns in circles, and int() refuses 4,301 digits
_ENOUGH = re.compile(r"十分(?!間|以内|前|後|ほど|程度|くらい|で)")  # read as "enough", not as ten minutes


@dataclass(frozen=True, slots=True)
class _Quantity:
    start: int
    end: int
    value: Fraction
    unit: str  # as written; empty where there is none

    def fact(self, until: "_Quantity | None" = None) -> str:
        name, factor = _canonical(self.unit or (until.unit if until else ""))
        ends = [quantity.value * factor for quantity in (self, until) if quantity]
        return f"{'–'.join(map(str, ends))} {name}".strip()


def take_quantities(text: str) -> tuple[list[str], str]:
    """The quantities of a text as facts ("5 usd", "2–3 day", "40"), and the text without them.

    A range is one fact. A unit that is not in the table is left out: "30 people" is "30". `text` has its number words
    as digits already: see `digits`.
    """
    found = list(_quantities(text))
    facts, at = [], 0
    while at < len(found):
        pair = at + 1 < len(found) and _is_range(text, found[at], found[at + 1])
        facts.append(found[at].fact(found[at + 1] if pair else None))
        at += 2 if pair else 1
    for quantity in reversed(found):
        text = f"{text[: quantity.start]}\0{text[quantity.end :]}"
    return facts, text


def digits(text: str) -> str:
    """The text with its number words as digits. "One" counts only before a unit: it is a pronoun, too.

    >>> digits("Twenty-five people had one day and a hundred euros, no one more")
    '25 people had 1 day and 100 euros, no one more'
    """

    def kanji(match: re.Match[str]) -> str:
        left = len(match[0]) > LONGEST or _ENOUGH.match(match.string, match.start())
        return match[0] if left else _kanji(match[0])

    text = _KANJI.sub(kanji, text)
    return _IN_WORDS.sub(lambda match: _in_digits(match[0], text[match.end() :]), text)


def _quantities(text: str) -> Iterator[_Quantity]:
    for match in _QUANTITY.finditer(text):
        if len(match["number"]) > LONGEST:
            continue
        value = Fraction(match["number"].replace(",", "")) * (-1 if match["sign"] else 1)
        value *= _TIMES[match["times"].strip().casefold()] if match["times"] else 1
        yield _Quantity(match.start(), match.end(), value, match["before"] or match["unit"] or "")


def _is_range(text: str, first: _Quantity, second: _Quantity) -> bool:
    gap = text[first.end : second.start]
    between = gap.strip().casefold() == "and" and re.search(r"\bbetween\s*$", text[: first.start], re.IGNORECASE)
    either = gap.strip().casefold() == "or" and not first.unit and second.unit
    if not (_TO.fullmatch(gap) or between or either):
        return False
    return not (first.unit and second.unit) or _canonical(first.unit) == _canonical(second.unit)


@cache
def _canonical(unit: str) -> tuple[str, Fraction]:
    for names, canonical, factor in _UNITS:
        if unit and re.fullmatch(names, unit, re.IGNORECASE):
            return canonical, factor
    return "", Fraction(1)


def _in_digits(words: str, after: str) -> str:
    if words.casefold() == "one" and not _COUNTED.match(after):
        return words
    total = current = 0
    for word in re.findall(r"[a-z]+", words.casefold()):
        if word in ("hundred", "dozen"):
            current = max(current, 1) * (100 if word == "hundred" else 12)
        elif word in ("thousand", "million", "billion"):
            total, current = total + max(current, 1) * _TIMES[word], 0
        else:
            current += _VALUES.get(word, 0) + _TENS.get(word, 0)
    return str(total + current)


def _kanji(numeral: str) -> str:
    """A Japanese numeral in plain digits: 二十四 and 24, 1万2千 and 12000."""
    total = section = digit = Fraction(0)
    for part in re.findall(rf"\d+(?:\.\d+)?|[{_KANJI_DIGITS}]+|.", numeral):
        if part in "十百千":
            section, digit = section + (digit or 1) * {"十": 10, "百": 100, "千": 1000}[part], Fraction(0)
        elif part in "万億":
            total += (section + digit or 1) * {"万": 10**4, "億": 10**8}[part]
            section = digit = Fraction(0)
        else:
            digit = Fraction("".join(str(_KANJI_DIGITS.index(c)) if c in _KANJI_DIGITS else c for c in part))
    value = total + section + digit
    return str(int(value)) if value == int(value) else str(float(value))

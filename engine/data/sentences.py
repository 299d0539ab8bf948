"""What is told of rows and files, in the reader's language.

The rest of engine/data writes its sentences in English, where what they tell is known. Here a sentence is found again
among those of its code in text.yaml (section `issue`), and its details are put into the other language's.
"""

import re
import string
from collections.abc import Iterable, Mapping
from functools import cache

from engine.data.privacy import PREFIX
from engine.text import entries, has, text

_OF_ROW = re.compile(
    r"(?:(?P<file>[^\n]{1,90}?): )?Row [\d,]+(?: \(line (?P<line>[\d,]+)\))?:? (?P<said>.+)", re.DOTALL
)
_OF_FILE = re.compile(r"(?P<file>[^\n]{1,90}?): (?P<said>.+)", re.DOTALL)
_NUMBERS = {"n", "all", "other", "median", "limit", "gone", "parts", "turn", "columns", "column", "share"}
MASKED = "_masked"


def title(code: str, lang: str) -> str:
    """What an Issue of that code is called; its own name for one without a word."""
    if code.startswith(PREFIX) and code.endswith(MASKED):
        return text("page.rows.masked", lang, what=title(code.removesuffix(MASKED), lang))
    known = f"page.rows.code.{code}"
    return text(known, lang) if has(known) else code.replace("_", " ")


def sentence(message: str, codes: Iterable[str], lang: str) -> str:
    """The message of an Issue in a language; "" for one that is not known there. It has one of these codes.

    >>> sentence("Row 7 says the same as row 3.", ["duplicate"], "ja")
    '3行目と同じ内容です。'
    """
    if lang == "en":
        return message
    of_row = _OF_ROW.fullmatch(message)
    of_file = None if of_row else _OF_FILE.fullmatch(message)
    ways = [of_row] if of_row else [None, of_file] if of_file else [None]  # a sentence may hold a colon of its own
    for way in ways:
        said = _found(way["said"] if way else message, codes, lang)
        if said and of_row and way["line"]:
            said = text("issue.line", lang, line=way["line"], said=said)
        if said:
            return text("issue.file", lang, file_given=way["file"], said=said) if way and way["file"] else said
    return ""


def of_issue(issue: Mapping[str, object], lang: str) -> str:
    """The sentence of an Issue as report.json has it, with the row's number; what its code is called where there is no
    sentence in that language."""
    message, code, row = str(issue["message"]), str(issue["code"]), issue["source_row"]
    if lang == "en":
        return message
    said = sentence(message, [code], lang) or title(code, lang)
    return said if row is None else f"{text('page.data.pair_row', lang, n=row)}{text('page.data.colon', lang)}{said}"


def _found(said: str, codes: Iterable[str], lang: str) -> str:
    for code in codes:
        for key, pattern in _patterns("personal" if code.startswith(PREFIX) else code):
            if found := pattern.fullmatch(said):
                values = {name: _value(name, value, lang) for name, value in found.groupdict().items()}
                return text(key, lang, **values).strip()
    return ""


@cache
def _patterns(code: str) -> list[tuple[str, re.Pattern[str]]]:
    """(key, what its English sentence looks like) of a code, in the order of text.yaml."""
    keys = [key for key in entries() if key.startswith(f"issue.{code}.")]
    return [(key, re.compile(_looks_like(entries()[key]["en"]), re.DOTALL)) for key in keys]


def _looks_like(template: str) -> str:
    parts = []
    for words, name, _, _ in string.Formatter().parse(template):
        parts.append(re.escape(words))
        if name is not None:
            parts.append(rf"(?P<{name}>[\d,.]+%?)" if name in _NUMBERS else rf"(?P<{name}>.{{1,500}}?)")
    return "".join(parts)


def _value(name: str, value: str, lang: str) -> str:
    if name == "english":
        return ""
    if name == "given" or name.endswith("_given"):
        return value
    if name == "shares":
        return re.sub("[A-Z][a-z]+", lambda word: _word(word[0], lang), value)
    field = f"page.field.{value}"
    return text(field, lang) if name == "field" and has(field) else _word(value, lang)


def _word(value: str, lang: str) -> str:
    return _words(lang).get(value, value)


@cache
def _words(lang: str) -> dict[str, str]:
    return {found["en"]: found[lang] for key, found in entries().items() if key.startswith("issue.word.")}

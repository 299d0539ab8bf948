"""What is told of rows and files, and why they cannot be used, in the reader's language.

The engine writes its sentences in English, where what they tell is known. Here a sentence is found again
among those of its code in text.yaml (section `issue`; of an error: `error`), and its details are put into the other
language's.
"""

import re
import string
from collections.abc import Iterable, Mapping
from functools import cache

from engine.data.privacy import PREFIX
from engine.text import entries, has, text

_OF_ROW = re.compile(
    r"(?:(?P<file>[^\n]{1,90}?): )?Row (?P<row>[\d,]+)(?: \(line (?P<line>[\d,]+)\))?:? (?P<said>.+)", re.DOTALL
)
_OF_FILE = re.compile(r"(?P<file>[^\n]{1,90}?): (?P<said>.+)", re.DOTALL)
_NUMBERS = {
    *("n", "all", "other", "median", "limit", "gone", "parts", "turn", "columns", "column", "line", "share"),
    *("validation", "test"),
}
# Details that are words one after the other, and where they part.
_LISTS = {
    "shares": "([A-Z][a-z]+)",
    "shapes": "(; |: )",
    "titles": "(, | or (?!thumbs))",
    "fitting_titles": "(, )",
}
_NO_SENTENCES = {"issue.file", "issue.line"}  # what stands around one
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
    return _said(message, [section for code in codes for section in _sections(code)], lang)


def told(problem: Exception | str, lang: str) -> str:
    """What an error says, in a language. It stays English where no sentence of text.yaml is like it: what went wrong in
    words that are understood by some is better than a sentence that says nothing.

    >>> told("faq.csv is empty.", "ja")
    'faq.csv は空です。中身のあるファイルを選んでください。'
    """
    if lang == "en":
        return str(problem)
    message = str(problem).strip()
    found = _of_row(message, lang) or _found(message, ["error."], lang) or _said(message, ["issue."], lang)
    return found or message


def _of_row(message: str, lang: str) -> str:
    """The sentence of an Issue of whatever code with its row's number, and before it the file's name as it stands."""
    row = _OF_ROW.fullmatch(message)
    if row is None or re.search("[.:] ", row["file"] or ""):  # a sentence, with that of a row in it
        return ""
    at = len(f"{row['file']}: ") if row["file"] else 0
    said = _said(message[at:], ["issue."], lang)
    return message[:at] + _with_row(row["row"], said, lang) if said else ""


def of_issue(issue: Mapping[str, object], lang: str) -> str:
    """The sentence of an Issue as report.json has it, with the row's number; what its code is called where there is no
    sentence in that language."""
    message, code, row = str(issue["message"]), str(issue["code"]), issue["source_row"]
    if lang == "en":
        return message
    said = sentence(message, [code], lang) or title(code, lang)
    return said if row is None else _with_row(row, said, lang)


def _with_row(row: object, said: str, lang: str) -> str:
    return f"{text('page.data.pair_row', lang, n=row)}{text('page.data.colon', lang)}{said}"


def _sections(code: str) -> list[str]:
    """Where in text.yaml the sentences of a code stand."""
    if code == "file_left_out":  # told in the words of the error that its file met
        return ["error.", "issue.file_left_out."]
    return ["issue.personal." if code.startswith(PREFIX) else f"issue.{code}."]


def _said(message: str, sections: Iterable[str], lang: str) -> str:
    of_row = _OF_ROW.fullmatch(message)
    of_file = None if of_row else _OF_FILE.fullmatch(message)
    ways = [of_row] if of_row else [None, of_file] if of_file else [None]  # a sentence may hold a colon of its own
    for way in ways:
        said = _found(way["said"] if way else message, sections, lang)
        if said and of_row and way["line"]:
            said = text("issue.line", lang, line=way["line"], said=said)
        if said:
            return text("issue.file", lang, file_given=way["file"], said=said) if way and way["file"] else said
    return ""


def _found(said: str, sections: Iterable[str], lang: str) -> str:
    for section in sections:
        if like := _like(said, section):
            key, details = like
            return text(key, lang, **{name: _value(name, value, lang) for name, value in details.items()}).strip()
    return ""


def _like(said: str, section: str) -> tuple[str, dict[str, str]] | None:
    """(key, details) of the sentence of a section that this is. Where it fits several, the one that begins first: the
    others fit a sentence told within it, and take what stands before for a detail."""
    fitting = [(key, fits) for key, pattern in _patterns(section) if (fits := pattern.fullmatch(said))]
    if not fitting:
        return None
    key, fits = min(fitting, key=lambda pair: pair[1].end(1) if pair[1].re.groups else 0)
    return key, fits.groupdict()


@cache
def _patterns(section: str) -> list[tuple[str, re.Pattern[str]]]:
    """(key, what its English sentence looks like) of a section, first those with the most words of their own."""
    keys = [key for key in entries() if key.startswith(section) and ".word." not in key and key not in _NO_SENTENCES]
    keys.sort(key=lambda key: -sum(len(words) for words, *_ in string.Formatter().parse(entries()[key]["en"])))
    return [(key, re.compile(_looks_like(entries()[key]["en"]), re.DOTALL)) for key in keys]


def _looks_like(template: str) -> str:
    parts = []
    for words, name, _, _ in string.Formatter().parse(template):
        parts.append(re.escape(words))
        if name is not None:
            parts.append(rf"(?P<{name}>[\d,.]+%?)" if name in _NUMBERS else rf"(?P<{name}>.{{0,3000}}?)")
    return "".join(parts)


def _value(name: str, value: str, lang: str) -> str:
    if name == "english":
        return ""
    if name == "given" or name.endswith("_given"):
        return value
    if name == "because":
        return told(value, lang)
    if name in _LISTS:
        return "".join(_word(part, lang) for part in re.split(_LISTS[name], value))
    field = f"page.field.{value}"
    return text(field, lang) if name == "field" and has(field) else _word(value, lang)


def _word(value: str, lang: str) -> str:
    return _words(lang).get(value, value)


@cache
def _words(lang: str) -> dict[str, str]:
    known = re.compile(r"(?:issue|error)\.word\.\w+|(?:format|page\.method)\.\w+\.title")
    return {found["en"]: found[lang] for key, found in entries().items() if known.fullmatch(key)}

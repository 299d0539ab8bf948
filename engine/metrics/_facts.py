"""Key facts of a text: numbers, money, dates, times, addresses of the net, codes, names, and a leading yes or no."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.metrics._quantities import digits, take_quantities
from engine.metrics._times import take_times
from engine.metrics._words import CJK, fold

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TLD = r"(?:com|org|net|gov|edu|io|ai|co|jp|uk|de|fr|info|dev|app|example|test|invalid|shop|store|eu|ca|au|cloud|tech)"
_URL = re.compile(
    rf"(?:https?://|www\.)[^\s<>\"'）)\]、。,]+(?<![.!?:;])|(?<![\w@.-])(?:[a-z0-9-]+\.)+{_TLD}(?![\w-])(?:/[^\s<>\"'）)\]、。,]*(?<![.!?:;]))?",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,5}|\(\d{2,4}\)[ -]?\d{3,4}-\d{3,4}"
    r"|(?<![\w-])(?:\d{1,4}-)?(?:\d{2,4}-\d{2,4}-\d{3,4}|\d{3}-\d{4})(?![\w-])"
)
# A code holds digits and either a capital letter (KB-2024, A4) or a letter beside a digit (covid19): not "5-star".
_CODE = re.compile(r"(?<![A-Za-z0-9_])#?[A-Za-z]\w*(?:[-_/#]\w+)*", re.ASCII)
_DIGIT_CODE = re.compile(r"(?<![A-Za-z0-9_.])\d+[A-Za-z]\w*(?:[-_]\w+)*", re.ASCII)  # 2FA, once units are taken
_COMPOUND = re.compile(r"(?<![\w./])\d+(?:(?:\.\d+){2,}|/\d+)(?![\w/])")  # 2.1.3, 24/7
_IS_CODE = re.compile(r"(?=.*\d)(?:.*[A-Z]|.*[a-z]\d|.*\d[a-z])", re.ASCII)
_LIST_MARK = re.compile(r"(?m)^[ \t]*(?:[-*•・]|\d{1,2}[.)])[ \t]+")
_INITIALS = re.compile(r"\b(?:[A-Z]\.){2,}(?![a-z])")
_JAPANESE_NAME = re.compile(r"[「『]([^」』]{1,40})[」』]")
_WORD = re.compile(rf"(?![{CJK}])[^\W\d_](?:(?![{CJK}])[\w'&-])*")
_CLAUSE_END = re.compile(r"(?<=[.!?:;])[\s\"']+|[。！？\n]+|(?<=\s)[-–—](?=\s)")
_YES_NO = re.compile(
    r"\W*(?:(?P<yes>yes|yep|yeah|はい)|(?P<no>(?:unfortunately,? )?(?:no|nope|not)"
    r"(?=\s*[,.!;:—–-]|\s*$|\s+(?:you|we|it|there|they|this|that|the|our|i|unfortunately|sorry)\b)|いいえ))(?!\w)",
    re.IGNORECASE,
)
# Words that are no name even with a capital: what sentences, steps and letters open with.
_ORDINARY = frozenset(
    """a about above according account add after again all also although always an and any apply are as ask at be
    because been before best between both but buy by call can cannot certainly change check choose click come
    complete confirm contact could customer customers dear delivery did do does download each either email
    ensure enter every everyone everything fill find first follow following for free from further get give go
    good great had has have he hello help her here hi his how however i if in include including indeed instead
    into is it items its just keep kind leave let like log look made mail make many may maybe might more most
    much must my need never new next no none not note now of off okay on once one only open or order orders
    other our out over pay payment phone place please press provide put read ready receive refund refunds
    regarding regards register remember reply report return returns same see select send set she shipping
    should show sign similarly simply since sincerely so some soon sorry start step still submit such sure
    take tap tell than thank thanks that the their them then there these they thing this those though through
    thus to today tomorrow try turn type under unfortunately unless until up update upon us use usually verify
    very via visit wait was we welcome well were what when where whether which while who whose why will wish
    with within without would write yes yet you your yours""".split()
)


@dataclass(frozen=True, slots=True)
class Facts:
    """`sure` facts, and words that open a sentence and `maybe` are a name ("Toronto is our seat")."""

    sure: frozenset[str]
    maybe: frozenset[str]


def facts(text: str) -> Facts:
    """The key facts of a text, each once, in one form whatever the writing.

    A clock time, date, amount or address is one fact; a name gives one fact a word. Doubtful words are kept apart:
    see `Facts`. Works on English; in Japanese it finds numbers, dates, times, addresses, codes and names in 「」.

    >>> sorted(facts("Yes, it costs $5.00 and takes two to three days. Write to Help@Acme.example.").sure)
    ['2–3 day', '5 usd', '=yes', 'help@acme.example']
    """
    text = _plain(text)
    found: list[str] = []
    if match := _YES_NO.match(text):
        found.append("=yes" if match["yes"] else "=no")
        text = f"{text[: match.start()]}\0{text[match.end() :]}"
    for pattern, form in ((_EMAIL, str.casefold), (_URL, _address)):
        text = _take(pattern, text, form, found)
    times, text = take_times(digits(text))
    text = _take(_PHONE, text, lambda phone: "tel " + re.sub(r"\D", "", phone), found)
    text = _take(_CODE, text, lambda code: code.lstrip("#").casefold() if _IS_CODE.match(code) else "", found)
    text = _take(_COMPOUND, text, str, found)
    quantities, text = take_quantities(text)
    text = _take(_DIGIT_CODE, text, str.casefold, found)
    text = _take(_JAPANESE_NAME, text, fold, found)
    names, maybe = _names(text)
    sure = frozenset([*found, *times, *quantities, *names])
    return Facts(sure, frozenset(maybe) - sure)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2018", "'")
    text = text.replace("\u201c", '"').replace("\u201d", '"').replace("\0", " ")
    text = re.sub(r"[*`]+|(?m:^#+ )|(?<!\w)_+|_+(?!\w)", "", text)  # Markdown's marks
    text = _INITIALS.sub(lambda match: match[0].replace(".", ""), text)
    return _LIST_MARK.sub("", text)


def _take(pattern: re.Pattern[str], text: str, form: Callable[[str], str], found: list[str]) -> str:
    """The text without the pattern's matches, whose form is added to `found`; a match of empty form stays."""

    def replace(match: re.Match[str]) -> str:
        fact = form(match[1] if pattern.groups else match[0])
        if not fact:
            return match[0]
        found.append(fact)
        return "\0"

    return pattern.sub(replace, text)


def _address(url: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", url.casefold()).rstrip("/")


def _names(text: str) -> tuple[set[str], set[str]]:
    sure: set[str] = set()
    maybe: set[str] = set()
    for clause in _clauses(text):
        words = _WORD.findall(clause)
        title = len(words) <= 3 and not clause.endswith(":") and all(word[0].isupper() for word in words)
        for at, word in enumerate(words):
            name = re.sub(r"'s?$", "", word.casefold()) if word[0].isupper() or word[1:] != word[1:].lower() else ""
            if len(name) < 2 and not (name and at) or _ordinary(word):
                continue
            opens = at == 0 and clause.lstrip("\"'( ").startswith(word)
            followed = at + 1 < len(words) and _capital(words[at + 1]) and f"{word} {words[at + 1]}" in clause
            inner = word[1:] != word[1:].lower()
            (sure if not opens or inner or followed or title else maybe).add(name)
    return sure, maybe - sure


def _ordinary(word: str) -> bool:
    short = word.split("'")[0]  # I'm, don't
    return short.casefold() in _ORDINARY and not (len(short) > 1 and short.isupper())  # "US" is no pronoun


def _capital(word: str) -> bool:
    return word[0].isupper() and not _ordinary(word)


def _clauses(text: str) -> Iterator[str]:
    return (clause for clause in _CLAUSE_END.split(text) if clause.strip())

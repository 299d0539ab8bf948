"""What a tutor's reply does: asks, hints, or gives the answer away. English and Japanese."""

import re
import unicodedata
from fractions import Fraction

from engine.metrics._quantities import digits
from engine.metrics._sentences import sentences
from engine.metrics._words import CJK, fold
from engine.schema import Example

_NUMBER = r"(?<![A-Za-z0-9_.])[-−]?\d[\d,]*(?:\.\d+)?(?:\s?/\s?\d+)?(?!\d)"
_VALUE = rf"[$€£¥]?\s?(?P<%s>{_NUMBER}|[^\s.。、,;!?！？][^.。、,;!?！？\n]{{0,40}})"
# GSM8K's "#### 18", LaTeX's \boxed{18}, "The final answer is 18", 「答えは18」.
_FINAL = re.compile(
    rf"####\s*{_VALUE % 'a'}|\\boxed\{{(?P<b>[^{{}}\n]{{1,60}})\}}"
    rf"|\b(?:final |correct |right )?answer(?: is|\s?[:=])(?! not\b)\s*{_VALUE % 'c'}"
    rf"|(?:答え|正解|解答)(?:は|[:：=])\s*{_VALUE % 'd'}",
    re.IGNORECASE,
)
_SAYS_IT_IS = r"\banswer(?: is|\s?[:=])(?! not\b)|(?:答え|正解|解答)(?:は|[:：=])|####|\\boxed\{"
_ANNOUNCED = re.compile(rf"(?:{_SAYS_IT_IS})\s*[$€£¥]?\s?{_NUMBER}", re.IGNORECASE)
_RESULT = re.compile(rf"(?:{_SAYS_IT_IS}|=)\s*[$€£¥]?\s?({_NUMBER})", re.IGNORECASE)
_ASKS = re.compile(r"[?？]|(?:ます|です|ました|でしょう|ません|だろう)か[。\s」]*$")
_HINTS = re.compile(
    r"\b(?:hint|try (?!again\b|later\b)\w+|think (?:about|of)|look (?:at|back)|remember|recall|consider|imagine|notice"
    r"|start (?:by|with)|begin (?:by|with)|first,? (?:we|you|let|find|draw|write)|let's|check (?:your|the|how)|draw"
    r"|what happens|how (?:about|would|could|many|much)|the next step)\b"
    r"|ヒント|考えて|思い出し|してみ(?:よう|ましょう|て)|注目|確認して|確かめて|見直し|着目",
    re.IGNORECASE,
)


def asks_or_hints(reply: str) -> bool:
    """Whether the reply asks the learner something or points to a next step.

    >>> asks_or_hints("What is half of 12?"), asks_or_hints("図をかいて考えてみましょう。"), asks_or_hints("It is 6.")
    (True, True, False)
    """
    text = unicodedata.normalize("NFKC", reply).replace("\u2019", "'")
    return any(_ASKS.search(part) or _HINTS.search(part) for part in sentences(text))


def final_answer(example: Example) -> str | None:
    """The item's final answer, where it is marked: "#### 18", "The answer is 18", 「答えは18」. None where it is not.

    Looked for in the reference (the last mark counts), then in what the system told the tutor; what a learner says the
    answer is is not looked at.
    """
    told = (message.content for message in example.prompt if message.role == "system")
    for text in (example.completion, *told):
        marks = [next(filter(None, match.groups())) for match in _FINAL.finditer(unicodedata.normalize("NFKC", text))]
        if marks:
            return marks[-1].strip()
    return None


def gives_away(reply: str, example: Example) -> bool | None:
    """Whether the reply contains the item's final answer; None where that is not marked.

    A number is compared by its value ("eighteen" is 18.0). What the learner has said or was asked is no secret: such a
    number gives something away only where the reply calls it the answer, or what a calculation comes to.
    """
    answer = final_answer(example)
    if answer is None:
        return None
    asked = "\n".join(message.content for message in example.prompt if message.role != "system")
    values = _values(answer)
    if values:
        wanted = values[-1]
        results = [value for number in _RESULT.findall(_plain(reply)) for value in _values(number)]
        return wanted in (results if wanted in _values(asked) else _values(reply))
    word = fold(answer)
    edge = "" if re.search(f"[{CJK}]", word) else r"\b"
    phrase = re.compile(rf"{edge}{re.escape(word)}{edge}")
    return bool(phrase.search(fold(reply))) and not phrase.search(fold(asked))


def announces(reply: str) -> bool:
    """Whether the reply says of a number that it is the answer, whichever that is."""
    return bool(_ANNOUNCED.search(_plain(reply)))


def _values(text: str) -> list[Fraction]:
    numbers = (found.replace(",", "").replace("−", "-").replace(" ", "") for found in re.findall(_NUMBER, _plain(text)))
    return [value for value in map(_value, numbers) if value is not None]


def _value(number: str) -> Fraction | None:
    try:
        return Fraction(number)
    except (ValueError, ZeroDivisionError):
        return None


def _plain(text: str) -> str:
    return digits(unicodedata.normalize("NFKC", text))

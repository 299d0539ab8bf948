"""Instructions in a prompt that a plain rule can check: how long, which letters, which words, how it ends.

English and Japanese; the kinds are those of IFEval (Zhou et al. 2023) that need no language model and no dictionary.
Only wordings that can hardly mean anything else are read: what is not sure is not checked. Of the 340 instructions of
these kinds in IFEval's 541 prompts it reads 291, and one that is none.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.metrics._quantities import digits
from engine.metrics._sentences import sentences
from engine.metrics._words import split_words
from engine.metrics.json_valid import is_json

Check = Callable[[str], bool]

_RELATION = (
    r"(?P<most>at most|no more than|up to|maximum(?: of)?|within|not exceed(?:ing)?)|(?P<under>fewer than|less than"
    r"|under|below)|(?P<least>at least|no (?:fewer|less) than|minimum(?: of)?)|(?P<over>more than|over)"
)
_CAPITALS = r"(?:capital letters|capitals|caps|upper[ -]?case)"
_COUNTED = rf"(?P<what>words|sentences|bullet points)\b(?!(?: or phrases)? (?:in|with|be|be in) (?:all )?{_CAPITALS})"
_COUNT = re.compile(
    rf"\b(?:{_RELATION}|exactly|in|using|use)\s+(?P<n>\d{{1,5}})(?P<plus>\+)?\s+{_COUNTED}"
    r"(?P<after>\s+or (?:less|fewer|more))?",
    re.IGNORECASE,
)
_COUNT_OR = re.compile(
    rf"\b(?P<n>\d{{1,5}})(?:\+\s*|(?:\s+or (?P<or>more|less|fewer))\s+){_COUNTED}"
    r"|\b(?P<n2>\d{1,5}) (?P<what2>words|sentences|bullet points) or (?P<or2>more|less|fewer)\b",
    re.IGNORECASE,
)
_LENGTH_JA = re.compile(r"(?P<n>\d{1,5})(?P<what>文字|字|文)(?P<how>以内|以下|以上|未満)")
_BULLETS_JA = re.compile(r"箇条書きで?(?P<a>\d{1,3})(?:点|個|項目|つ)|(?P<b>\d{1,3})(?:点|個|項目|つ)の箇条書き")
_BULLET = re.compile(r"(?m)^\s*(?:[-•・]|\*(?!\*))\s*\S")

_NOT = r"(?:do not|don't|not allowed to|should not|shouldn't|must not|cannot|can't|never|avoid|refrain from|without)"
_LOWER = re.compile(
    r"\b(?:in|use|using|only|be) (?:(?:all|only|entirely|in) ){0,3}lower[ -]?case\b(?! letter \w)|\ball lower[ -]?case"
    r"|\bno capital letters|\bwithout (?:using |any ){0,2}capital letters|小文字(?:のみ|だけ)|(?:すべて|全て)小文字",
    re.IGNORECASE,
)
_UPPER = re.compile(
    rf"(?<!without )\b(?:in|only|use|using) (?:(?:all|only|entirely) ){{0,3}}{_CAPITALS}(?! (?:to|for|words))"
    r"|\bno lower[ -]?case letters|大文字(?:のみ|だけ)|(?:すべて|全て)大文字",
    re.IGNORECASE,
)
_SOME_WORDS = re.compile(r"\bwords?\b[^.\n]{0,40}$", re.IGNORECASE)  # "at least 5 words should be in all caps"
_NO_COMMA = re.compile(
    rf"\b{_NOT} (?:\w+ ){{0,3}}?commas?\b|\bno commas?\b"
    r"|(?:[読句]点(?:「[、,]」)?|カンマ|コンマ)(?:を|は)使わ(?:な|ず)",
    re.IGNORECASE,
)
_JSON = re.compile(
    r"\b(?:in|as|using|use|valid) (?:a |the )?(?:valid |single )?JSON\b(?! (?:and|or)\b)"
    r"|\bJSON (?:format|block|object)\b|JSON(?:形式|フォーマット)?で",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\b(?:wrap|put|enclose)\w*\b[^.\n]{0,60}\bdouble quot"
    r"|\bdouble quot\w*(?: marks?)? around (?:your|the) (?:whole|entire)",
    re.IGNORECASE,
)
_WHOLE: tuple[tuple[re.Pattern[str], Check], ...] = (
    (_LOWER, lambda answer: answer == answer.lower()),
    (_UPPER, lambda answer: answer == answer.upper()),
    (_NO_COMMA, lambda answer: not re.search("[,，、]", answer)),
    (_JSON, is_json),
    (_QUOTED, lambda answer: re.fullmatch(r'\s*".*"\s*', answer, re.DOTALL) is not None),
)
_ENDS = re.compile(
    r"\b(?:end|finish|conclude)s?\b(?! of)(?: (?:your|the|it|this|that))?[^.\"\n]{0,60}?\b(?:with|by saying)\b"
    r"[^.\"\n]{0,40}\"(?P<en>[^\"\n]{1,200})\"|「(?P<a>[^「」\n]{1,80})」(?:という(?:一?文|言葉|語)?)?で(?:終わ|締め|結)"
    r"|(?:最後|末尾)(?:は|に|を)[^「。\n]{0,8}「(?P<b>[^「」\n]{1,80})」",
    re.IGNORECASE,
)
_SAYING = r"use|using|say|saying|mention|mentioning|include|including|write|writing|the|any|following|of"
_BANNED = re.compile(
    rf"\b{_NOT}\b(?: (?:{_SAYING})){{1,4}} (?:key)?(?:word|phrase|term)s?:? \"(?P<en>[^\"\n]{{1,200}})\""
    r"|「(?P<ja>[^「」\n]{1,80})」(?:という(?:言葉|語|単語|表現))?(?:を|は)(?:使わ|使用し|含め|書か)(?:な|ず)",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"(?<!not )(?<!n't )\b(?:include|contain|mention|use) the (?:exact )?(?:key)?(?:word|phrase|term) "
    r"\"(?P<en>[^\"\n]{1,200})\"(?! (?:at |more|less|fewer|no more|\d))"
    r"|「(?P<ja>[^「」\n]{1,80})」(?:という(?:言葉|語|単語|表現))?を必ず(?:含め|入れ|使)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """What is asked ("at most 50 words") and whether an answer does so."""

    asked: str
    kept: Check


def instructions(prompt: str) -> list[Instruction]:
    """The instructions of a prompt that can be checked, each once; [] where it has none.

    >>> [found.asked for found in instructions("Answer in at most 50 words. Do not use any commas.")]
    ['at most 50 words', 'Do not use any commas']
    >>> [found.asked for found in instructions("100字以内で、JSON形式で答えてください。")]
    ['100字以内', 'JSON形式で']
    """
    text = unicodedata.normalize("NFKC", prompt)
    text = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})
    found = [*_counts(digits(text)), *_words(text)]
    for pattern, check in _WHOLE:
        match = pattern.search(text)
        if match and not (pattern is _UPPER and _SOME_WORDS.search(text[: match.start()])):
            found.append(Instruction(match[0], check))
    return list({instruction.asked.casefold(): instruction for instruction in found}.values())


def _counts(text: str) -> Iterator[Instruction]:
    for match in _COUNT.finditer(text):
        least = match["least"] or match["plus"] or "more" in (match["after"] or "")
        most = match["most"] or match["after"] and not least
        yield _counted(match[0], match["what"], int(match["n"]), least or match["over"], most or match["under"])
    for match in _COUNT_OR.finditer(text):
        more = (match["or"] or match["or2"] or "more").casefold() == "more"
        yield _counted(match[0], match["what"] or match["what2"], int(match["n"] or match["n2"]), more, not more)
    for match in _LENGTH_JA.finditer(text):
        yield _counted(match[0], match["what"], int(match["n"]), match["how"] == "以上", match["how"] != "以上")
    for match in _BULLETS_JA.finditer(text):
        yield _counted(match[0], "bullet points", int(match["a"] or match["b"]), None, None)


def _counted(asked: str, what: str, wanted: int, least: object, most: object) -> Instruction:
    strict = bool(re.match(r"(?:fewer|less|more) than|under|below|over", asked, re.IGNORECASE)) or "未満" in asked
    low = wanted + strict if least else 0 if most else wanted
    high = wanted - strict if most else float("inf") if least else wanted
    return Instruction(asked, lambda answer: low <= _number(answer, what.casefold()) <= high)


def _number(answer: str, what: str) -> int:
    if what == "bullet points":
        return len(_BULLET.findall(answer))
    if what in ("sentences", "文"):
        return len(sentences(answer))
    return len(split_words(answer)) if what == "words" else len("".join(answer.split()))


def _words(text: str) -> Iterator[Instruction]:
    fold = lambda said: " ".join(unicodedata.normalize("NFKC", said).casefold().split())  # noqa: E731
    for match in _ENDS.finditer(text):
        end = fold(match["en"] or match["a"] or match["b"])
        yield Instruction(match[0], lambda answer, end=end: fold(answer).strip('"').endswith(end))
    for pattern, wanted in ((_BANNED, False), (_WANTED, True)):
        for match in pattern.finditer(text):
            word = re.compile(rf"\b{re.escape(fold(match['en']))}\b" if match["en"] else re.escape(fold(match["ja"])))
            yield Instruction(
                match[0], lambda answer, word=word, wanted=wanted: bool(word.search(fold(answer))) is wanted
            )

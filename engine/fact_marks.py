"""Where the key facts of an answer stand in it, and whether the reference has them. No torch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from engine.metrics._facts import Facts, facts
from engine.metrics._words import split_words
from engine.metrics.unsupported_specifics import beyond

Kind = Literal["right", "unsupported"]

# What a fact is put together from: a name in 「」, a run of letters and digits, a Japanese letter alone, a word.
_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_PIECE = re.compile(rf"[「『][^」』]{{1,40}}[」』]|[A-Za-z0-9.,:/\-]+(?=[{_CJK}])|[{_CJK}]|[^\s{_CJK}「『]+|[「『]")
LONGEST = 10  # pieces of one fact: "from nine to half past five on weekdays" is two of five
AROUND = " \t\n,.;:!?\"'()、。，．！？（）"  # stands beside a fact and is no part of it
MOST_PIECES = 400  # a longer answer is marked up to here: looking takes LONGEST times as many readings


@dataclass(frozen=True, slots=True)
class Mark:
    """The key fact `fact` stands at text[start:end]. right: the reference has it; unsupported: nothing given has."""

    start: int
    end: int
    kind: Kind
    fact: str


@lru_cache(maxsize=512)
def marks(answer: str, *, prompt: str, reference: str) -> tuple[Mark, ...]:
    """The key facts of an answer that are right or unsupported, in the order they stand; no two overlap.

    Counted as the metrics count them: right is what `key_facts` finds in the reference and not in the prompt,
    unsupported what `unsupported_specifics` finds in neither. What the prompt gave away is not marked. Given the
    reference as the answer, the marks are the facts that are asked for.

    >>> [(mark.kind, mark.fact) for mark in marks("5 days, says Rome.", prompt="How long?", reference="5 days")]
    [('right', '5 day'), ('unsupported', 'rome')]
    """
    said, asked, wanted = facts(answer), facts(prompt), facts(reference)
    known = asked.sure | asked.maybe | frozenset(split_words(prompt))
    right = (said.sure | said.maybe) & (wanted.sure - known)
    loose = beyond(answer, f"{prompt}\n{reference}")
    kinds: dict[str, Kind] = dict.fromkeys(loose, "unsupported") | dict.fromkeys(right, "right")
    return tuple(_without_overlap(answer, _places(answer, frozenset(kinds)), kinds))


def _places(text: str, looked_for: frozenset[str]) -> list[tuple[int, int, str]]:
    """(start, end, fact) of the shortest stretches of the text that read as one of the facts, everywhere they stand.

    The reader of facts gives no places, so it is asked about every stretch: what it says of the whole counts, a
    shorter stretch that read otherwise ("5" of "5 days") does not.
    """
    pieces = [match.span() for match in _PIECE.finditer(text)][:MOST_PIECES]
    found: list[tuple[int, int, str]] = []
    for size in range(1, min(LONGEST, len(pieces)) + 1):
        if looked_for <= {fact for _, _, fact in found} and size > 2:
            break
        for at in range(len(pieces) - size + 1):
            start, end = pieces[at][0], pieces[at + size - 1][1]
            read = _read(text[start:end])
            within = [one for one in found if start <= one[0] and one[1] <= end]
            new = (read.sure | read.maybe) & looked_for - {fact for _, _, fact in within}
            if "=yes" in new | {"=no"} and start:  # a yes further on is no answer
                new -= {"=yes", "=no"}
            if new:
                found = [one for one in found if one not in within or one[2] in read.sure | read.maybe]
                found += [(start, end, fact) for fact in sorted(new)]
    return found


@lru_cache(maxsize=4096)
def _read(words: str) -> Facts:
    return facts(words)


def _without_overlap(text: str, found: Sequence[tuple[int, int, str]], kinds: dict[str, Kind]) -> list[Mark]:
    """The places as marks, the shorter first to be kept; of a longer one what is left of it ("9 to" of "9 to 5 pm")."""
    taken: list[Mark] = []
    for start, end, fact in sorted(found, key=lambda one: one[1] - one[0]):
        for mark in taken:
            if mark.start < end and start < mark.end:
                start, end = (start, mark.start) if mark.start - start >= end - mark.end else (mark.end, end)
        words = text[start:end]
        start, end = start + len(words) - len(words.lstrip(AROUND)), end - len(words) + len(words.rstrip(AROUND))
        if start < end:
            taken.append(Mark(start, end, kinds[fact], fact))
    return sorted(taken, key=lambda mark: mark.start)

"""How much of a test was already seen in training. A score on leaked items measures memory, not what was learnt."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from engine.data.counted import counted
from engine.metrics._words import CJK, split_words
from engine.schema import Example, Tell, silent

WORDS = 8  # as in GPT-3's and PaLM's contamination checks, which use 8 to 13 words
CHARACTERS = 16  # about eight words of Japanese; eight characters are no more than 「について教えて」
CONTAINED = 0.5
FACTOR = 6364136223846793005  # odd and large: Knuth's multiplier for 64 bits
MAX_PAIRS = 20
# These suites share their answers with training on purpose (a trained fact in new words, one way to decline, common
# knowledge), so a known answer is no leak there: only the question is judged. Elsewhere both are.
QUESTION_ONLY = {"reworded", "reworded_text", "unanswerable", "general"}


def leakage(
    test: Sequence[Example], *, train: Sequence[Example], suite: str = "", tell: Tell = silent
) -> dict[str, Any]:
    """{"test": n, "exact", "near", "share", "ids", "pairs"}: the items of one test suite that training gives away.

    An item is "exact" where its question, or an answer of at least one n-gram, stands in training (width, case, white
    space and punctuation ignored); "near" where at least half of the distinct n-grams of its question or answer stand
    in training questions or answers. An n-gram is 8 words, or 16 characters of Chinese or Japanese; a text shorter
    than one is compared exactly or, if an answer, not at all: many rows may rightly say "yes". `suite` decides
    whether answers are judged (QUESTION_ONLY); an answer that declines never is. `share` is (exact + near) / n.
    `ids` names the leaked items, `pairs` the first 20 with the training row that covers most of each. `tell` hears of
    the training rows as they are looked at ("leakage"). Of these only what the test holds too is kept in memory.
    """
    found = given_away(test, train=train, suite=suite, tell=tell)
    kinds = Counter(pair["kind"] for pair in found.values())
    return {
        "test": len(test),
        "exact": kinds["exact"],
        "near": kinds["near"],
        "share": len(found) / len(test) if test else 0.0,
        "ids": list(found),
        "pairs": sorted(found.values(), key=lambda pair: (pair["kind"], -pair["contained"]))[:MAX_PAIRS],
    }


def given_away(
    test: Sequence[Example], *, train: Sequence[Example], suite: str = "", tell: Tell = silent
) -> dict[str, dict[str, Any]]:
    """Every item of a test that training gives away, by its id, with the training row that covers most of it."""
    sides: list[tuple[str, Callable[[Example], str]]] = [("question", asked)]
    if suite not in QUESTION_ONLY:
        sides.append(("answer", lambda example: example.completion if example.answerable else ""))
    found: dict[str, dict[str, Any]] = {}
    for side, text_of in sides:
        for pair in _pairs(test, train, text_of, exact_at_any_length=side == "question", tell=tell):
            known = found.get(pair["id"])
            if known is None or (pair["kind"] == "exact" and known["kind"] == "near"):
                found[pair["id"]] = {**pair, "side": side}
    return found


def asked(example: Example) -> str:
    """Everything the model is asked, without the instructions of a system message."""
    return "\n".join(message.content for message in example.prompt if message.role != "system")


def plain(text: str) -> str:
    """The text as it is compared for equality: its words, without punctuation; a text of signs only as it stands.

    >>> plain("Are you open -- on Sunday?")
    'are you open on sunday'
    """
    return _whole(split_words(text), text)


def _whole(words: Sequence[str], text: str) -> str:
    return " ".join(words) or " ".join(text.split())


def grams(text: str) -> set[tuple[str, ...]]:
    """The distinct n-grams of a text: 8 words, or 16 characters where most of it is Chinese or Japanese."""
    return _runs(split_words(text))


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    return set(zip(*(words[start:] for start in range(_size(words))), strict=False))


def _size(words: Sequence[str]) -> int:
    if all(map(str.isascii, words)):
        return WORDS
    cjk = sum(len(word) == 1 and _is_cjk(word) for word in words)
    return CHARACTERS if cjk * 2 > len(words) else WORDS


def _is_cjk(char: str, ranges: tuple = tuple(zip(CJK[0::3], CJK[2::3], strict=False))) -> bool:
    return any(low <= char <= high for low, high in ranges)


def _pairs(
    test: Sequence[Example],
    train: Sequence[Example],
    text_of: Callable[[Example], str],
    *,
    exact_at_any_length: bool,
    tell: Tell,
) -> Iterable[dict[str, Any]]:
    # Both sides may be large: n-grams and texts are held as hashes of 64 bits, only those of the test, and once.
    def read(example: Example) -> tuple[str, np.ndarray]:
        """The text as it is compared whole, and the hashes of its n-grams."""
        text = text_of(example)
        words = split_words(text)
        return _whole(words, text), _hashes(words)

    same: dict[int, int] = {}  # the first training row that is the same text, by that text's hash
    own = [np.empty(0, np.int64)]
    for whole, grams_of in map(read, test):
        same[hash(whole)] = len(train)
        own.append(grams_of)
    known = np.concatenate(own)
    own.clear()  # else the n-grams are held twice while they are put in order
    known = _distinct(known)
    holder = np.full(len(known), len(train), np.int32)  # the first training row that has the n-gram
    for index, example in enumerate(counted(train, "leakage", of=len(train), tell=tell)):
        whole, mine = read(example)
        if same.get(hash(whole), 0) == len(train):
            same[hash(whole)] = index
        at = np.searchsorted(known, mine)
        inside = at < len(known)
        at = at[inside][known[at[inside]] == mine[inside]]
        holder[at] = np.minimum(holder[at], index)
    for example in test:
        whole, grams_of = read(example)
        holders = holder[np.searchsorted(known, grams_of)]
        rows, times = np.unique(holders[holders < len(train)], return_counts=True)
        contained = int(times.sum()) / len(grams_of) if len(grams_of) else 0.0
        first = same[hash(whole)]
        if whole and first < len(train) and (len(grams_of) or exact_at_any_length):
            yield _pair(example, train[first], text_of, "exact", 1.0)
        elif len(grams_of) and contained >= CONTAINED:
            yield _pair(example, train[int(rows[times.argmax()])], text_of, "near", contained)


def _hashes(words: Sequence[str]) -> np.ndarray:
    """The hashes of the distinct n-grams, in order: polynomials of their words' hashes, all at once."""
    size = _size(words)
    count = len(words) - size + 1
    if count <= 0:
        return np.empty(0, np.int64)
    each = np.fromiter(map(hash, words), np.int64, len(words))
    runs = np.zeros(count, np.int64)
    for start in range(size):
        runs = runs * FACTOR + each[start : start + count]  # beyond 64 bits is cut off, as a hash may be
    return _distinct(runs)


def _distinct(values: np.ndarray) -> np.ndarray:
    """The values, each once and in order, put in order where they lie. (numpy's unique hashes them instead, for
    a multiple of the memory.)"""
    values.sort()
    first = np.ones(len(values), bool)
    first[1:] = values[1:] != values[:-1]
    return values[first]


def _pair(
    test: Example, train: Example, text_of: Callable[[Example], str], kind: str, contained: float
) -> dict[str, Any]:
    return {
        "id": test.id,
        "kind": kind,
        "contained": round(contained, 3),
        "test": text_of(test)[:300],
        "train": text_of(train)[:300],
        "train_id": train.id,
        "test_row": test.source_row,
        "train_row": train.source_row,
    }

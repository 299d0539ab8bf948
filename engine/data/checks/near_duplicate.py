"""Rows that say nearly the same as an earlier one: MinHash over shingles (Broder 1997), as datasketch computes it."""

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from engine.data.checks._check import Check
from engine.data.leakage import asked
from engine.metrics._words import split_words
from engine.schema import Example, Issue

PERMUTATIONS = 64
BANDS = 8  # of 8 values each: two rows of Jaccard 0.85 meet with 93 %, rows of 0.5 with 3 %
SAME = 0.85  # estimated Jaccard from which on two rows say nearly the same
WORDS = 3
LEAST_SHINGLES = 8  # shorter rows of one template ("How much is article 7?") are alike and say different things


def find(examples: Sequence[Example], tokens: Sequence[int] | None) -> Iterator[Issue]:
    from datasketch import MinHash  # late: it brings scipy, which the page does not need

    kept: list[int | None] = []
    made = MinHash.generator(_long_enough(examples, kept), num_perm=PERMUTATIONS, seed=1, hashfunc=int)
    marks = bytearray()  # 256 bytes a row
    for one in made:
        marks += one.hashvalues.astype(np.uint32).tobytes()
    if len(kept) < 2:
        return
    table = np.frombuffer(marks, np.uint32).reshape(-1, PERMUTATIONS)
    for later, earlier in alike(table):
        first, second = kept[earlier], kept[later]
        share = float((table[later] == table[earlier]).mean())
        message = f"Row {second} says nearly the same as row {first} ({share:.0%} alike)."
        yield Issue(second, "near_duplicate", message, False)


def _long_enough(examples: Sequence[Example], kept: list[int | None]) -> Iterator[set[int]]:
    """The shingles of each row that has enough of them; the numbers of such rows are put into `kept` as they come."""
    for example in examples:
        found = shingles(example)
        if len(found) >= LEAST_SHINGLES:
            kept.append(example.source_row)
            yield found


def shingles(example: Example) -> set[int]:
    """A hash of each run of three words of what is asked and answered. Numbers are kept: they tell rows apart."""
    words = split_words(f"{asked(example)} {example.completion}")
    text = [f"{a} {b} {c}" for a, b, c in zip(words, words[1:], words[2:], strict=False)]
    return {zlib.crc32(part.encode("utf-8", "replace")) for part in text}


def alike(table: np.ndarray) -> Iterator[tuple[int, int]]:
    """(later, earlier) for each row (N, PERMUTATIONS) that is like an earlier one, each row once, in order.

    Rows are compared where a band of their signatures is equal; of those the earliest is taken.
    """
    width = table.shape[1] // BANDS
    partner: dict[int, int] = {}
    for band in range(BANDS):
        part = np.ascontiguousarray(table[:, band * width : (band + 1) * width]).view(f"S{4 * width}").ravel()
        order = np.argsort(part, kind="stable")  # equal bands side by side, their rows in order
        ends = np.flatnonzero(np.append(part[order[1:]] != part[order[:-1]], True)) + 1
        starts = np.append(0, ends[:-1])
        several = ends - starts > 1
        for start, end in zip(starts[several].tolist(), ends[several].tolist(), strict=True):
            first, *others = order[start:end].tolist()
            for row in others:  # compared with the first row of their bucket, not all with all
                if (table[row] == table[first]).mean() >= SAME and first < partner.get(row, row):
                    partner[row] = first
    yield from sorted(partner.items())


CHECK = Check("near_duplicate", {"near_duplicate": "low"}, find)

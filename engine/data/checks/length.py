"""Answers far shorter or longer than those of the other rows, in characters and, where they are counted, in tokens."""

import statistics
from collections.abc import Iterator, Sequence

from engine.data.checks._check import Check
from engine.schema import Example, Issue

FEWEST = 20  # rows from which on "the others" mean something
SHORT_SHARE = 20  # a twentieth of the median
LONG_TIMES = 10
LONG_CHARACTERS = 2000
LONG_TOKENS = 1000


def find(examples: Sequence[Example], tokens: Sequence[int] | None) -> Iterator[Issue]:
    answered = [len(example.completion) for example in examples if example.completion]
    if len(answered) < FEWEST:
        return
    median = statistics.median(answered)
    middle = statistics.median(tokens) if tokens else 0
    for at, example in enumerate(examples):
        size, number = len(example.completion), example.source_row
        if size and size * SHORT_SHARE < median:
            message = f"Row {number} has an answer of {size} characters where the median is {median:,.0f}."
            yield Issue(number, "very_short", message, False)
        elif size > max(LONG_CHARACTERS, LONG_TIMES * median):
            message = f"Row {number} has an answer of {size:,} characters where the median is {median:,.0f}."
            yield Issue(number, "very_long", message, False)
        elif tokens and tokens[at] > max(LONG_TOKENS, LONG_TIMES * middle):
            message = f"Row {number} has {tokens[at]:,} tokens where the median is {middle:,.0f}."
            yield Issue(number, "many_tokens", message, False)


CHECK = Check("length", {"very_short": "low", "very_long": "medium", "many_tokens": "medium"}, find)

"""Long documents divided where a reader would pause, so that none of their text is lost to a length limit."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from engine.schema import Example, Issue, example_id

# Where to divide, the best first: between paragraphs, lines, sentences, words.
BORDERS = (r"\n\s*\n", r"\n", r"(?<=[.!?。！？])\s*(?=\S)", r"\s+")


def divide_long(
    examples: Iterable[Example], *, max_length: int, count: Callable[[Example], int]
) -> tuple[list[Example], list[Issue]]:
    """(the plain texts as parts of at most max_length tokens, an Issue for each text that was divided).

    The parts of a text share its group, so they stay together when data is held out. Other rows are left as they are.
    """
    issues: list[Issue] = []
    return list(divide_rows(examples, issues, max_length=max_length, count=count)), issues


def divide_rows(
    examples: Iterable[Example], issues: list[Issue], *, max_length: int, count: Callable[[Example], int]
) -> Iterator[Example]:
    """The examples of `divide_long`, one at a time as they are asked for; their issues are put into `issues`."""
    for example in examples:
        fits = lambda words, example=example: count(replace(example, completion=words)) <= max_length  # noqa: E731
        if example.kind != "text" or fits(example.completion):
            yield example
            continue
        parts = [part.strip() for part in pieces(example.completion, fits)]
        group = example.group or example.id
        yield from (replace(example, id=example_id((), part), completion=part, group=group) for part in parts if part)
        message = (
            f"Row {example.source_row} is longer than data.max_length ({max_length:,} tokens): {len(parts)} parts."
        )
        issues.append(Issue(example.source_row, "divided", message, False))


def pieces(words: str, fits: Callable[[str], bool], borders: Sequence[str] = BORDERS) -> Iterator[str]:
    """Neighbouring pieces put together as long as they fit; a piece that does not fit is divided at the next border."""
    if fits(words):
        yield words
        return
    if not borders:
        middle = len(words) // 2
        yield from pieces(words[:middle], fits, ())
        yield from pieces(words[middle:], fits, ())
        return
    ends = [match.end() for match in re.finditer(borders[0], words)]
    held, begin = "", 0
    for end in [*ends, len(words)]:
        piece, begin = words[begin:end], end
        if held and fits(held + piece):
            held += piece
            continue
        if held:
            yield held
            held = ""
        if fits(piece):
            held = piece
        else:
            yield from pieces(piece, fits, borders[1:])
    if held:
        yield held

"""Rows of more tokens than a run takes: listed, and treated as the user chose. Nothing is cut in silence."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from engine.data.chunks import divide_rows
from engine.schema import Example, Issue, Message, identified

CountTokens = Callable[[Example], tuple[int, int]]
CODES = {"too_long": "dropped", "cut_prompt": "cut", "divided": "divided"}


def treat(
    examples: Iterable[Example], *, max_length: int, too_long: str, count_tokens: CountTokens
) -> tuple[list[Example], list[Issue]]:
    """(examples of at most `max_length` tokens, an Issue for each longer row). `too_long` is DataSpec.too_long.

    "" divides plain texts and drops other rows; "cut_prompt" takes the oldest of the prompt away until the row fits;
    "drop" drops plain texts too.
    """
    divided, others = [], []
    how = {"max_length": max_length, "too_long": too_long, "count_tokens": count_tokens}
    return list(treat_rows(examples, divided, others, **how)), divided + others


def treat_rows(
    examples: Iterable[Example],
    divided: list[Issue],
    issues: list[Issue],
    *,
    max_length: int,
    too_long: str,
    count_tokens: CountTokens,
) -> Iterator[Example]:
    """The examples of `treat`, one at a time as they are asked for; the issues of texts that were divided are put into
    `divided`, the others into `issues`."""
    if too_long != "drop":
        count = lambda example: sum(count_tokens(example))  # noqa: E731
        examples = divide_rows(examples, divided, max_length=max_length, count=count)
    for example in examples:
        total = longest(example, count_tokens)
        if total <= max_length:
            yield example
            continue
        number = example.source_row
        said = f"Row {number} has {total:,} tokens, more than data.max_length ({max_length:,})"
        shorter = too_long == "cut_prompt" and cut_prompt(example, max_length=max_length, count_tokens=count_tokens)
        if shorter:
            yield shorter
            issues.append(Issue(number, "cut_prompt", f"{said}: {_gone(example, shorter)} cut from its left.", False))
        else:
            issues.append(Issue(number, "too_long", f"{said}.", True))


def longest(example: Example, count_tokens: CountTokens) -> int:
    """The tokens of the row, with the longer of its answers."""
    versions = [example, *([replace(example, completion=example.rejected)] if example.rejected else [])]
    return max(sum(count_tokens(version)) for version in versions)


def cut_prompt(example: Example, *, max_length: int, count_tokens: CountTokens) -> Example | None:
    """The row with as much of its prompt as fits, counted from the right: whole earlier turns go first, then the
    beginning of the last question, at a word where there are words. System messages stay. None where nothing of the
    question would be left."""

    def fits(row: Example) -> bool:
        return longest(row, count_tokens) <= max_length

    head = tuple(message for message in example.prompt[:1] if message.role == "system")
    turns = list(example.prompt[len(head) :])
    while len(turns) > 2:
        turns = turns[2:]  # a question with its answer
        row = identified(replace(example, prompt=(*head, *turns)))
        if fits(row):
            return row
    if len(turns) != 1:
        return None
    words = turns[0].content

    def from_place(at: int) -> Example:
        return identified(replace(example, prompt=(*head, Message(turns[0].role, words[at:].lstrip()))))

    first, last = 0, len(words)  # the least place from which on the row fits lies in (first, last]
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (first, middle) if fits(from_place(middle)) else (middle, last)
    border = words.find(" ", last)
    if 0 <= border - last < 40 and not words[last - 1].isspace():
        last = border
    row = from_place(last)
    return row if row.question.strip() and fits(row) else None


def counts(issues: Sequence[Issue]) -> dict[str, int]:
    """{"dropped", "cut", "divided"}: how many rows were too long, by what became of them."""
    found = dict.fromkeys(CODES.values(), 0)
    for issue in issues:
        if issue.code in CODES:
            found[CODES[issue.code]] += 1
    return found


def _gone(before: Example, after: Example) -> str:
    size = sum(len(m.content) for m in before.prompt) - sum(len(m.content) for m in after.prompt)
    return f"{size:,} characters of the prompt"


def remembered(count_tokens: CountTokens) -> CountTokens:
    """The same, each row counted once: it is asked about when it is checked, split and summed up. Rows are told apart
    by id and completion. Hashes are kept, not texts."""
    known: dict[int, int] = {}  # two numbers in one: a third of the memory of a pair

    def count(example: Example) -> tuple[int, int]:
        key = hash((example.id, example.completion))  # a rejected answer is counted under the id of its row
        if key not in known:
            prompt, answer = count_tokens(example)
            known[key] = prompt << 32 | answer
        return known[key] >> 32, known[key] & 0xFFFFFFFF

    return count

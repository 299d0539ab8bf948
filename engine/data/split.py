"""Which rows are held out. The order of a hash decides, so new rows never shuffle the old ones."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from engine.data.leakage import asked, plain
from engine.data.stored import changed, pick
from engine.schema import Example, UserError

LONG_ANSWER = 20  # characters; "yes" or a label in many rows does not make them one topic


@dataclass(frozen=True)
class Families(Sequence[int]):
    """A number for each row, equal for rows that must not be separated by a split; `name` of it is the same whatever
    the order of the rows. Names are as long as rows, so they are made again from the rows when they are asked for."""

    of: Sequence[int]
    rows: Sequence[Example]

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, at: Any) -> Any:
        return self.of[at]

    def name(self, number: int) -> str:
        """The smallest key of the family's rows."""
        return _keys(self.rows[number // KEYS])[number % KEYS]


def hold_out_groups(
    examples: Sequence[Example], *, share: float, seed: int, family: Families | None = None
) -> tuple[Sequence[Example], Sequence[Example]]:
    """(rest, held): whole groups, about `share` of the rows, at least one group on each side.

    Groups are ordered by sha256(seed, group) and taken from the front until the share is reached, so adding rows
    moves groups at the boundary only. What belongs together is `families`, which `family` may bring along. Raises
    UserError where all is one group.
    """
    if share <= 0:
        return examples, []
    family = families(examples) if family is None else family
    sizes = Counter(family.of)
    if len(sizes) < 2:
        raise UserError(
            "All rows belong to one group, so no group can be held out for the test. "
            "Give each document, product or topic its own group, or leave the group column out."
        )
    held: set[int] = set()
    rows = 0
    wanted = share * len(examples)
    ranked = sorted(sizes, key=lambda number: _order(seed, family.name(number)))
    for name in ranked:
        # A group that overshoots more than it helps is passed over, or one large group would be most of the test.
        if len(held) < len(sizes) - 1 and abs(rows + sizes[name] - wanted) < abs(rows - wanted):
            held.add(name)
            rows += sizes[name]
    held = held or {min(ranked, key=sizes.get)}
    return _divide(examples, [name in held for name in family.of])


def hold_out_wordings(
    examples: Sequence[Example], *, share: float, seed: int
) -> tuple[Sequence[Example], Sequence[Example]]:
    """(rest, held): `share` of the rows (at least one where share > 0), at most one wording of each family.

    This is the validation part, whose loss chooses the checkpoint. A bot that answers from what it learnt can only be
    right about facts it was trained on: a loss on held-out facts would rise while the bot gets better. So a row is
    taken whose fact other rows teach in other words; rows that stand alone follow only where those do not suffice.
    Rows that ask the very same (pairs and labels of one prompt) go together.
    """
    if share <= 0 or len(examples) < 2:
        return examples, []
    wanted = min(max(1, round(share * len(examples))), len(examples) - 1)
    family = families(examples)
    asked_hash, by_id = array("q"), []
    for example in examples:
        asked_hash.append(hash(_asks(example)))
        by_id.append(_order(seed, example.id))
    # Rows side by side by family, then by what they ask.
    places = sorted(range(len(examples)), key=lambda at: (family.of[at], asked_hash[at]))
    chosen: list[tuple[bool, bytes, tuple[int, ...]]] = []  # whether alone, the family's order, the rows
    for number, rows in groupby(places, key=family.of.__getitem__):
        wordings = [tuple(own) for _, own in groupby(rows, key=asked_hash.__getitem__)]
        first = min(wordings, key=lambda own: min(by_id[at] for at in own))
        chosen.append((len(wordings) == 1, _order(seed, family.name(number)), first))
    held: set[int] = set()
    for _, _, rows in sorted(chosen):
        if len(held) < wanted and len(held) + len(rows) < len(examples):
            held |= set(rows)
    return _divide(examples, [index in held for index in range(len(examples))])


def families(examples: Sequence[Example]) -> Families:
    """The family of each row: rows that must not be separated by a split.

    Rows of one `group` belong together, and rows with the same question, and rows with the same long answer: they
    are wordings of one fact, and one of them in the test would be answered by the others. Declining says the same
    everywhere and joins nothing; neither does an answer that more than a tenth of the rows give (a template).
    """
    answers = Counter(hash(f"answer {plain(example.completion)}") for example in examples)
    often = max(10, len(examples) / 10)
    # Keys are texts as long as rows: their hashes are joined, and of each family its number says where its smallest is.
    parent: dict[int, int] = {}
    least: dict[int, int] = {}
    found = Families(array("q"), examples)

    def root(key: int) -> int:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for at, example in enumerate(examples):
        keys = {at * KEYS + which: key for which, key in enumerate(_keys(example)) if key}
        keys = {number: key for number, key in keys.items() if number % KEYS < 2 or answers[hash(key)] <= often}
        number = min(keys, key=keys.get)
        name, hashes = keys[number], list(map(hash, keys.values()))
        roots = {root(known) for known in hashes if known in parent}
        for joining in roots:
            other = least.pop(joining)
            if (others := found.name(other)) < name:
                number, name = other, others
        top = next(iter(roots), hashes[0])
        parent.update(dict.fromkeys((*hashes, *roots), top))
        least[top] = number
        found.of.append(hashes[0])
    for at, known in enumerate(found.of):
        found.of[at] = least[root(known)]
    return found


def name_groups(examples: Sequence[Example], *, family: Families | None = None) -> Sequence[Example]:
    """The same rows; those of one family get a group if they have none: statistics then count facts, not rows."""
    family = families(examples) if family is None else family
    sizes = Counter(family.of)
    first: dict[int, int] = {}
    like = array("q")  # the place of the first row of its family, -1 for a row that is its family
    for at, number in enumerate(family.of):
        like.append(first.setdefault(number, at) if sizes[number] > 1 else -1)

    def named(at: int, example: Example) -> Example:
        if example.group or like[at] < 0:
            return example
        return replace(example, group=f"like row {examples[like[at]].source_row}")

    return changed(examples, named)


KEYS = 3  # of a row: see _keys


def _keys(example: Example) -> tuple[str, str, str]:
    """What a row shares with others of its family: its question, its group, its long answer; "" where it has none."""
    answer = plain(example.completion)
    joins = example.answerable and len(answer) >= LONG_ANSWER
    return _asks(example), f"group {example.group}" if example.group else "", f"answer {answer}" if joins else ""


def _asks(example: Example) -> str:
    """Equal for rows that ask the same. A plain text asks nothing and stands for itself."""
    return f"question {plain(asked(example))}" if example.prompt else f"text {example.id}"


def _order(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{name}".encode("utf-8", "replace")).digest()


def _divide(examples: Sequence[Example], held: Sequence[bool]) -> tuple[Sequence[Example], Sequence[Example]]:
    rest = pick(examples, [at for at, out in enumerate(held) if not out])
    return rest, pick(examples, [at for at, out in enumerate(held) if out])

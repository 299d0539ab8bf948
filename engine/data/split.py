"""Which rows are held out. The order of a hash decides, so new rows never shuffle the old ones."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from engine.data.leakage import asked, plain
from engine.schema import Example, UserError

LONG_ANSWER = 20  # characters; "yes" or a label in many rows does not make them one topic


def hold_out_groups(
    examples: Sequence[Example], *, share: float, seed: int, family: Sequence[str] | None = None
) -> tuple[list[Example], list[Example]]:
    """(rest, held): whole groups, about `share` of the rows, at least one group on each side.

    Groups are ordered by sha256(seed, group) and taken from the front until the share is reached, so adding rows
    moves groups at the boundary only. What belongs together is `families`, which `family` may bring along. Raises
    UserError where all is one group.
    """
    if share <= 0:
        return list(examples), []
    family = families(examples) if family is None else family
    sizes = Counter(family)
    if len(sizes) < 2:
        raise UserError(
            "All rows belong to one group, so no group can be held out for the test. "
            "Give each document, product or topic its own group, or leave the group column out."
        )
    held: set[str] = set()
    rows = 0
    wanted = share * len(examples)
    ranked = sorted(sizes, key=lambda name: _order(seed, name))
    for name in ranked:
        # A group that overshoots more than it helps is passed over, or one large group would be most of the test.
        if len(held) < len(sizes) - 1 and abs(rows + sizes[name] - wanted) < abs(rows - wanted):
            held.add(name)
            rows += sizes[name]
    held = held or {min(ranked, key=sizes.get)}
    return _divide(examples, [name in held for name in family])


def hold_out_wordings(examples: Sequence[Example], *, share: float, seed: int) -> tuple[list[Example], list[Example]]:
    """(rest, held): `share` of the rows (at least one where share > 0), at most one wording of each family.

    This is the validation part, whose loss chooses the checkpoint. A bot that answers from what it learnt can only be
    right about facts it was trained on: a loss on held-out facts would rise while the bot gets better. So a row is
    taken whose fact other rows teach in other words; rows that stand alone follow only where those do not suffice.
    Rows that ask the very same (pairs and labels of one prompt) go together.
    """
    if share <= 0 or len(examples) < 2:
        return list(examples), []
    wanted = min(max(1, round(share * len(examples))), len(examples) - 1)
    wordings: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, name in enumerate(families(examples)):
        wordings[name][_asks(examples[index])].append(index)

    def first(rows: list[int]) -> bytes:
        return min(_order(seed, examples[index].id) for index in rows)

    chosen = {name: min(own.values(), key=first) for name, own in wordings.items()}
    held: set[int] = set()
    for name in sorted(chosen, key=lambda name: (len(wordings[name]) == 1, _order(seed, name))):
        if len(held) < wanted and len(held) + len(chosen[name]) < len(examples):
            held |= set(chosen[name])
    return _divide(examples, [index in held for index in range(len(examples))])


def families(examples: Sequence[Example]) -> list[str]:
    """A name for each row, equal for rows that must not be separated by a split.

    Rows of one `group` belong together, and rows with the same question, and rows with the same long answer: they
    are wordings of one fact, and one of them in the test would be answered by the others. Declining says the same
    everywhere and joins nothing; neither does an answer that more than a tenth of the rows give (a template).
    """
    answers = Counter(hash(plain(example.completion)) for example in examples)
    often = max(10, len(examples) / 10)
    # Keys are texts as long as rows: their hashes are joined, and of each family only the smallest key is held.
    parent: dict[int, int] = {}
    least: dict[int, str] = {}

    def find(key: int) -> int:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    firsts = []
    for example in examples:
        answer = plain(example.completion)
        own = [_asks(example)]
        own += [f"group {example.group}"] if example.group else []
        joins = example.answerable and len(answer) >= LONG_ANSWER and answers[hash(answer)] <= often
        own += [f"answer {answer}"] if joins else []
        first = hash(own[0])
        for key in own:  # the smallest key names a family, whatever the order of the rows
            known = hash(key)
            if known not in parent:
                parent[known], least[known] = known, key
            one, other = find(first), find(known)
            if one != other:
                parent[other] = one
                least[one] = min(least[one], least.pop(other))
        firsts.append(first)
    return [least[find(first)] for first in firsts]


def name_groups(examples: Sequence[Example], *, family: Sequence[str] | None = None) -> list[Example]:
    """The same rows; those of one family get a group if they have none: statistics then count facts, not rows."""
    family = families(examples) if family is None else family
    sizes = Counter(family)
    first: dict[str, int | None] = {}
    for name, example in zip(family, examples, strict=True):
        first.setdefault(name, example.source_row)
    return [
        example if example.group or sizes[name] == 1 else replace(example, group=f"like row {first[name]}")
        for name, example in zip(family, examples, strict=True)
    ]


def _asks(example: Example) -> str:
    """Equal for rows that ask the same. A plain text asks nothing and stands for itself."""
    return f"question {plain(asked(example))}" if example.prompt else f"text {example.id}"


def _order(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{name}".encode("utf-8", "replace")).digest()


def _divide(examples: Sequence[Example], held: list[bool]) -> tuple[list[Example], list[Example]]:
    rest = [example for example, out in zip(examples, held, strict=True) if not out]
    return rest, [example for example, out in zip(examples, held, strict=True) if out]

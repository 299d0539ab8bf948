"""Names in a file's questions, and the rows that must go so that nothing in training tells of one."""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.data.leakage import asked
from engine.data.split import families
from engine.data.stored import pick
from engine.metrics._words import CJK
from engine.schema import Example

MOST_ENTITIES = 8
MOST_ROWS = 80  # left out at most, however large the file: the test stays small too
AT_ONCE = 20  # terms looked for in one walk over the rows
TRIED = 60  # candidates that are looked at, in the order of a hash: each is looked for in every row
_CODE = re.compile(r"(?<![A-Za-z0-9_])(?=[A-Za-z0-9-]*\d)[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*", re.ASCII)
_CAPITAL = re.compile(r"(?<![A-Za-z0-9'-])[A-Z][a-zß-öø-ÿ]{2,}(?![A-Za-zß-öø-ÿ0-9])")
_KATAKANA = re.compile(r"[ァ-ヴー]{3,}(?:・[ァ-ヴー]+)*")
_QUOTED = re.compile(r"[「『]([^「」『』]{2,30})[」』]")
_JAPANESE = re.compile(f"[{CJK}]")
_OPENS = re.compile(r"(?:^|[.!?:;\n]\s*|[\"“(]\s*)$")
# Names that every language model knows, or that are no thing's name.
_COMMON = frozenset(
    """january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday english american japanese german french spanish chinese america japan china germany
    france canada europe christmas easter google apple microsoft amazon facebook visa mastercard paypal windows android
    internet please thank hello dear""".split()
)


@dataclass(frozen=True)
class HeldOut:
    """Rows divided by the entities left out: `about` maps each entity to its rows whose questions name it; `rest` are
    the rows to learn from; `rows` is how many were left out."""

    rest: Sequence[Example]
    about: dict[str, list[Example]]
    rows: int


def hold_out_entities(
    examples: Sequence[Example],
    *,
    share: float,
    seed: int,
    usable: Callable[[Example], bool],
    avoid: Sequence[Example] = (),
) -> HeldOut:
    """Leave out every row about a few entities, at most `share` of the rows, MOST_ROWS and MOST_ENTITIES.

    An entity is what questions name and no rule of language explains: a code (KB-200), a run of katakana of three or
    more, a name in 「」, a capitalised word inside a sentence that the file never writes in small letters, or the last
    part of a row's group where the question has it. It must stand in at least two rows. With each row that has it
    anywhere (question, answer, group) go the rows of its family (see split.families: its group, the same question,
    the same long answer), since those may tell of it without the name. An entity that would take too many rows with it
    (the company's own name) is passed over, and so is one that no `usable` row's question names, and one that a row of
    `avoid` names: other suites ask of it. Which are tried first is decided by sha256(seed, entity), groups' names last.
    """
    budget = min(int(share * len(examples)), MOST_ROWS)
    if not budget:
        return HeldOut(examples, {}, 0)
    elsewhere = "\n".join(_folded(f"{asked(example)}\n{example.completion}") for example in avoid)
    family = families(examples)
    members: dict[int, set[int]] = defaultdict(set)
    for at, name in enumerate(family):
        members[name].add(at)
    gone: set[int] = set()
    about: dict[str, list[Example]] = {}
    for term, found, rows in _tried(examples, _candidates(examples, most=budget, seed=seed)[:TRIED]):
        whole = set().union(*(members[family[at]] for at in rows)) | gone
        asking = [at for at in sorted(rows - gone) if _asks_of(found, examples[at]) and usable(examples[at])]
        if len(rows) < 2 or len(whole) > budget or not asking or found.search(elsewhere):
            continue
        gone = whole
        about[term] = [examples[at] for at in asking]
        if len(about) == MOST_ENTITIES:
            break
    return HeldOut(pick(examples, [at for at in range(len(examples)) if at not in gone]), about, len(gone))


def _tried(examples: Sequence[Example], terms: Sequence[str]) -> Iterator[tuple[str, re.Pattern[str], set[int]]]:
    """(term, its sign, the rows that have it anywhere), a few terms at each walk over the rows."""
    for first in range(0, len(terms), AT_ONCE):
        signs = {term: _sign(term) for term in terms[first : first + AT_ONCE]}
        rows: dict[str, set[int]] = {term: set() for term in signs}
        for at, example in enumerate(examples):
            text = _folded(f"{asked(example)}\n{example.completion}\n{example.group or ''}")
            for term, sign in signs.items():
                if sign.search(text):
                    rows[term].add(at)
        yield from ((term, sign, rows[term]) for term, sign in signs.items())


def _asks_of(sign: re.Pattern[str], example: Example) -> bool:
    return bool(sign.search(_folded(example.question)))


def terms(text: str) -> set[str]:
    """What in a text may be a thing's name, as it stands there.

    >>> sorted(terms("What does the Hotaru KB-200 cost? The kettle, I mean."))
    ['Hotaru', 'KB-200']
    >>> sorted(terms("ホタルケトルの保証は「安心プラン」ですか？"))
    ['ホタルケトル', '安心プラン']
    """
    text = unicodedata.normalize("NFKC", text)
    found = set(_QUOTED.findall(text))
    text = _QUOTED.sub("「」", text)
    found |= {match[0] for pattern in (_CODE, _KATAKANA) for match in pattern.finditer(text)}
    for match in _CAPITAL.finditer(text):
        opens = _OPENS.search(text[: match.start()]) and not _JAPANESE.match(text, match.end())
        if not opens and match[0].casefold() not in _COMMON:
            found.add(match[0])
    return found


def _candidates(examples: Sequence[Example], *, most: int, seed: int) -> list[str]:
    """Terms that at most `most` questions name, but for words that the file also writes in small letters; groups' names
    last, since a topic is a vaguer thing than a product."""
    small = {
        word
        for example in examples
        for word in re.findall(r"(?<![\w'-])[a-z]{3,}", f"{asked(example)} {example.completion}")
    }
    named: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    for example in examples:
        named.update(term for term in terms(example.question) if term.casefold() not in small)
        group = _folded((example.group or "").split("/")[-1]).replace("-", " ").replace("_", " ").strip()
        if len(group) > 2 and _sign(group).search(_folded(example.question)):
            groups[group] += 1
    ranked = []
    for counted in (named, groups):
        ranked += sorted((term for term in counted if counted[term] <= most), key=lambda term: _order(seed, term))
    return ranked


def _sign(term: str) -> re.Pattern[str]:
    """Finds the term in a folded text: a Latin one as whole words (its plural and possessive too), any other anywhere,
    since Japanese has no spaces."""
    term = re.escape(_folded(term))
    return re.compile(rf"(?<![a-z0-9]){term}(?:'?s)?(?![a-z0-9])" if term[0].isascii() else term)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _order(seed: int, term: str) -> bytes:
    return hashlib.sha256(f"{seed}\nentity {term}".encode("utf-8", "replace")).digest()

"""The suite "unanswerable", made for a file that has none: questions whose answer is nowhere in what is learnt."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.data.entities import hold_out_entities
from engine.data.leakage import asked
from engine.data.load import load
from engine.data.shipped import language
from engine.data.split import families
from engine.metrics._facts import facts
from engine.metrics._refusal import CANONICAL as REFUSAL
from engine.metrics._refusal import declines
from engine.metrics._sentences import sentences
from engine.schema import DataSpec, Example, identified

SUITE = "unanswerable"
MOST = 40  # items: each costs about half a second for each arm on two cores
MOST_ABOUT_ENTITIES = 20
MOST_PER_ENTITY = 3
FEWEST_ROWS = 40  # below, each row is needed more for training than for this test
LONGEST_QUESTION = 160  # characters; what is longer may bring along what is needed to answer (a text, a sum)
LONGEST_REFUSAL = 200  # characters; a longer answer that begins by declining says more than that
_ASKS = re.compile(
    r"[?？]\s*$|(?:か|ください|下さい|教えて|ですかね)[。.]?\s*$|^\W*(?:what|when|where|who|whom|whose|which|why|how|is|are|"
    r"was|were|do|does|did|can|could|will|would|should|may|must|has|have)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Made:
    """The rows left to learn from, the suite's items, the entities held out and how many rows went with them, and what
    could not be made: [{"what", "why"}], codes under not_measured in text.yaml."""

    rest: Sequence[Example]
    items: list[Example] = field(default_factory=list)
    entities: tuple[str, ...] = ()
    rows: int = 0
    not_made: list[dict[str, str]] = field(default_factory=list)

    @property
    def about_entities(self) -> frozenset[str]:
        """The ids of the items that ask of an entity held out."""
        groups = {_group(name) for name in self.entities}
        return frozenset(item.id for item in self.items if item.group in groups)


def make(examples: Sequence[Example], data: DataSpec, *, seed: int, avoid: Sequence[Example] = ()) -> Made:
    """The suite for these training rows, at most 40 items; `avoid` are the rows of the other suites.

    Up to 20 ask of entities every row about which is left out of training (see entities.hold_out_entities;
    data.entity_share says how many rows that may cost): nothing in training tells, so the right reply is to decline.
    The others are questions no such file can answer (data.off_topic), in the rows' language. All of them expect the
    words in which the file itself declines, where it does. It makes sense only for questions answered from what was
    learnt: `why_not` says where it does not, and to hold entities out there must be facts about them besides.
    """
    why = why_not(examples)
    if why:
        return Made(examples, not_made=[{"what": SUITE, "why": why}])
    refusal, not_made = _refusal(examples), []
    why = _why_no_entities(examples) if data.entity_share else "rows_kept"
    share = 0.0 if why else data.entity_share
    held = hold_out_entities(examples, share=share, seed=seed, usable=_usable, avoid=avoid)
    items = [_item(e, refusal, group=_group(name)) for name, rows in held.about.items() for e in _few(rows)]
    items = items[:MOST_ABOUT_ENTITIES]
    if not items:
        not_made.append({"what": "held_out_entities", "why": why or "no_entity"})
    if data.off_topic:
        spoken = language(examples)
        given = load(data.off_topic, suite=SUITE).required().examples
        given = [e for e in given if language([e]) == spoken] if spoken else []
        items += [_item(example, refusal, group=example.group) for example in given[: MOST - len(items)]]
        if not given:
            not_made.append({"what": "off_topic", "why": "no_language"})
    return Made(held.rest, items, tuple(held.about), held.rows, not_made)


def why_not(examples: Sequence[Example]) -> str:
    """ "" where at least half of the rows are short questions answered from what was learnt; else "not_answers" (pairs,
    labels, prompts, texts) or "not_questions"."""
    if any(example.kind != "completion" for example in examples):
        return "not_answers"
    return "" if 2 * sum(map(_asks, examples)) >= len(examples) else "not_questions"


def _asks(example: Example) -> bool:
    """Whether the row is a short question of at most two sentences, without choices."""
    question = asked(example).strip()
    short = len(question) <= LONGEST_QUESTION and len(sentences(question)) <= 2
    return bool(_ASKS.search(question)) and short and not example.choices


def _why_no_entities(examples: Sequence[Example]) -> str:
    """ "" where there are rows to spare and a third of the answers name a fact that the question does not."""
    if len(examples) < FEWEST_ROWS:
        return "few_rows"
    return "" if 3 * sum(map(_tells, examples)) >= len(examples) else "not_facts"


def _usable(example: Example) -> bool:
    return example.answerable and _asks(example) and not declines(example.completion)


def _tells(example: Example) -> bool:
    known = facts(asked(example))
    return bool(facts(example.completion).sure - known.sure - known.maybe - {"=yes", "=no"})


def _refusal(examples: Sequence[Example]) -> str:
    """The words in which the file declines most often, where it does so in rows marked unanswerable or more than once;
    else ours in its language."""
    marked = Counter(example.completion for example in examples if not example.answerable)
    again = Counter(e.completion for e in examples if len(e.completion) <= LONGEST_REFUSAL and declines(e.completion))
    for said, fewest in ((marked, 1), (again, 2)):
        words, times = said.most_common(1)[0] if said else ("", 0)
        if times >= fewest:
            return words
    return REFUSAL["ja" if language(examples) == "ja" else "en"]


def _few(rows: Sequence[Example]) -> list[Example]:
    """The first wording of each of the first facts."""
    first: dict[str, Example] = {}
    for name, example in zip(families(rows), rows, strict=True):
        first.setdefault(name, example)
    return list(first.values())[:MOST_PER_ENTITY]


def _group(entity: str) -> str:
    return f"entity {entity}"


def _item(example: Example, refusal: str, *, group: str | None) -> Example:
    return identified(replace(example, completion=refusal, suite=SUITE, answerable=False, group=group))

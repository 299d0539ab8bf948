"""Where in a test the change lies: before and after by topic, length of the prompt, script, and whether there is an
answer. For looking around, never for a verdict: many slices are looked at, and some differ by chance. No torch.

Works on the items of comparison.json, so the page can cut any measured figure without the run's files.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from engine import registry, stats
from engine.metrics._words import CJK
from engine.schema import Metric

SMALLEST = 5  # items: a smaller slice is named, but has no interval
TOPICS = 20  # named at most, those with most items first
LENGTHS = ("short", "middle", "long")
_JAPANESE = re.compile(f"[{CJK}]")

Item = Mapping[str, Any]


def slices(items: Sequence[Item], *, metric: str, suite: str, seed: int = 0) -> dict[str, Any]:
    """One metric on one suite, slice by slice: {"metric", "suite", "rows", "topics_left_out"}.

    A row is {"by", "name", "n", "groups", "before", "after", "difference", "low", "high", "wins", "ties", "losses"}.
    `by` is topic (the items' group up to a slash), length (a third of the prompts each, with "shortest" and "longest"
    in characters), language (by script) or answerable; a cut that leaves everything in one slice is left out. `low`
    and `high` bound the 95 % interval of the mean difference; None below five items, where all are of one group, and
    where all changed alike, so that nothing is known of their spread.
    """
    judged, rows, left_out = registry.metrics()[metric], [], 0
    for by, parts in _cuts(_scored(items, metric, suite)):
        kept = list(parts.items())[: TOPICS if by == "topic" else None]
        left_out += len(parts) - len(kept)
        rows += [_row(by, name, part, metric=judged, seed=seed) for name, part in kept]
    return {"metric": metric, "suite": suite, "rows": rows, "topics_left_out": left_out}


def members(items: Sequence[Item], *, metric: str, suite: str, by: str, name: str) -> list[Item]:
    """The items of one slice; none where there is no such slice."""
    return next((parts.get(name, []) for cut, parts in _cuts(_scored(items, metric, suite)) if cut == by), [])


def _scored(items: Sequence[Item], metric: str, suite: str) -> list[Item]:
    return [item for item in items if item["suite"] == suite and item["base_scores"].get(metric) is not None]


def _cuts(scored: Sequence[Item]) -> Iterator[tuple[str, dict[str, list[Item]]]]:
    """Every way to cut these items: its name, and the parts in the order they are shown."""
    topics = _parted((item["group"].split("/")[0], item) for item in scored if item["group"])
    yield "topic", dict(sorted(topics.items(), key=lambda part: (-len(part[1]), part[0]))) if len(topics) > 1 else {}
    cuts = {
        "length": _by_length(scored),
        "language": _parted(("japanese" if _JAPANESE.search(_asked(item)) else "other", item) for item in scored),
        "answerable": _parted(("answerable" if item["answerable"] else "unanswerable", item) for item in scored),
    }
    for by, parts in cuts.items():
        yield by, parts if len(parts) > 1 else {}


def _parted(named: Iterable[tuple[str, Item]]) -> dict[str, list[Item]]:
    parts: dict[str, list[Item]] = {}
    for name, item in named:
        parts.setdefault(name, []).append(item)
    return parts


def _by_length(scored: Sequence[Item]) -> dict[str, list[Item]]:
    if not scored:
        return {}
    first, second = np.quantile([len(_asked(item)) for item in scored], [1 / 3, 2 / 3])
    place = lambda item: int(len(_asked(item)) > first) + int(len(_asked(item)) > second)  # noqa: E731
    return _parted((LENGTHS[place(item)], item) for item in sorted(scored, key=place))


def _asked(item: Item) -> str:
    """What the person says: the prompt without the system's part; for a plain text, the text."""
    said = "\n".join(message["content"] for message in item["prompt"] if message["role"] != "system")
    return said or item["reference"]


def _row(by: str, name: str, part: Sequence[Item], *, metric: Metric, seed: int) -> dict[str, Any]:
    before, after = ([item[f"{arm}_scores"][metric.name] for item in part] for arm in ("base", "tuned"))
    groups = [item["group"] for item in part]
    found = stats.paired(before, after, groups=groups, binary=metric.binary, better=metric.better, seed=seed)
    bounded = found.n >= SMALLEST and found.low != found.high
    low, high = (found.low, found.high) if bounded else (None, None)
    numbers = {"before": found.before, "after": found.after, "difference": found.difference, "low": low, "high": high}
    row = {"by": by, "name": name, "n": found.n, "groups": found.groups}
    row |= {key: None if value is None else round(value, 6) for key, value in numbers.items()}
    row |= {key: getattr(found, key) for key in ("wins", "ties", "losses")}
    if by == "length":
        lengths = [len(_asked(item)) for item in part]
        row |= {"shortest": min(lengths), "longest": max(lengths)}
    return row

"""What people's votes add up to: how often tuned is preferred, how sure that is, how much of it is length; and the
votes as pairs of answers that DPO learns from. No torch."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import stats, votes
from engine.llm_judge.stats import at_equal_length
from engine.rundir import Run
from engine.votes import CHOICES, SCORES, Vote


def result(run: Run, *, suite: str, voter: str = "") -> dict[str, Any]:
    """The votes on a suite, of one voter or of all.

    `counts` by choice, `voters`, `items`; `decided` is how many items have a winner (several people's votes on an item
    are averaged), `wins` those won by tuned, `rate` their share with its 95 % interval `low`, `high` and `p` against
    one half; `how` is "wilson" (the exact sign test) where every item stands alone, else "groups" (bootstrap and
    sign-flip over groups of items). `longer` says how often the longer answer won, `length` the rate at equal length
    (see `at_equal_length`) or why there is none. Numbers are None where nothing is decided.
    """
    items = {(item["suite"], item["example_id"]): item for item in (run.comparison() or {"items": []})["items"]}
    cast = [one for one in votes.read(run) if one.suite == suite and one.item in items]
    cast = [one for one in cast if not voter or one.voter == voter]
    scores = averaged(cast)
    counts = Counter(one.vote for one in cast)
    found = {
        "suite": suite,
        "votes": len(cast),
        "voters": sorted({one.voter for one in cast}),
        "items": len(scores),
        "counts": {choice: counts[choice] for choice in CHOICES},
    }
    here = [items[item] for item in scores]
    extra = [len(item["tuned"]) - len(item["base"]) for item in here]
    return found | _rate(list(scores.values()), [item["group"] for item in here]) | _length(scores.values(), extra)


def averaged(cast: Sequence[Vote]) -> dict[tuple[str, str], float]:
    """Each item's mean vote: 1 tuned, -1 base, 0 a tie or both bad."""
    of_item: dict[tuple[str, str], list[float]] = defaultdict(list)
    for one in cast:
        of_item[one.item].append(SCORES[one.vote])
    return {item: float(np.mean(given)) for item, given in of_item.items()}


def _rate(scores: Sequence[float], groups: Sequence[str | None]) -> dict[str, Any]:
    decided = [(score, group) for score, group in zip(scores, groups, strict=True) if score]
    wins = sum(score > 0 for score, _ in decided)
    found: dict[str, Any] = {"decided": len(decided), "wins": wins, "illustrative": len(decided) < 30}
    if not decided:
        return found | dict.fromkeys(("rate", "low", "high", "p", "how"))
    signs, among = [1.0 if score > 0 else -1.0 for score, _ in decided], [group for _, group in decided]
    paired = stats.paired([0.0] * len(signs), signs, groups=among, binary=True, seed=0)
    if paired.groups == len(decided):
        low, high = stats.wilson(wins, len(decided))
        return found | {"rate": wins / len(decided), "low": low, "high": high, "p": paired.p, "how": "wilson"}
    low, high = ((1 + x) / 2 if x is not None else None for x in (paired.low, paired.high))
    return found | {"rate": wins / len(decided), "low": low, "high": high, "p": paired.p, "how": "groups"}


def _length(scores: Any, extra: Sequence[int]) -> dict[str, Any]:
    scores = list(scores)
    apart = [(score, more) for score, more in zip(scores, extra, strict=True) if score and more]
    longer = sum((score > 0) == (more > 0) for score, more in apart)
    return {"longer": {"won": longer, "of": len(apart)}, "length": at_equal_length(scores, extra)}


def preferences(run: Run, *, suite: str = "") -> list[dict[str, Any]]:
    """The items that have a winner as rows {"prompt": turns, "chosen", "rejected"} in the shape that DPO takes."""
    items = {(item["suite"], item["example_id"]): item for item in (run.comparison() or {"items": []})["items"]}
    system = run.spec().system
    cast = [one for one in votes.read(run) if one.item in items and suite in ("", one.suite)]
    rows = []
    for item, score in averaged(cast).items():
        both = [items[item]["base"].strip(), items[item]["tuned"].strip()]
        chosen, rejected = both[:: -1 if score > 0 else 1]
        if score and chosen and rejected and chosen != rejected:
            rows.append({"prompt": _prompt(items[item], system), "chosen": chosen, "rejected": rejected})
    return rows


def _prompt(item: Mapping[str, Any], system: str) -> list[dict[str, str]]:
    turns = [{"role": turn["role"], "content": turn["content"]} for turn in item["prompt"]]
    opened = turns and turns[0]["role"] == "system"
    return turns if opened or not system else [{"role": "system", "content": system}, *turns]


def preferences_jsonl(run: Run, *, suite: str = "") -> str:
    """The same as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in preferences(run, suite=suite))

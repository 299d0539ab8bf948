"""How well a score tells two kinds of items apart, whatever threshold one would choose: before and after. No torch.

The AUROC is the share of all pairs, one item of each kind, in which the right one has the higher score; ties count
half (Mann & Whitney 1947; Hanley & McNeil 1982). 0.5 is guessing.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from engine.items import NOT_JUDGED, Pair
from engine.stats import LEVEL, RESAMPLES, group_numbers

_CELLS = 4_000_000  # numbers of one resampling step held in memory at once


def auroc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """The share of pairs whose item of the right kind has the higher score.

    >>> auroc([3.0, 2.0], [2.0, 1.0])
    0.875
    """
    return float(_wins(np.asarray(right, dtype=float), np.asarray(wrong, dtype=float)).mean(dtype=np.float64))


def compared(
    before: Sequence[float],
    after: Sequence[float],
    right: Sequence[bool],
    *,
    groups: Sequence[str | None] | None = None,
    seed: int = 0,
) -> dict[str, float | None]:
    """{"before", "after", "difference", "low", "high"}: the AUROC of the same items' scores before and after.

    `right` says which items should have the higher scores; `groups` names each item's group, and an item without one
    stands alone. `low` and `high` bound the 95 % interval of the difference by bootstrap over groups; None where a kind
    has fewer than two groups, which say nothing of spread. Raises ValueError where one of the kinds has no item.
    """
    wanted = np.asarray(right, dtype=bool)
    scores = [np.asarray(values, dtype=float) for values in (before, after)]
    if wanted.all() or not wanted.any():
        raise ValueError("there is no pair to rank: one of the two kinds has no item")
    wins = [_wins(values[wanted], values[~wanted]) for values in scores]
    shares = [float(each.mean(dtype=np.float64)) for each in wins]
    of = group_numbers(groups if groups is not None else [None] * len(wanted))
    low, high = _interval(wins[1] - wins[0], of[wanted], of[~wanted], seed=seed)
    return {"before": shares[0], "after": shares[1], "difference": shares[1] - shares[0], "low": low, "high": high}


def of_declining(pairs: Sequence[Pair], *, seed: int = 0) -> dict[str, Any] | None:
    """How well each arm tells, by how likely it finds a refusal, what it cannot know from what it can: as `compared`,
    with "n_answerable" and "n_unanswerable". None where the likelihood was not taken for items of both kinds.
    """
    asked = [
        item
        for item in pairs
        if item.example.suite not in NOT_JUDGED
        and item.base.output.refusal_loss is not None
        and item.tuned.output.refusal_loss is not None
    ]
    unanswerable = [not item.example.answerable for item in asked]
    if not any(unanswerable) or all(unanswerable):
        return None
    before, after = ([-getattr(item, arm).output.refusal_loss for item in asked] for arm in ("base", "tuned"))
    found = compared(before, after, unanswerable, groups=[item.example.group for item in asked], seed=seed)
    return {**found, "n_answerable": unanswerable.count(False), "n_unanswerable": unanswerable.count(True)}


def _wins(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """1 where the right one is higher, 0.5 for a tie, else 0: (right, wrong)."""
    return 0.5 * ((right[:, None] > wrong).astype(np.float32) + (right[:, None] >= wrong))


def _interval(
    gained: np.ndarray, right: np.ndarray, wrong: np.ndarray, *, seed: int
) -> tuple[float | None, float | None]:
    """95 % interval of the mean of `gained`, (right, wrong), by percentiles of a bootstrap over groups, widened for few
    groups (Hesterberg 2015).

    On simulated scores (10 to 80 items of each kind, alone or in groups of 4, a difference of 0 to 48 points) it held
    the truth in 95 to 98 % of 400 runs each. `right` and `wrong` hold each item's group. Groups are drawn among those
    that hold the same kinds of items, so a draw never lacks one kind.
    """
    count = min(len(np.unique(right)), len(np.unique(wrong)))
    if count < 2:
        return None, None
    if not gained.any():
        return 0.0, 0.0
    means = _resampled(gained, right, wrong, seed=seed)
    wide = min(np.sqrt(count / (count - 1)) * stats.t.ppf(1 - LEVEL / 2, count - 1), 8.0)
    low, high = np.quantile(means, stats.norm.cdf([-wide, wide]))
    return float(low), float(high)


def _resampled(gained: np.ndarray, right: np.ndarray, wrong: np.ndarray, *, seed: int) -> np.ndarray:
    """The weighted mean of `gained` in RESAMPLES draws of groups: (RESAMPLES,)."""
    total = max(right.max(), wrong.max()) + 1
    holds = np.isin(np.arange(total), right) + 2 * np.isin(np.arange(total), wrong)  # which kinds a group has
    rng, parts = np.random.default_rng(seed), []
    step = max(1, _CELLS // (len(right) + len(wrong)))
    for first in range(0, RESAMPLES, step):
        draws = min(step, RESAMPLES - first)
        times = np.zeros((draws, total), dtype=np.float32)  # how often each group is drawn
        for kind in np.unique(holds):
            alike = np.flatnonzero(holds == kind)
            times[:, alike] = rng.multinomial(len(alike), np.full(len(alike), 1 / len(alike)), size=draws)
        of_right, of_wrong = times[:, right], times[:, wrong]  # (draws, items)
        sums = ((of_right @ gained) * of_wrong).sum(axis=1, dtype=np.float64)
        parts.append(sums / (of_right.sum(axis=1, dtype=np.float64) * of_wrong.sum(axis=1, dtype=np.float64)))
    return np.concatenate(parts)

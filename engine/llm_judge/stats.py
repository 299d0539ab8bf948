"""What judgements add up to: how often tuned wins, how much of that is length, and whether people agree. No torch."""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import stats
from engine.votes import SCORES, Vote

LEAST_SHARED = 20  # items with both a judgement and a vote, below which agreement is not believed
LEAST_FOR_LENGTH = 20  # judged items, below which the effect of length is not estimated
STEEPEST = 10.0  # a log-odds beyond this means that the fit ran away: the outcomes can be told apart by length alone
RESAMPLES = 2000


def rates(rows: Sequence[Mapping[str, Any]], items: Mapping[Any, Mapping[str, Any]], *, seed: int) -> dict[str, Any]:
    """Of one suite's judgements: counts, the rate at which tuned wins (ties half) with its 95 % interval, p, length.

    `items` are those of comparison.json by (suite, example_id). A failure is counted and takes no part. p is the exact
    sign test over items that were won or lost where every item stands alone, else the sign-flip test over groups.
    """
    counts = {name: sum(row["outcome"] == name for row in rows) for name in ("base", "tie", "tuned", "failed")}
    judged = [row for row in rows if row["outcome"] != "failed"]
    asked = [row for row in judged if not row["rule"]]
    found: dict[str, Any] = {
        **counts,
        "n": len(judged),
        "identical": sum(row["rule"] for row in rows),
        "asked": len(asked),
        "agreed": sum(row["readings"][0] == row["readings"][1] for row in asked),
    }
    numbers = ("rate", "low", "high", "p", "groups", "illustrative", "length")
    if not judged:
        return found | dict.fromkeys(numbers)
    scores = [SCORES[row["outcome"]] for row in judged]
    here = [items[row["suite"], row["example_id"]] for row in judged]
    groups = [item["group"] for item in here]
    paired = stats.paired([0.0] * len(scores), scores, groups=groups, binary=True, seed=seed)
    rate, low, high = (None if x is None else (1 + x) / 2 for x in (paired.difference, paired.low, paired.high))
    extra = [len(item["tuned"]) - len(item["base"]) for item in here]
    return found | {
        "rate": rate,
        "low": low,
        "high": high,
        "p": paired.p,
        "groups": paired.groups,
        "illustrative": paired.illustrative,
        "length": at_equal_length(scores, extra),
    }


def at_equal_length(scores: Sequence[float], extra: Sequence[float]) -> dict[str, Any]:
    """The rate at which tuned would win if both answers were equally long: {"rate", "slope"}, or {"why"} there is none.

    logit P(tuned wins) = a + c tanh(extra / sd), ties counted half; the rate is sigmoid(a). `extra` is how many more
    characters the tuned answer has. After length-controlled AlpacaEval (Dubois 2024), https://arxiv.org/abs/2404.04475.
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    wins, longer = (np.asarray(scores) + 1) / 2, np.asarray(extra, dtype=float)
    if len(wins) < LEAST_FOR_LENGTH:
        return {"why": "few"}
    if not longer.std():
        return {"why": "equal"}
    if wins.min() == wins.max():
        return {"why": "one_sided"}
    design = np.column_stack([np.ones(len(wins)), np.tanh(longer / longer.std())])  # (n, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that runs away is told from its numbers
        fit = GLM(wins, design, family=Binomial()).fit()
    start, slope = (float(number) for number in fit.params)
    if not fit.converged or not math.isfinite(start + slope) or abs(start) + abs(slope) > STEEPEST:
        return {"why": "one_sided"}
    return {"rate": 1 / (1 + math.exp(-start)), "slope": slope}


def agreement(
    rows: Sequence[Mapping[str, Any]], votes: Sequence[Vote], items: Mapping[Any, Mapping[str, Any]], *, seed: int
) -> dict[str, Any]:
    """Whether judge and people go together: Kendall's tau-b with p and its 95 % interval over groups of items.

    Over the items that the judge was really asked about (not those that are ties by rule) and that have votes; several
    people's votes on an item are averaged. `trusted` needs LEAST_SHARED items and an interval above 0; `why` says what
    is lacking: no_votes, few, constant or not_shown.
    """
    from scipy.stats import kendalltau

    said: dict[tuple[str, str], list[float]] = {}
    for vote in votes:
        said.setdefault(vote.item, []).append(SCORES[vote.vote])
    judged = {
        (row["suite"], row["example_id"]): SCORES[row["outcome"]]
        for row in rows
        if row["outcome"] != "failed" and not row["rule"]
    }
    shared = [item for item in judged if item in said]
    found = {"n": len(shared), "least": LEAST_SHARED, "voters": len({vote.voter for vote in votes}), "trusted": False}
    nothing: dict[str, Any] = dict.fromkeys(("tau", "p", "low", "high"))
    if not shared:
        return found | nothing | {"why": "no_votes"}
    judge = np.array([judged[item] for item in shared])
    people = np.array([np.mean(said[item]) for item in shared])
    if len(set(judge)) == 1 or len(set(people)) == 1:
        return found | nothing | {"why": "few" if len(shared) < LEAST_SHARED else "constant"}
    tau = kendalltau(judge, people)
    low, high = _interval(judge, people, [items[item]["group"] for item in shared], seed=seed)
    why = "few" if len(shared) < LEAST_SHARED else "" if low > 0 else "not_shown"
    numbers = {"tau": float(tau.statistic), "p": float(tau.pvalue), "low": low, "high": high}
    return found | numbers | {"trusted": not why, "why": why}


def _interval(first: np.ndarray, second: np.ndarray, groups: Sequence[str | None], *, seed: int) -> tuple[float, float]:
    """95 % percentile interval of tau-b over groups drawn with replacement.

    tau-b is a ratio of sums over pairs of items, so a draw is a weight per item: the sums are w' S w. A draw in which
    one side is constant has no tau; it counts as 0, which is no agreement.
    """
    of = stats.group_numbers(groups)
    count, rng = of.max() + 1, np.random.default_rng(seed)
    drawn = rng.multinomial(count, [1 / count] * count, size=RESAMPLES)[:, of].astype(float)  # (R, n)
    x, y = (np.sign(values[:, None] - values[None, :]) for values in (first, second))  # (n, n) each

    def total(pairs: np.ndarray) -> np.ndarray:
        return ((drawn @ pairs) * drawn).sum(axis=1)  # (R,)

    below = np.sqrt(total(x * x) * total(y * y))
    taus = np.divide(total(x * y), below, out=np.zeros(RESAMPLES), where=below > 0)
    low, high = np.quantile(taus, [stats.LEVEL / 2, 1 - stats.LEVEL / 2])
    return float(low), float(high)

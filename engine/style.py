"""Whether the tuned model took up the manner of the training answers: how far each arm's answers are from it, how much
they vary, which traits changed. Everything is fitted on the training answers alone, never on an arm's. No torch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import stats
from engine.items import GENERAL, NOT_JUDGED, Pair
from engine.metrics._sentences import sentences
from engine.metrics._words import generated
from engine.metrics.style_distance import features
from engine.schema import Example

FEWEST_TRAINING = 10  # answers: their spread is the unit of everything here
FEWEST_ANSWERS = 5
MOST_ANSWERS = 1000  # of each kind looked at, evenly chosen
MOST_POINTS = 120  # of each cloud kept for the picture
TAIL = 0.05  # of the training answers at either end counts as its neighbour: one odd answer is not the unit
FLOOR = 0.1  # the smallest unit: a tenth of the sentences, or a length about a tenth longer
FARTHEST = 4.0  # units; farther than that on one trait counts as that
COUNTS = ("length", "sentences")  # counted on a logarithmic scale; the others are shares of sentences


def traits(text: str) -> dict[str, float]:
    """What is looked at: `style_distance`'s features, and the number of sentences.

    >>> traits("We open at 9. Call us!")["sentences"], traits("We open at 9. Call us!")["we"]
    (2.0, 1.0)
    """
    return {"sentences": float(len(sentences(text))), **features(text)}


def style(train: Sequence[Example], pairs: Sequence[Pair], *, seed: int = 0) -> dict[str, Any]:
    """The style of base and tuned answers beside that of the training answers; {"why", "n"} where not measured.

    Looked at are the answers to answerable questions of the judged suites, general knowledge aside. Each trait is
    counted from the training answers' mean in units of their standard deviation, the outermost 5 % at either end drawn
    in. An answer's distance is the root mean square over the traits.

    - "distance": the mean distance of each arm's answers, `before` and `after`, paired, with the 95 % interval of the
      difference by bootstrap over groups (stats.paired). 1 is the distance of a training answer.
    - "spread": how far two answers of one arm lie apart on average, `before` and `after`. 1 is that of two training
      answers; near 0, all answers sound alike.
    - "features": each trait's mean for training, base and tuned, and the change in units, the largest first.
    - "view": a plane for the picture, the two main directions of the training answers: "points" and "middle" per
      cloud, "axes" (the traits that weigh most, with their weights), "explained" (share of the training's variance).
    """
    taught = [traits(row.completion) for row in _thin([row for row in train if _teaches(row)], MOST_ANSWERS)]
    asked = _thin([pair for pair in pairs if _answered(pair)], MOST_ANSWERS)
    if len(asked) < FEWEST_ANSWERS:
        return {"why": "few_answers", "n": len(asked)}
    if len(taught) < FEWEST_TRAINING:
        return {"why": "few_training", "n": len(taught)}
    seen = {"training": taught}
    seen |= {arm: [traits(getattr(pair, arm).output.text) for pair in asked] for arm in ("base", "tuned")}
    names = list(taught[0])
    raw = {arm: np.array([[row[name] for name in names] for row in rows]) for arm, rows in seen.items()}  # (n, traits)
    scaled = _in_units(raw, names)
    far = {arm: np.sqrt((rows**2).mean(axis=1)) for arm, rows in scaled.items()}  # (n,)
    apart = {arm: _apart(rows) for arm, rows in scaled.items()}
    if not far["training"].mean() or not apart["training"]:
        return {"why": "no_spread", "n": len(taught)}
    before, after = (far[arm] / far["training"].mean() for arm in ("base", "tuned"))
    groups = [pair.example.group for pair in asked]
    found = stats.paired(before, after, groups=groups, better="lower", seed=seed)
    numbers = ("before", "after", "difference", "low", "high", "n", "groups", "wins", "ties", "losses")
    return {
        "training": len(taught),
        "distance": {name: getattr(found, name) for name in numbers},
        "spread": {when: apart[arm] / apart["training"] for when, arm in (("before", "base"), ("after", "tuned"))},
        "features": _changed(raw, scaled, names),
        "view": _view(scaled, names),
    }


def _teaches(row: Example) -> bool:
    return bool(row.prompt and row.completion.strip()) and row.label is not False and row.answerable


def _answered(pair: Pair) -> bool:
    example = pair.example
    judged = example.suite not in NOT_JUDGED and example.suite != GENERAL
    asked = judged and example.answerable and not example.choices
    return asked and all(generated(arm.output, example) for arm in (pair.base, pair.tuned))


def _thin(rows: Sequence[Any], most: int) -> Sequence[Any]:
    """At most so many, evenly from first to last: a rule that looks at nothing but their number."""
    return rows if len(rows) <= most else [rows[at] for at in np.linspace(0, len(rows) - 1, most).astype(int)]


def _in_units(raw: Mapping[str, np.ndarray], names: Sequence[str]) -> dict[str, np.ndarray]:
    """Each arm's traits from the training answers' mean, in units of their spread: (n, traits), within FARTHEST."""
    counts = np.array([name in COUNTS for name in names])
    logged = {arm: np.where(counts, np.log1p(rows), rows) for arm, rows in raw.items()}
    drawn_in = np.clip(logged["training"], *np.quantile(logged["training"], [TAIL, 1 - TAIL], axis=0))
    middle, unit = drawn_in.mean(axis=0), np.maximum(drawn_in.std(axis=0), FLOOR)
    return {arm: np.clip((rows - middle) / unit, -FARTHEST, FARTHEST) for arm, rows in logged.items()}


def _apart(rows: np.ndarray) -> float:
    """The mean distance between two of the answers."""
    differences = np.sqrt(((rows[:, None] - rows[None]) ** 2).mean(axis=2))  # (n, n)
    return float(differences.sum() / (len(rows) * (len(rows) - 1)))


def _changed(
    raw: Mapping[str, np.ndarray], scaled: Mapping[str, np.ndarray], names: Sequence[str]
) -> list[dict[str, Any]]:
    change = scaled["tuned"].mean(axis=0) - scaled["base"].mean(axis=0)
    means = {arm: rows.mean(axis=0) for arm, rows in raw.items()}
    return [
        {"name": names[at], **{arm: _short(mean[at]) for arm, mean in means.items()}, "change": _short(change[at])}
        for at in np.argsort(-np.abs(change), kind="stable")
    ]


def _view(scaled: Mapping[str, np.ndarray], names: Sequence[str]) -> dict[str, Any]:
    """The clouds in the plane of the training answers' two main directions (principal components by SVD)."""
    middle = scaled["training"].mean(axis=0)
    _, lengths, directions = np.linalg.svd(scaled["training"] - middle, full_matrices=False)
    plane = directions[:2]  # (2, traits); the sign is free: the trait that weighs most points right or up
    plane = plane * np.sign(plane[np.arange(2), np.abs(plane).argmax(axis=1)])[:, None]
    placed = {arm: (rows - middle) @ plane.T for arm, rows in scaled.items()}  # (n, 2)
    heaviest = [np.argsort(-np.abs(axis), kind="stable")[:2] for axis in plane]
    return {
        "explained": _short((lengths[:2] ** 2).sum() / (lengths**2).sum()),
        "axes": [
            [{"name": names[at], "weight": _short(axis[at])} for at in order]
            for axis, order in zip(plane, heaviest, strict=True)
        ],
        "middle": {arm: [_short(value) for value in rows.mean(axis=0)] for arm, rows in placed.items()},
        "points": {arm: _points(_thin(rows, MOST_POINTS)) for arm, rows in placed.items()},
    }


def _points(rows: Sequence[np.ndarray]) -> dict[str, list[float]]:
    return {name: [_short(row[at]) for row in rows] for at, name in enumerate("xy")}


def _short(value: float) -> float:
    return round(float(value), 3)

"""The judge judged: how often it sees a difference where there is none, and how often its interval holds the truth.

    python -m benchmarks.judge [RUNS]

Every line is over RUNS (1,000) simulated comparisons. The first number should be at most 5 %, the second about 95 %.
"""

import sys
from collections.abc import Callable

import numpy as np

from engine import stats

Draw = Callable[[np.random.Generator], np.ndarray]

# Differences after - before with mean 0: name, how many groups, items in each, one draw of (groups * items,).
CASES: list[tuple[str, int, int, Draw]] = [
    ("0/1 scores", 40, 1, lambda rng: rng.choice([-1.0, 0, 1], 40, p=[0.15, 0.7, 0.15])),
    ("0/1 scores", 72, 1, lambda rng: rng.choice([-1.0, 0, 1], 72, p=[0.15, 0.7, 0.15])),
    ("F1", 20, 1, lambda rng: rng.choice([-1, -0.5, 0, 0.5, 1], 20, p=[0.1, 0.15, 0.5, 0.15, 0.1])),
    ("F1", 72, 1, lambda rng: rng.choice([-1, -0.5, 0, 0.5, 1], 72, p=[0.1, 0.15, 0.5, 0.15, 0.1])),
    ("loss, skewed", 40, 1, lambda rng: 1 - rng.gamma(1, 1, 40)),
    ("loss, skewed", 72, 1, lambda rng: 1 - rng.gamma(1, 1, 72)),
    ("sharing an effect", 40, 5, lambda rng: np.repeat(rng.normal(0, 0.3, 40), 5) + rng.normal(0, 0.15, 200)),
    ("sharing an effect", 10, 5, lambda rng: np.repeat(rng.normal(0, 0.3, 10), 5) + rng.normal(0, 0.15, 50)),
]


def judged(draw: Draw, *, groups: int, items: int, binary: bool, runs: int) -> tuple[float, float]:
    """The share of false verdicts and the share of intervals that hold the truth, over `runs` draws."""
    rng = np.random.default_rng(0)
    names = [str(group) for group in np.repeat(np.arange(groups), items)]
    false = held = 0
    for run in range(runs):
        d = draw(rng)
        result = stats.paired(np.zeros(len(d)), d, groups=names, binary=binary, seed=run)
        verdict = stats.verdict(result, p_adjusted=result.p, better="higher", minimum=0.02)
        false += verdict != "cannot_tell"
        held += result.low <= 0 <= result.high
    return false / runs, held / runs


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"{'scores':20} {'groups x items':>15} {'false verdicts':>15} {'interval holds':>15}")
    for name, groups, items, draw in CASES:
        false, held = judged(draw, groups=groups, items=items, binary=name == "0/1 scores", runs=runs)
        print(f"{name:20} {f'{groups} x {items}':>15} {false:15.1%} {held:15.1%}", flush=True)


if __name__ == "__main__":
    main()

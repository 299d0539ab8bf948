"""The judge judged: how often it sees a difference where there is none, how often its interval holds the truth, how
often it finds a difference of the size it says it can find; and whether a model that cheats ever gets a "better".

    python -m benchmarks.judge [RUNS]

Every line is over RUNS (1,000) simulated comparisons. False verdicts should be at most 5 %, intervals hold about 95 %,
and at least 80 % of planted differences be found.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence

import numpy as np

from engine import arms, atomic, evaluation, rundir, specs, stats
from engine.compare import compare
from engine.data.load import load
from engine.schema import Example, Output

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


def judged(draw: Draw, *, groups: int, items: int, runs: int, binary: bool = False) -> tuple[float, float, float]:
    """The shares of false verdicts, of intervals that hold the truth, and of planted differences found, over `runs`
    draws. What is planted is the difference that a first draw says it could detect."""
    rng = np.random.default_rng(0)
    names = [str(group) for group in np.repeat(np.arange(groups), items)]
    false = held = found = 0
    planted = float(np.median([_paired(draw(rng), names, binary=binary, seed=run).detectable for run in range(50)]))
    for run in range(runs):
        d = draw(rng)
        result = _paired(d, names, binary=binary, seed=run)
        false += _verdict(result) != "cannot_tell"
        held += result.low <= 0 <= result.high
        found += (
            _verdict(_paired(_moved(d, planted, rng) if binary else d + planted, names, binary=binary, seed=run))
            == "better"
        )
    return false / runs, held / runs, found / runs


def _paired(d: np.ndarray, names: Sequence[str], *, seed: int, binary: bool = False) -> stats.Paired:
    return stats.paired(np.zeros(len(d)), d, groups=names, binary=binary, seed=seed)


def _moved(d: np.ndarray, planted: float, rng: np.random.Generator) -> np.ndarray:
    """0/1 differences with their mean raised by `planted`: losses turned into ties, ties into wins, by chance."""
    up = rng.random(len(d)) < planted / np.mean(d < 1)
    return np.where(up & (d < 1), d + 1, d)


def _verdict(result: stats.Paired) -> str:
    return stats.verdict(result, p_adjusted=result.p, better="higher", minimum=0.02)


Cheat = Callable[[Sequence[Example], Sequence[Example]], list[str]]
CHEATS: dict[str, Cheat] = {
    "always declines": lambda tests, train: ["I'm sorry, I don't have that information."] * len(tests),
    "always verbose": lambda tests, train: [f"{item.question} " + " ".join(_answers(train)[:6]) for item in tests],
    "copies the nearest training answer": lambda tests, train: [found.text for found in arms.nearest(tests, train)],
    "says what base says": lambda tests, train: ["Thank you for asking."] * len(tests),
}


def _answers(train: Sequence[Example]) -> list[str]:
    return [example.completion for example in train]


def verdict_on(cheat: Cheat, *, use_case: str = "company_faq") -> str:
    """The verdict on a model that cheats, against a base that knows nothing, on a use case's own test."""
    spec = specs.resolve_spec(use_case)
    train = load(spec.data.train).examples
    tests = [example for name, source in spec.data.suites.items() for example in load(source, suite=name).examples]
    tests = [example for example in tests if not example.choices]
    run = rundir.create(spec)
    atomic.write_lines(run.examples_file("test"), tests)
    said = {"base": CHEATS["says what base says"](tests, train), "tuned": cheat(tests, train)}
    said[arms.NEAREST] = CHEATS["copies the nearest training answer"](tests, train)
    metrics = [name for name in spec.metrics if name not in ("choice_accuracy", "answer_loss")]
    for arm, texts in said.items():
        outputs = [Output(text, tokens=len(text.split())) for text in texts]
        atomic.write_lines(run.file(arm), evaluation.score(outputs, tests, arm=arm, metrics=metrics))
    return compare(run)["verdict"]["word"]


def main() -> None:
    """Print a line for each kind of scores, then the verdict on each cheat."""
    runs = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else 1000
    print(f"{'scores':20} {'groups x items':>15} {'false verdicts':>15} {'interval holds':>15} {'planted found':>15}")
    for name, groups, items, draw in CASES:
        false, held, found = judged(draw, groups=groups, items=items, binary=name == "0/1 scores", runs=runs)
        print(f"{name:20} {f'{groups} x {items}':>15} {false:15.1%} {held:15.1%} {found:15.1%}", flush=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["KURABE_HOME"] = home
        for name, cheat in CHEATS.items():
            print(f"a model that {name}: {verdict_on(cheat)}", flush=True)


if __name__ == "__main__":
    main()

"""Standard benchmarks for a run: lm-evaluation-harness asks its base and its tuned model the same; written to eval/.

The harness is optional: `pip install` of PACKAGE. No torch until a benchmark is asked for.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from engine import atomic, harness_scores, registry
from engine.rundir import Run
from engine.schema import UserError

PACKAGE = "lm-eval==0.4.13"  # pyproject.toml names the same
ARMS = ("base", "tuned")

Progress = Callable[[str, int, int], None]


def benchmark(
    run: Run,
    tasks: Sequence[str],
    *,
    limit: int | None = None,
    few_shot: int | None = None,
    chat: bool = False,
    progress: Progress,
) -> dict[str, Any]:
    """Both models of a trained run asked the tasks (see harness_tasks.load); the content of eval/harness.json.

    That is: `changes` with one paired comparison per task and metric, `not_measured`, `tasks` with their sizes, the
    `items` with both scores, and how it was asked. The same seed, examples, batches and, with `limit`, the first items
    of each task for both. It replaces what was measured before, and is written when all is done or not at all.
    `progress(arm, done, of)` may raise to stop. Raises UserError where the harness is not installed, where the run has
    no trained model, and as harness_tasks.load does.
    """
    expect_installed()
    if not run.file("training").exists():
        raise UserError(f"Run {run.id} has no trained model yet. Wait until its training is done.")
    os.environ.setdefault("TQDM_DISABLE", "1")  # progress is told once, and not in the harness's words
    from engine import harness_tasks

    loaded = harness_tasks.load(tasks)
    seed, seconds, found = run.spec().seed, {}, {}
    asked = {"limit": limit, "few_shot": few_shot, "chat": chat}
    for arm in ARMS:
        begun = time.monotonic()
        progress(arm, 0, 0)
        model = _model(run, arm)
        found[arm] = harness_tasks.answer(loaded, model, **asked, seed=seed, tell=partial(progress, arm))
        del model  # before the other one is loaded
        seconds[arm] = round(time.monotonic() - begun, 2)
    how = asked | {"seed": seed, "seconds": seconds, "harness": version("lm-eval")}
    result = harness_scores.compared(found["base"], found["tuned"], seed=seed) | how
    atomic.write_json(run.file("harness"), result)
    return result


def expect_installed() -> None:
    """Raises UserError, with how to install it, where the harness is not installed."""
    if find_spec("lm_eval") is None:
        raise UserError(
            "Benchmarks need lm-evaluation-harness, which is not installed. Install it with: "
            f"{sys.executable} -m pip install {PACKAGE}"
        )


def _model(run: Run, arm: str) -> Any:
    """The run's model of that arm (models.Loaded), as the run's own test was answered by it."""
    from engine import models

    spec = run.spec()
    method = registry.method_of(spec)
    if arm == "base":
        return models.load(spec.model, revision=spec.revision, quantization=method.quantization)
    return models.load_tuned(spec, run.model, quantization=method.quantization, adapter=method.adapter)

"""What the comparisons with trl share: both sides in turns, each in its own process, and a clock for its trainers."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

SYSTEM = "You answer customers of Mosswick, a plant shop that delivers."  # the use case brand_replies


def in_turns(module: str, rounds: int) -> dict[str, list[dict[str, Any]]]:
    """What `python -m MODULE kurabe` and `... trl` report, a dictionary a round, the two taking turns.

    A process of its own gives each side its own peak of memory, and a machine that slows down slows both.
    """
    sides: dict[str, list[dict[str, Any]]] = {"kurabe": [], "trl": []}
    for _ in range(rounds):
        for name, runs in sides.items():
            done = subprocess.run([sys.executable, "-m", module, name], stdout=subprocess.PIPE, text=True, check=True)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
    return sides


def run(main: Callable[[], None], report: Mapping[str, Callable[[], dict[str, Any]]]) -> None:
    """The benchmark's `main`, or, where a side is named on the command line, that side's report as a line of JSON."""
    if len(sys.argv) > 1:
        print(json.dumps(report[sys.argv[1]]()))
    else:
        main()


def clock(seconds: list[float], logged: Mapping[str, list[float]]) -> Any:
    """A trainer's callback: the seconds of each step, and of its log the values of the named keys."""
    import torch
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        def on_step_begin(self, *args, **kwargs):
            self.begun = time.perf_counter()

        def on_step_end(self, *args, **kwargs):
            if torch.cuda.is_available():
                torch.cuda.synchronize()  # the trainer itself waits for the GPU only later, when it logs
            seconds.append(time.perf_counter() - self.begun)

        def on_log(self, args, state, control, logs=None, **kwargs):
            for name, values in logged.items():
                if name in logs:
                    values.append(logs[name])

    return Clock()


def placed(loaded: Any) -> dict[str, bool]:
    """A trainer's settings that put it where ours is: the same device and dtype."""
    import torch

    return {"use_cpu": loaded.device == "cpu", "bf16": loaded.dtype == torch.bfloat16}


def each(values: list[float], digits: int) -> str:
    """The values side by side, for a line of the report."""
    return ", ".join(f"{value:.{digits}f}" for value in values)

"""Every benchmark in turn: `python -m benchmarks`, or some of them: `python -m benchmarks training rlhf`."""

import sys
from importlib import import_module

NAMES = ("rows", "training", "preference", "rlhf", "generation", "evaluation", "judge")

for name in sys.argv[1:] or NAMES:
    import_module(f"benchmarks.{name}").main()

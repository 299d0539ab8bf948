"""Every benchmark in turn: `python -m benchmarks`, or `python -m benchmarks training preference generation judge`."""

import sys
from importlib import import_module

NAMES = ("training", "preference", "generation", "judge")

for name in sys.argv[1:] or NAMES:
    import_module(f"benchmarks.{name}").main()

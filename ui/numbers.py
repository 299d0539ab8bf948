"""Moved to engine/numbers.py, which the report draws with too."""

from engine.numbers import *  # noqa: F403

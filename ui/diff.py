"""Moved to engine/diff.py, which the report draws with too."""

from engine.diff import *  # noqa: F403

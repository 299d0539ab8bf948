"""Moved to engine/charts.py, which the report draws with too."""

from engine.charts import *  # noqa: F403

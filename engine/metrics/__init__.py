"""One per-item score a file: METRIC = Metric(...). Files whose name begins with an underscore are shared code."""

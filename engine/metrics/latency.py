"""How long an answer took: shown, never judged, since it depends on the machine and on what else it was doing."""

from engine.metrics._words import generated
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """Seconds for the answer: its part of the time that its batch took. None where nothing was generated or timed.

    Base's answers are kept and not computed twice, so its times may be those of an earlier run.
    """
    return output.seconds if generated(output, example) and output.seconds > 0 else None


METRIC = Metric(name="latency", title="Seconds per answer", better="neither", score=score, unit="s")

"""The least that can be asked of Python code: that it is Python."""

from engine.metrics._code import is_python, source
from engine.metrics._words import generated
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """1.0 where the answer's code parses, else 0.0: see `engine.metrics._code.source`. Nothing is run.

    None where the reference is no Python, or nothing was generated. A word alone ("None") parses, too: read it beside
    `code_conventions` and `tests_passed`.
    """
    if not generated(output, example) or not is_python(example):
        return None
    return float(source(output.text, example) is not None)


METRIC = Metric(name="code_parses", title="Code that parses", better="higher", score=score, binary=True)

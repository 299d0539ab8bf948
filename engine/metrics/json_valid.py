"""Where JSON is wanted: can a program read the answer?"""

import json
import re

from engine.metrics._words import generated
from engine.schema import Example, Metric, Output

_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?```", re.DOTALL | re.IGNORECASE)


def is_json(text: str) -> bool:
    """Whether the whole text, a fence round it aside, is one JSON object or array (RFC 8259: no NaN).

    >>> is_json('{"a": [1, 2]}'), is_json('Here: {"a": 1}'), is_json("5")
    (True, False, False)
    """
    text = text.strip()
    if fenced := _FENCED.fullmatch(text):
        text = fenced[1]
    try:
        return isinstance(json.loads(text, parse_constant=_refuse), dict | list)
    except (ValueError, RecursionError):
        return False


def score(output: Output, example: Example) -> float | None:
    """1.0 where the answer is a JSON object or array, else 0.0; what it says is not looked at.

    None where the reference is none, or nothing was generated.
    """
    if not generated(output, example) or example.choices or not is_json(example.completion):
        return None
    return float(is_json(output.text))


def _refuse(constant: str) -> None:
    raise ValueError(constant)


METRIC = Metric(name="json_valid", title="Valid JSON", better="higher", score=score, binary=True)

"""What a finder is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.data.checks._check import Severity

Span = tuple[int, int]  # first character and the one behind the last


@dataclass(frozen=True)
class Finder:
    """One kind of personal data or secret. `spans(text)` gives the places where it stands, in order. A text with fewer
    than `digits` digits holds none and is not looked at."""

    name: str
    severity: Severity
    spans: Callable[[str], Iterable[Span]]
    digits: int = 0

"""Scores as people read them: three significant digits, a unit, a sign where it is a difference."""

from collections.abc import Mapping

from engine import evaluate_name
from engine.schema import Metric
from engine.text import has, text

MINUS = "\u2212"
# A metric's unit -> its place under unit in text.yaml.
UNITS = {"": "share", "x": "ratio", "nats/token": "nats", "number": "number"}


def score(value: float | None, metric: Metric, lang: str = "en", *, digits: int = 3) -> str:
    """A score with its unit: a share in percent, a ratio with its sign, else in the metric's own unit; "–" for None.

    >>> from engine import registry
    >>> score(0.14159, registry.metrics()["token_f1"]), score(2.345, registry.metrics()["answer_loss"])
    ('14.2 %', '2.35 nats/token')
    """
    if value is None:
        return text("verdict.not_measured.sign", lang)
    return _with_unit(plain(_scaled(value, metric), digits=digits), metric, lang, "score")


def difference(value: float | None, metric: Metric, lang: str = "en", *, digits: int = 3) -> str:
    """A difference with its sign and unit: shares differ by points."""
    if value is None:
        return text("verdict.not_measured.sign", lang)
    return _with_unit(signed(value, metric, digits=digits), metric, lang, "difference")


def interval(change: Mapping[str, float | None], metric: Metric, lang: str = "en", *, digits: int = 3) -> str:
    """The 95 % interval of a difference, change["low"] to change["high"], without its unit; "–" where there is none."""
    low, high = change["low"], change["high"]
    if low is None or high is None:
        return text("verdict.not_measured.sign", lang)
    bounds = {"low": signed(low, metric, digits=digits), "high": signed(high, metric, digits=digits)}
    return text("unit.interval", lang, **bounds)


def signed(value: float, metric: Metric, *, digits: int = 3) -> str:
    """A difference with its sign, without its unit.

    >>> from engine import registry
    >>> signed(-0.006, registry.metrics()["token_f1"], digits=2)
    '−0.60'
    """
    return with_sign(_scaled(value, metric), digits=digits)


def with_sign(value: float, *, digits: int = 3) -> str:
    """A number as `plain`, with its sign unless it is 0."""
    shown = plain(value, digits=digits)
    return shown if shown.startswith(MINUS) or not float(shown.replace(",", "")) else f"+{shown}"


def plain(value: float, *, digits: int = 3) -> str:
    """A number in so many significant digits, at most two behind the point; 0 where it rounds to nothing.

    >>> plain(61.234), plain(5.0), plain(0.0612), plain(-0.001), plain(1234.5)
    ('61.2', '5.00', '0.06', '0', '1,234')
    """
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    shown = f"{value:,.{max(0, min(2, digits - whole))}f}"
    return shown.replace("-", MINUS) if shown.strip("-0.,") else "0"


def metric_title(name: str, lang: str = "en") -> str:
    """The metric's title in the language; its own name where it has none yet."""
    if evaluate_name.is_named(name):
        return evaluate_name.parse(name).title
    return text(f"metric.{name}.title", lang) if has(f"metric.{name}.title") else name


def suite_title(name: str, lang: str = "en") -> str:
    """The suite's title in the language; a suite the user named keeps that name."""
    return text(f"suite.{name}.title", lang) if has(f"suite.{name}.title") else name


def suite_opening(name: str, lang: str = "en") -> str:
    """How a sentence about the suite opens: "On new wordings of trained questions"."""
    known = has(f"suite.{name}.opening") and name != "own"
    return text(f"suite.{name}.opening", lang) if known else text("suite.own.opening", lang, suite=name)


def _with_unit(number: str, metric: Metric, lang: str, form: str) -> str:
    if metric.unit in UNITS:
        return text(f"unit.{UNITS[metric.unit]}.{form}", lang, n=number)
    return f"{number} {metric.unit}"


def _scaled(value: float, metric: Metric) -> float:
    return value if metric.unit else 100 * value

"""One function finds the members of a package: a file added is a member added."""

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from typing import Any

from engine import evaluate_metric, evaluate_name


@cache
def discover(package: str, attribute: str) -> dict[str, Any]:
    """The members of `package` by name, in alphabetical order: each module's `attribute`, which has a `name`.

    Modules whose name begins with an underscore are shared code, not members. Raises AttributeError where a module
    lacks the attribute, so a half-written member is noticed at once.

    >>> "lora" in discover("engine.methods", "METHOD")
    True
    """
    parent = importlib.import_module(package)
    names = sorted(info.name for info in pkgutil.iter_modules(parent.__path__) if not info.name.startswith("_"))
    members = [getattr(importlib.import_module(f"{package}.{name}"), attribute) for name in names]
    return {member.name: member for member in members}


def methods() -> dict[str, Any]:
    """Every training method by name."""
    return discover("engine.methods", "METHOD")


def method_of(spec: Any) -> Any:
    """The method of a run spec as its settings make it: one that trains through another has that one's quantisation,
    adapter, learning-rate ratios, and whether what is learnt folds into the weights."""
    method = methods()[spec.method]
    if not method.through:
        return method
    inner = methods()[way(spec)]
    return replace(
        method,
        quantization=inner.quantization,
        adapter=inner.adapter,
        rate_ratio=inner.rate_ratio,
        folds=inner.folds,
    )


def way(spec: Any) -> str:
    """The name of the method that attaches the weights a run trains: its own, or the one it trains through."""
    method = methods()[spec.method]
    return method.Settings.model_validate(spec.settings).through if method.through else method.name


def attach_through(model: Any, settings: Any) -> Any:
    """The `attach` of a method that trains through another: settings.through attaches, with those of the settings that
    it knows."""
    inner = methods()[settings.through]
    given = settings.model_dump()
    return inner.attach(
        model, inner.Settings(**{name: given[name] for name in inner.Settings.model_fields if name in given})
    )


class Metrics(dict[str, Any]):
    """Metrics by name. One of the `evaluate` library ("evaluate:PATH_OR_ID") is none of the members, but is found when
    it is asked for by name."""

    def __missing__(self, name: str) -> Any:
        if not evaluate_name.is_named(name):
            raise KeyError(name)
        return evaluate_metric.metric(name)


def metrics() -> Metrics:
    """Every metric by name."""
    return Metrics(discover("engine.metrics", "METRIC"))


def formats() -> dict[str, Any]:
    """Every row shape by name."""
    return discover("engine.formats", "FORMAT")


def checks() -> dict[str, Any]:
    """Every check of rows by name."""
    return discover("engine.data.checks", "CHECK")


def finders() -> dict[str, Any]:
    """Every kind of personal data and secret that is looked for, by name."""
    return discover("engine.data.personal", "FINDER")

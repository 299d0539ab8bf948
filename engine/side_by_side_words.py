"""Several runs beside each other as tables of texts, for page and terminal alike. No torch."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import figures, registry, verdict
from engine.text import has, text

Cell = tuple[str, str]  # what is read first, and what stands under it
HASH = 12  # digits of a hash that are shown


def settings(test: Mapping[str, Any], lang: str = "en", *, names: Sequence[str] = ()) -> tuple[list[str], list[Any]]:
    """(header, rows) of the settings that differ, a column per run. `names` calls the runs otherwise than by id."""
    rows = [[_setting(name, lang), *(_value(value) for value in values)] for name, values in test["settings"].items()]
    return [text("side_by_side.setting", lang), *_names(test, names)], rows


def results(test: Mapping[str, Any], lang: str = "en", *, names: Sequence[str] = ()) -> tuple[list[str], list[Any]]:
    """(header, rows): metric and suite, then a Cell per run: the tuned model's score, and under it the difference to
    its base with interval and sign."""
    rows = []
    for row in test["rows"]:
        metric = registry.metrics()[row["metric"]]
        cells = [_result(verdict.row(change, metric, lang)) if change else ("–", "") for change in row["changes"]]
        rows.append([figures.metric_title(row["metric"], lang), figures.suite_title(row["suite"], lang), *cells])
    return [text("table.metric", lang), text("table.suite", lang), *_names(test, names)], rows


def pairs(test: Mapping[str, Any], lang: str = "en", *, names: Sequence[str] = ()) -> tuple[list[str], list[Any]]:
    """(header, rows): each two runs' tuned answers on what decides: which, figure, scores, difference, interval,
    better/same/worse, verdict."""
    called = dict(zip((run["run"] for run in test["runs"]), _names(test, names), strict=True))
    keys = ("metric", "before", "after", "difference", "interval", "outcomes", "verdict")
    header = [text("side_by_side.pair", lang)]
    header += [text(f"side_by_side.{key}" if key in ("before", "after") else f"table.{key}", lang) for key in keys]
    rows = []
    for pair in test["pairs"]:
        change = pair | {"primary": False, "needed": None, "detectable": None, "illustrative": pair["n"] < 30}
        row = verdict.row(change, registry.metrics()[pair["metric"]], lang)
        row |= {"verdict": f"{row['sign']} {row['verdict']}", "metric": f"{row['metric']}, {row['suite']}"}
        rows.append([f"{called[pair['first']]} → {called[pair['second']]}", *(row[key] for key in keys)])
    return header, rows


def heading(test: Mapping[str, Any], lang: str = "en") -> str:
    """Which test it was: its suites with their sizes, the longest answer, the beginning of its hash."""
    suites = ", ".join(f"{figures.suite_title(name, lang)} {n}" for name, n in test["suites"].items())
    return text("side_by_side.test", lang, suites=suites, tokens=test["max_new_tokens"], hash=test["test"][:HASH])


def _names(test: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return list(names) or [run["run"] for run in test["runs"]]


def _setting(name: str, lang: str) -> str:
    for key in (f"page.setting.{name}.title", f"side_by_side.{name}"):
        if has(key):
            return text(key, lang)
    return name


def _value(value: Any) -> str:
    """A setting's value; a hash by its beginning."""
    words = "–" if value is None else str(value)
    return words[:HASH] if len(words) == 64 and not set(words) - set("0123456789abcdef") else words[:200]


def _result(row: Mapping[str, Any]) -> Cell:
    return row["after"], f"{row['difference']} ({row['interval']}) {row['sign']}"

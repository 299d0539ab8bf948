"""The benchmarks of a run (eval/harness.json) as a table of texts, for page and command line. No torch."""

from collections.abc import Mapping
from typing import Any

from engine import verdict
from engine.schema import Metric
from engine.text import text


def rows(found: Mapping[str, Any], lang: str = "en") -> list[dict[str, Any]]:
    """The table's rows as verdict.table gives them; the suite is the task's own name."""
    return [
        verdict.row(change, _metric(change), lang) | {"suite": change["suite"], "metric": change["metric"]}
        for change in found["changes"]
    ]


def _metric(change: Mapping[str, Any]) -> Metric:
    name = change["metric"]
    return Metric(name=name, title=name, better=change["better"], score=lambda *_: None, unit=change["unit"])


def notes(found: Mapping[str, Any], lang: str = "en") -> list[str]:
    """How the benchmarks were asked, then what of them was not measured and why: one sentence each."""
    shots = sorted({task["few_shot"] for task in found["tasks"].values()})
    values = {"version": found["harness"], "shots": ", ".join(map(str, shots)), "seed": found["seed"]}
    said = [text("benchmark.how", lang, **values)]
    if found["limit"] is not None:
        said.append(text("benchmark.limit", lang, n=found["limit"]))
    said.append(text(f"benchmark.{'chat' if found['chat'] else 'plain'}", lang))
    for missing in found["not_measured"]:
        what = f"{missing['task']}, {missing['metric']}"
        said.append(text("page.result.not_run", lang, what=what, why=text(f"benchmark.why.{missing['why']}", lang)))
    return said

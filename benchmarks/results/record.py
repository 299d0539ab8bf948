"""From a finished run to the few kilobytes of its result that are kept (the shape: engine/results.py)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from engine import atomic, environment, registry, results, rundir, verdict
from engine.examples import likeliest
from engine.items import FORGETTING
from engine.report.cost import KEPT
from engine.rundir import Run
from engine.schema import UserError
from engine.text import LANGUAGES, text

LONGEST = 700  # characters of a text of the example
PACKAGES = ("torch", "transformers", "peft")
JUDGED = ("before", "after", "low", "high", "verdict")
FORGOTTEN = tuple(place for place in FORGETTING if place[0] != "answer_loss")


def of_run(run: Run) -> dict[str, Any]:
    """What is kept of a finished run. Raises UserError where it is not finished."""
    found = run.comparison()
    if found is None or rundir.state(run) != "done":
        raise UserError(f"Run {run.id} is not done ({rundir.state(run)}): there is no result to keep.")
    spec, spent = run.spec(), found["efficiency"]
    seconds, base_kept = _seconds(run)
    env, report = (atomic.read_json(run.file(name)) for name in ("env", "report"))
    defaults = registry.methods()[spec.method].Settings().model_dump(mode="json")
    said = {lang: verdict.sentences(found, lang) for lang in LANGUAGES}
    values = {
        "key": results.key(spec),
        "date": datetime.strptime(run.id[:8], "%Y%m%d").date().isoformat(),
        "title": spec.title,
        "machine": _machine(env),
        "model": results.model_name(spec),
        "method": spec.method,
        "seed": spec.seed,
        "settings": {name: value for name, value in spec.settings.items() if value != defaults.get(name)},
        "versions": {name: env["versions"][name] for name in PACKAGES},
        "verdict": found["verdict"]["word"],
        "headline": {lang: verdict.headline(found, lang) for lang in LANGUAGES},
        "sentence": {lang: said[lang][0]["text"] for lang in LANGUAGES},
        "bad": {lang: [part["text"] for part in said[lang][1:] if part["tone"] == "bad"] for lang in LANGUAGES},
        "primary": _primary(found),
        "declining": found["declining"] and {when: found["declining"][when] for when in ("before", "after")},
        "forgetting": _forgetting(found["changes"]),
        "others": [
            {name: change[name] for name in ("metric", "suite", *JUDGED)}
            for change in found["changes"][1:]
            if change["p"] is not None and (change["metric"], change["suite"]) not in FORGOTTEN
        ],
        "not_measured": found["not_measured"],
        "seconds": seconds | {"total": sum(seconds.values())},
        "base_kept": base_kept,
        "peak_bytes": spent.get("peak_bytes"),
        "trainable": {
            "count": spent.get("trainable_parameters"),
            "share": spent["trainable_percent"] / 100 if "trainable_percent" in spent else None,
        },
        "rows": {split: report["splits"][split] for split in ("train", "validation", "test")},
        "leakage": found["leakage"].get("share"),
        "example": example(
            found["items"],
            metric=found["changes"][0]["metric"],
            suite=found["changes"][0]["suite"],
            chosen=likeliest(run) if found["changes"][0]["metric"] == "choice_accuracy" else None,
        ),
    }
    return _rounded(values)


def write(path: Path, values: Mapping[str, Any]) -> None:
    """The result in its file, the old one or the new, never half."""
    atomic.write_text(path, json.dumps(values, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n")


def example(
    items: Sequence[Mapping[str, Any]],
    *,
    metric: str,
    suite: str,
    chosen: Mapping[str, tuple[str, str]] | None = None,
) -> dict[str, Any] | None:
    """One deciding item with both answers, chosen by a rule that nobody can bend: of those whose score improved the one
    with the median gain, and where none did the one with the median change of all; ties go by the item's id, of two in
    the middle the smaller change counts. None where no item has a score.

    With `chosen` (see `likeliest`) the choices stand for the answers: a freely written one is not what was judged."""
    sign = 1 if registry.metrics()[metric].better == "higher" else -1
    scored = [item for item in items if item["suite"] == suite and item["base_scores"].get(metric) is not None]
    gains = [sign * (item["tuned_scores"][metric] - item["base_scores"][metric]) for item in scored]
    order = sorted(
        zip(gains, (item["example_id"] for item in scored), scored, strict=True), key=lambda found: found[:2]
    )
    improved = [found for found in order if found[0] > 0]
    among = improved or order
    if not among:
        return None
    _, _, item = among[(len(among) - 1) // 2]
    rule = "improved" if improved else "none_improved"
    why = {lang: text(f"example.{rule}", lang, n=len(among)) for lang in LANGUAGES}
    before, after = (item["base"], item["tuned"]) if chosen is None else chosen[item["example_id"]]
    if chosen is not None:
        why = {lang: text("example.chosen", lang, why=why[lang]) for lang in LANGUAGES}
    return {
        "question": _cut(_question(item)),
        "reference": _cut(item["reference"]),
        "before": _cut(before),
        "after": _cut(after),
        "scores": [item["base_scores"][metric], item["tuned_scores"][metric]],
        "why": why,
    }


def _question(item: Mapping[str, Any]) -> str:
    """What was asked, without the system's part; a conversation with who says what."""
    turns = [turn for turn in item["prompt"] if turn["role"] != "system"]
    if len(turns) == 1:
        return turns[0]["content"]
    return "\n".join(f"{turn['role']}: {turn['content']}" for turn in turns)


def _cut(said: str) -> str:
    said = said.strip()
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _primary(found: Mapping[str, Any]) -> dict[str, Any]:
    change = found["changes"][0]
    at = change["metric"], change["suite"]
    arms = {other["arm"]: verdict.by_place(other["changes"]).get(at, {}).get("before") for other in found["arms"]}
    names = ("metric", "suite", "n", "groups", *JUDGED, "difference", "wins", "losses", "illustrative")
    return {name: change[name] for name in names} | {arm: arms.get(arm) for arm in ("prompted", "nearest")}


def _forgetting(changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Right choices on general questions and bits per byte of plain text: what else was lost; None where not asked."""
    measured = verdict.by_place(changes)
    return {
        metric: {"suite": suite} | {name: measured[metric, suite][name] for name in JUDGED}
        if (metric, suite) in measured
        else None
        for metric, suite in FORGOTTEN
    }


def _seconds(run: Run) -> tuple[dict[str, float], bool]:
    """(the seconds of each stage, whether they lack base's). Where an earlier run had asked base already, the seconds
    of that run's stage are taken, as long as the run is there: a fresh machine has to ask, too."""
    seconds = run.status()["seconds"]
    if not _kept(run):
        return seconds, False
    said = run.answers("base"), run.answers("prompted")
    for other in rundir.all_runs():
        if (other.answers("base"), other.answers("prompted")) == said and not _kept(other):
            return seconds | {"base": other.status()["seconds"]["base"]}, False
    return seconds, True


def _kept(run: Run) -> bool:
    """Whether an earlier run had asked base already: its stage took less than its answers did."""
    return run.status().get("seconds", {}).get("base", 0) < KEPT * _answering(run)


def _answering(run: Run) -> float:
    """The seconds that the untrained model's answers took when they were given."""
    return sum(row.output.seconds for arm in ("base", "prompted") for row in run.answers(arm))


def _machine(env: Mapping[str, Any]) -> dict[str, Any]:
    """What the run ran on. Where it did not note the processor's name, this one's, if it is of the same size."""
    import psutil

    here = (psutil.cpu_count(), psutil.virtual_memory().total) == (env["cores"], env["memory_bytes"])
    processor = env.get("processor") or (environment.processor() if here else None)
    return {
        "processor": processor,
        "cores": env["cores"],
        "memory_gb": round(env["memory_bytes"] / 1e9, 1),
        "device": env["device"],
    }


def _rounded(value: Any) -> Any:
    """The value with its numbers in five significant digits, however deep."""
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value

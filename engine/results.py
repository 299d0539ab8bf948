"""A use case's kept result, presets/NAME/result.json, for whoever shows it. No torch; writes nothing.

`python -m benchmarks.results` makes the file from a finished run. Its shape (a value that was not measured is None):

    key           SHA-256 of all that decides the run: see `key`
    date          "2026-11-25", when the run began
    title         the run's own title
    machine       {"processor", "cores", "memory_gb", "device"}
    model, method, seed
    settings      {name: value} of the method that differ from its defaults
    versions      {"torch", "transformers", "peft"}
    verdict       better, better_but, cannot_tell, worse, not_measured
    headline      {"en", "ja"}: the verdict in one line with its sign (verdict.headline)
    sentence      {"en", "ja"}: what happened to the deciding items, in one sentence
    bad           {"en": [...], "ja": [...]}: the sentences about what got worse, or is a reason not to
    primary       {"metric", "suite", "n", "groups", "before", "prompted", "nearest", "after", "difference", "low",
                  "high", "wins", "losses", "verdict", "illustrative" (too few items for more than an illustration)}
    declining     {"before"|"after": {"answerable"|"unanswerable": {"answered": n, "declined": n}}}
    forgetting    {"choice_accuracy"|"bits_per_byte": {"suite", "before", "after", "low", "high", "verdict"} or None}
    others        every other judged figure: [{"metric", "suite", "before", "after", "low", "high", "verdict"}]
    not_measured  [{"what", "why"}], as verdict.not_measured takes them
    seconds       {"prepare", "base", "train", "tuned", "compare", "total"}
    base_kept     whether base had answered before, so that the seconds lack that
    peak_bytes, trainable {"count", "share"}, rows {"train", "validation", "test"}
    leakage       share of the deciding items that training gave away
    example       {"question", "reference", "before", "after", "scores": [before, after], "why": {"en", "ja"}}
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine import evaluate_name, registry, specs
from engine.atomic import read_json
from engine.data.files import name_of
from engine.schema import RunSpec, UserError

WORDS = ("title", "use_case")  # what a run is called changes nothing in it
Stamps = tuple[tuple[str, int, int], ...]


def of(name: str) -> dict[str, Any] | None:
    """The use case's kept result and, under "stale", whether it was measured with other data or settings than the use
    case has now. None where there is none."""
    path = file(name)
    found = read_json(path) if path else None
    return found and found | {"stale": found.get("key") != _key_now(path.with_name("preset.yaml"))}


def file(name: str) -> Path | None:
    """Where the result of that use case lies, or will; None where no use case is called so."""
    folder = specs.PRESETS / name if specs.NAME.match(name) else None
    return folder / "result.json" if folder and (folder / "preset.yaml").is_file() else None


def key(spec: RunSpec) -> str:
    """64 hexadecimal digits for all that decides a run: its spec with every default of the method filled in, each data
    file by its SHA-256 and base name. Where the files lie, what the run and its rules are called, how many answers are
    given at once, and what is empty (a later version may add it) do not count. The spec must be checked (specs.check):
    its files are not read here."""
    settings = registry.methods()[spec.method].Settings.model_validate(spec.settings)
    values = spec.model_dump(mode="json") | {"settings": settings.model_dump(mode="json")}
    values = {name: value for name, value in values.items() if name not in WORDS}
    del values["decoding"]["batch_size"]
    values["rules"] = [{part: value for part, value in rule.items() if part != "says"} for rule in values["rules"]]
    values["model"] = model_name(spec)
    values["metrics"] = [_metric(name) for name in spec.metrics]
    values["primary"]["metric"] = _metric(spec.primary.metric)
    return hashlib.sha256(json.dumps(_without_empty(values), sort_keys=True).encode()).hexdigest()


def model_name(spec: RunSpec) -> str:
    """The model as a result names it: a folder without where it lies."""
    return name_of(spec.model) if spec.model.startswith("/") else spec.model


def preset_key(name: str) -> str:
    """The key of the use case as it is now. Its files are read again only where one has changed. Raises UserError."""
    return _key(specs.PRESETS / name / "preset.yaml")


_keys: dict[Path, tuple[Stamps, str]] = {}  # the stamps of all files of a use case when its key was made


def _key(path: Path) -> str:
    stamps, found = _keys.get(path, ((), ""))
    if not stamps or _stamps(path for path, _, _ in stamps) != stamps:
        spec = specs.resolve_spec(path)
        more = (other.source for other in spec.data.more)
        sources = (spec.data.train, *more, *spec.data.suites.values(), spec.data.mix, spec.data.off_topic)
        found = key(spec)
        _keys[path] = _stamps([str(path), *(source.path for source in sources if source)]), found
    return found


def _key_now(path: Path) -> str | None:
    try:
        return _key(path)
    except UserError:  # a file is missing or wrong just now: whatever was measured, it was something else
        return None


def _stamps(paths: Iterable[str]) -> Stamps:
    """What tells that a file is the one read before: path, time of change in nanoseconds, bytes; zeros where it is
    gone."""
    found = []
    for path in paths:
        try:
            status = os.stat(path)
            found.append((path, status.st_mtime_ns, status.st_size))
        except OSError:
            found.append((path, 0, 0))
    return tuple(found)


def _metric(name: str) -> str:
    """A metric's name without the folder its module lies in: its hash is in the name already."""
    if not evaluate_name.is_named(name) or not evaluate_name.parse(name).local:
        return name
    target, mark, query = name.partition("?")
    return f"{name_of(target)}{mark}{query}"


def _without_empty(value: Any) -> Any:
    """The value without what is None, False or empty, however deep, and data files by their base names."""
    if isinstance(value, list):
        return [_without_empty(part) for part in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _without_empty(part) for name, part in value.items()}
    if "path" in kept and "sha256" in kept:
        kept["path"] = name_of(kept["path"])
    return {name: part for name, part in kept.items() if part is not False and part not in (None, "", [], {})}

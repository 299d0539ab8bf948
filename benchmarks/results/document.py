"""docs/results.md, drawn from the kept results alone: drawn twice it has the same bytes."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.real.__main__ import NAMES
from engine import atomic, figures, registry, results, rundir, specs, verdict
from engine.terminal import printable
from engine.text import text

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "docs" / "results.md"
REAL = ROOT / "benchmarks" / "real" / "results"
COLUMNS = (
    "use case",
    "method",
    "verdict",
    "deciding figure: before, prompted, after",
    "difference (95 % interval)",
    "items improved / worse",
    "declines what it cannot know: before → after",
    "general knowledge: before → after",
    "minutes",
    "peak memory",
)
INTRO = """\
# What training did, use case by use case

Made by `make results` (`python -m benchmarks.results`), which runs every use case the way the command line does and
keeps what came out, whatever it is; drawn from `presets/*/result.json` and `benchmarks/real/results/*.json`, never
written by hand. Each use case names its one deciding figure in `preset.yaml` before its first run.
One run each, with one seed: another seed may come out differently. "Prompted" is the same model untrained, given
instructions and four examples; "–" means not measured. "Cannot tell" and "worse" are results, too.
"""
REAL_LEAD = """\
Data that is not the project's and is not shipped with it: `python -m benchmarks.results --real DATA_DIR` measures it
where you have it (`python -m benchmarks.real --help` says what is read).
"""
NOT_YET = "not measured yet"
MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$])")
Kept = tuple[str, str, dict[str, Any] | None]  # name, title, result


def write() -> None:
    """Draw the document anew."""
    atomic.write_text(FILE, draw())


def draw() -> str:
    """The whole document."""
    presets = specs.all_presets(specs.PRESETS)
    parts = {
        "In English": [_of_preset(name, found) for name, found in presets.items() if found.language == "en"],
        "In Japanese": [_of_preset(name, found) for name, found in presets.items() if found.language == "ja"],
        "On real data": [_of_real(name) for name in NAMES],
    }
    measured = [result for part in parts.values() for _, _, result in part if result]
    blocks = [INTRO, *_machines(measured)]
    for title, part in parts.items():
        lead = [REAL_LEAD] if title == "On real data" else []
        blocks += [f"## {title}\n", *lead, _table(part), *(block for kept in part for block in _section(kept))]
    return "\n".join(blocks)


def real_file(name: str) -> Path:
    """Where the result on that real data is kept."""
    return REAL / f"{name}.json"


def _of_preset(name: str, preset: Any) -> Kept:
    return name, preset.title["en"], results.of(name)


def _of_real(name: str) -> Kept:
    found = atomic.read_json(real_file(name))
    return name, found["title"] if found else name, found


def _machines(measured: Iterable[Mapping[str, Any]]) -> list[str]:
    """On what it was measured: usually one line."""
    lines = Counter(_machine(result["machine"], result["versions"]) for result in measured)
    return [f"Machine: {line} ({count} of the results below).\n" for line, count in sorted(lines.items())]


def _machine(machine: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    device = "no GPU" if machine["device"] == "cpu" else machine["device"]
    size = f"{machine['cores']} cores, {machine['memory_gb']:g} GB"
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return f"{machine['processor'] or 'processor not recorded'}, {size}, {device}; {libraries}"


def _verdict(result: Mapping[str, Any]) -> str:
    said = result["headline"]["en"]
    return text("verdict.illustrative", verdict=said) if result["primary"]["illustrative"] else said


def _table(part: Iterable[Kept]) -> str:
    rows = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    rows += [f"| {' | '.join(_row(*kept))} |" for kept in part]
    return "\n".join(rows) + "\n"


def _row(name: str, title: str, result: Mapping[str, Any] | None) -> list[str]:
    if result is None:
        return [f"`{name}`", "", NOT_YET, *[""] * (len(COLUMNS) - 3)]
    found = result["primary"]
    metric = registry.metrics()[found["metric"]]
    before, prompted, after = (_score(found[when], metric) for when in ("before", "prompted", "after"))
    place = f"{figures.metric_title(metric.name)}, {_lower(figures.suite_title(found['suite']))}"
    amount = figures.difference(found["difference"], metric)
    minutes = f"{result['seconds']['total'] / 60:.1f}" + ("*" if result["base_kept"] else "")
    memory = f"{result['peak_bytes'] / 1e9:.2f} GB" if result["peak_bytes"] else _none()
    return [
        f"[`{name}`](#{name})",
        f"`{result['method']}`",
        _verdict(result) + (" (stale)" if result.get("stale") else ""),
        f"{_plain(place)} (n = {found['n']}): {before}, {prompted}, **{after}**",
        f"{amount} ({figures.interval(found, metric)})",
        f"{found['wins']} / {found['losses']}",
        _declines(result["declining"], "unanswerable"),
        _general(result["forgetting"]["choice_accuracy"]),
        minutes,
        memory,
    ]


def _section(kept: Kept) -> Iterator[str]:
    """What the table has no room for: the sentence, what got worse, the cost, an example, what was not measured."""
    name, title, result = kept
    if result is None:
        return
    yield f'<a id="{name}"></a>\n\n### {_plain(title)} (`{name}`)\n'
    if result.get("stale"):
        yield "**Stale**: the use case has other data or settings now; this was measured before.\n"
    yield f"**{_verdict(result)}.** {_plain(result['sentence']['en'])}\n"
    yield "".join(f"- {_plain(line)}\n" for line in [*result["bad"]["en"], *_facts(result)])
    yield from _example(result)
    if missing := verdict.not_measured(result):
        yield "; ".join(_plain(line) for line in missing) + "\n"


def _facts(result: Mapping[str, Any]) -> Iterator[str]:
    """Lines that hold whatever the verdict is."""
    nearest = result["primary"]["nearest"]
    metric = registry.metrics()[result["primary"]["metric"]]
    if nearest is not None:
        yield f"The answer of the nearest training question: {_score(nearest, metric)}."
    if result["declining"] and (cells := _declines(result["declining"], "answerable")) != _none():
        yield f"Declines what it could answer: {cells}."
    prose = result["forgetting"]["bits_per_byte"]
    if prose:
        unit = registry.metrics()["bits_per_byte"]
        before, after = (_score(prose[when], unit) for when in ("before", "after"))
        yield f"Plain prose: {before} → {after} ({verdict_word(prose['verdict'])})."
    rows, trained = result["rows"], result["trainable"]
    share = f"{100 * trained['share']:.3g} % of the weights" if trained["share"] is not None else "weights not counted"
    leaked = _none() if result["leakage"] is None else f"{100 * result['leakage']:.3g} %"
    settings = (
        ", ".join(f"{name} = {value}" for name, value in sorted(result["settings"].items())) or "all as by default"
    )
    yield (
        f"{rows['train']} rows trained on, {rows['validation']} to choose the best weights, {rows['test']} asked "
        f"(deciding ones that training gives away: {leaked}); {share}; settings: {settings}; seed {result['seed']}."
    )
    stages = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in _stages(result["seconds"]))
    kept = (
        " *An earlier run had asked the untrained model already: its answers are not in this time."
        * result["base_kept"]
    )
    yield f"{result['date']}: {stages}.{kept}"


def _stages(seconds: Mapping[str, float]) -> list[tuple[str, float]]:
    return [(stage, seconds[stage]) for stage in rundir.STAGES if stage in seconds]


def _example(result: Mapping[str, Any]) -> Iterator[str]:
    found = result["example"]
    if not found:
        return
    metric = registry.metrics()[result["primary"]["metric"]]
    yield f"{_plain(found['why']['en'])}\n"
    before, after = (_score(score, metric) for score in found["scores"])
    parts = [("Asked", found["question"]), ("Reference", found["reference"])]
    if found["before"] or found["after"]:
        parts += [(f"Before ({before})", found["before"]), (f"After ({after})", found["after"])]
    else:  # a plain text is read, not answered
        parts = [("Text", found["reference"]), ("Before", before), ("After", after)]
    yield "\n>\n".join(_quoted(title, said) for title, said in parts if said or title != "Asked") + "\n"


def _quoted(title: str, said: str) -> str:
    """A part of the example as a quote: on one line where it has one, else exactly as it stands."""
    said = printable(said)
    if "\n" not in said:
        return f"> **{title}:** {_plain(said) or '(nothing)'}"
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", said)), default=0))
    return "\n".join(
        [f"> **{title}:**", f"> {fence}text", *(f"> {line}".rstrip() for line in said.split("\n")), f"> {fence}"]
    )


def _declines(cells: Mapping[str, Any] | None, kind: str) -> str:
    """How many of the kind it declines: "3 → 30 of 36"."""
    if not cells or not sum(cells["after"][kind].values()):
        return _none()
    before, after = (cells[when][kind]["declined"] for when in ("before", "after"))
    return f"{before} → {after} of {sum(cells['after'][kind].values())}"


def _general(change: Mapping[str, Any] | None) -> str:
    if not change:
        return _none()
    metric = registry.metrics()["choice_accuracy"]
    before, after = (_score(change[when], metric) for when in ("before", "after"))
    return f"{before} → {after} ({verdict_word(change['verdict'])})"


def verdict_word(code: str) -> str:
    """The verdict in words, with its sign."""
    return verdict.headline({"verdict": {"word": code}})


def _score(value: float | None, metric: Any) -> str:
    return figures.score(value, metric)


def _none() -> str:
    return figures.score(None, registry.metrics()["token_f1"])


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _plain(said: str) -> str:
    """The text as Markdown that means nothing but the text."""
    return MARKS.sub(r"\\\1", said)

"""The sections by which an engineer checks the report: limits, method, statistics, settings, data, hashes, gaps."""

from collections.abc import Mapping
from typing import Any

from engine import figures, items_json, registry, results, verdict
from engine.arms import SHOTS
from engine.atomic import read_json
from engine.data.files import name_of
from engine.numbers import figure, size
from engine.report.blocks import Block, Section, curve, facts, lines, quote, section, table
from engine.rundir import Run, training_log
from engine.schema import RunSpec, Source
from engine.sentences import of_issue, title
from engine.stats import FLIPS, ILLUSTRATIVE_BELOW, RESAMPLES
from engine.text import has, text

MOST_POINTS = 400  # of the curve
DATA_SETTINGS = ("validation_share", "test_share", "max_length", "too_long", "personal", "leaked", "entity_share")
MOST_ISSUES = 12  # rows whose trouble is told one by one


def sections(run: Run, found: Mapping[str, Any], lang: str) -> list[Section | None]:
    """Each with what the run's own files say."""
    spec = run.spec()
    return [
        _titled("limits", lang, lines(limits(run, found, lang))),
        _titled("method", lang, lines([*_method(found, spec, lang), *_template(run, lang)]), _tested(found, lang)),
        _titled("training", lang, *_training(run, found, lang)),
        _titled("settings", lang, *_settings(spec, lang)),
        _titled("data", lang, *_data(run, spec, lang)),
        _titled("reproduce", lang, *_reproduce(run, spec, lang)),
        _titled("not_measured", lang, lines(_gaps(run, found, lang))),
    ]


def _titled(key: str, lang: str, *blocks: Block | None) -> Section | None:
    return section(key, text(f"report.section.{key}", lang), *blocks)


def limits(run: Run, found: Mapping[str, Any], lang: str) -> list[str]:
    """What the result does not say, from the run's own numbers."""
    change = found["changes"][0]
    metric = registry.metrics()[change["metric"]]
    said = [text("report.limits.test_only", lang, suite=figures.suite_title(change["suite"], lang), n=change["n"])]
    if change["detectable"] is not None:
        smallest = figures.difference(change["detectable"], metric, lang).lstrip("+")
        said.append(text("report.limits.detectable", lang, smallest=smallest))
    if change["illustrative"]:
        said.append(text("report.limits.few", lang, least=ILLUSTRATIVE_BELOW))
    if change["groups"] < change["n"]:
        said.append(text("report.limits.groups", lang, groups=change["groups"]))
    if found["seed"] is not None:
        said.append(text("sentence.one_seed", lang, seed=found["seed"]))
    scored = text("report.limits.votes" if run.file("votes").exists() else "report.limits.automatic", lang)
    return [*said, scored, text("report.limits.model", lang), text("report.limits.safety", lang)]


def _method(found: Mapping[str, Any], spec: RunSpec, lang: str) -> list[str]:
    """How the figures came about, in the order in which one would do it again."""
    primary, metric = spec.primary, registry.metrics()[spec.primary.metric]
    named = {"metric": figures.metric_title(primary.metric, lang), "suite": figures.suite_title(primary.suite, lang)}
    least = figures.difference(primary.minimum, metric, lang).lstrip("+")
    said = [
        text("report.method.asked", lang, tokens=spec.decoding.max_new_tokens),
        text("report.method.tuned", lang),
        text("report.method.deciding", lang, **named, least=least),
        text("report.method.interval", lang, resamples=f"{RESAMPLES:,}"),
        text("report.method.test", lang, flips=f"{FLIPS:,}"),
        text("report.method.families", lang),
        text("report.method.verdict", lang),
        text("report.method.examples", lang),
    ]
    arms = {other["arm"] for other in found.get("arms") or []}
    said += [text("report.method.prompted", lang, shots=SHOTS)] if "prompted" in arms else []
    said += [text("report.method.nearest", lang)] if "nearest" in arms else []
    proof = found.get("base_proof")
    return [*said, text("report.method.proof", lang, n=figure(proof["max_abs_difference"]))] if proof else said


def _template(run: Run, lang: str) -> list[str]:
    """That the model was asked through the plain chat template, where it has none of its own."""
    plain = read_json(run.file("env"), default={}).get("plain_template")
    return [text("page.data.plain_template", lang)] if plain else []


def _tested(found: Mapping[str, Any], lang: str) -> Block | None:
    """Every judged figure with its p-values, groups, and the smallest difference that so many items would show."""
    titles = verdict.columns(lang)
    header = [titles["metric"], titles["suite"], titles["n"]]
    header += [text(f"report.method.{key}", lang) for key in ("groups", "p", "adjusted", "smallest")]
    rows = [
        [row["metric"], row["suite"], row["n"], str(change["groups"]), _p(change["p"]), _p(change["p_adjusted"])]
        + [row["detectable"]]
        for row, change in zip(verdict.table(found, lang), found["changes"], strict=True)
        if change["p"] is not None
    ]
    return table(header, rows, numeric=range(2, 7), caption=text("report.method.tests", lang))


def _p(value: float | None) -> str:
    """A p-value; one below what so many random flips can tell apart is given as that bound."""
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def _training(run: Run, found: Mapping[str, Any], lang: str) -> list[Block | None]:
    log = [line for line in training_log(run) if line.get("kind", "train") in ("train", "validation")]
    step = -(-len(log) // MOST_POINTS) or 1
    kept = [line for at, line in enumerate(log) if line.get("kind") == "validation" or at % step == 0]
    best, steps = found["efficiency"].get("best_step"), found["efficiency"].get("steps")
    said = [text("report.training.best", lang, best=best, steps=steps)] if best is not None else []
    return [curve(kept, best), lines(said)]


def _settings(spec: RunSpec, lang: str) -> list[Block | None]:
    """Everything a run of the same kind would have to be given, defaults written out."""
    method = registry.methods()[spec.method]
    values = method.Settings.model_validate(spec.settings).model_dump(mode="json")
    shown = {text("side_by_side.model", lang): results.model_name(spec)}
    shown |= {text("side_by_side.revision", lang): spec.revision} if spec.revision else {}
    name = f"page.method.{spec.method}.title"
    shown[text("side_by_side.method", lang)] = text(name, lang) if has(name) else spec.method
    rows = [[label, value] for label, value in shown.items()]
    for key, value in values.items():
        title = text(f"page.setting.{key}.title", lang) if has(f"page.setting.{key}.title") else key
        rows.append([f"{title} ({key})", str(value)])
    for key in DATA_SETTINGS:
        rows.append([text(f"report.settings.{key}", lang), str(getattr(spec.data, key)) or "–"])
    if spec.data.changes:
        rows.append([text("report.settings.changes", lang), str(len(spec.data.changes))])
    rows.append([text("report.settings.decoding", lang), text("report.settings.greedy", lang)])
    rows.append([text("report.settings.tokens", lang), str(spec.decoding.max_new_tokens)])
    rows.append(
        [
            text("report.settings.metrics", lang),
            text("report.settings.comma", lang).join(figures.metric_title(name, lang) for name in spec.metrics),
        ]
    )
    rows.append([text("side_by_side.seed", lang), str(spec.seed)])
    header = [text("side_by_side.setting", lang), text("report.settings.value", lang)]
    return [table(header, rows), quote(text("side_by_side.system", lang), spec.system)]


def _data(run: Run, spec: RunSpec, lang: str) -> list[Block | None]:
    """The account of every row, and the files by name and hash; never where they lie on the user's machine."""
    told = read_json(run.file("report"), default={})
    said = []
    if told:
        counts = {name: told[name] for name in ("rows", "accepted", "fixed", "dropped")}
        said.append(text("report.data.rows", lang, **counts))
        reasons = (told.get("reasons") or {}).items()
        said += [text("report.data.reason", lang, n=n, why=title(why, lang)) for why, n in reasons]
        dropped = [of_issue(issue, lang) for issue in told.get("issues") or [] if issue["dropped"]]
        said += dropped[:MOST_ISSUES]
        said.append(text("report.data.splits", lang, **{name: told["splits"][name] for name in _SPLITS}))
    data = spec.data
    sources: dict[str, Source | None] = {"train": data.train, "mix": data.mix, "off_topic": data.off_topic}
    named = {text(f"report.data.{name}", lang): source for name, source in sources.items() if source}
    for number, other in enumerate(data.more, start=2):
        named[text("report.data.more", lang, number=number, weight=f"{other.weight:g}")] = other.source
    named |= {figures.suite_title(name, lang): source for name, source in data.suites.items()}
    header = [text("report.data.part", lang), text("report.data.file", lang), "SHA-256"]
    files = [[label, name_of(source.path), source.sha256 or "–"] for label, source in named.items()]
    tests = told.get("suites") or {}
    columns = [text("table.suite", lang), text("table.n", lang), text("report.method.groups", lang)]
    rows = [[figures.suite_title(name, lang), str(one["n"]), str(one["groups"])] for name, one in tests.items()]
    return [lines(said), table(columns, rows, numeric=(1, 2)), table(header, files)]


_SPLITS = ("train", "validation", "test")


def _reproduce(run: Run, spec: RunSpec, lang: str) -> list[Block | None]:
    """Versions, machine, seed and the hashes of the files that the result was made from."""
    env = read_json(run.file("env"), default={})
    shown = {text("report.reproduce.run", lang): run.id, text("side_by_side.seed", lang): str(spec.seed)}
    for key in ("system", "processor", "device", "dtype", "threads", "cores"):
        if env.get(key) is not None:
            shown[text(f"report.reproduce.{key}", lang)] = str(env[key])
    if env.get("memory_bytes"):
        shown[text("report.reproduce.memory", lang)] = size(env["memory_bytes"])
    versions = table(
        [text("report.reproduce.package", lang), text("report.reproduce.version", lang)],
        [[name, str(value)] for name, value in (env.get("versions") or {}).items()],
    )
    header = [text("report.data.file", lang), "SHA-256"]
    hashes = table(header, [[name, value] for name, value in items_json.hashes(run).items()])
    how = [text("report.reproduce.how", lang), text("report.reproduce.check", lang)]
    return [facts(shown), versions, hashes, lines(how)]


def _gaps(run: Run, found: Mapping[str, Any], lang: str) -> list[str]:
    """What was not measured, and why; and what could have been asked beside the test and was not."""
    said = verdict.not_measured(found, lang)
    arms = {other["arm"] for other in found.get("arms") or []}
    said += [text(f"report.gaps.{arm}", lang) for arm in ("prompted", "nearest") if arm not in arms]
    for name in ("llm_judge", "harness", "votes"):
        if not run.file(name).exists():
            said.append(text(f"report.gaps.{name}", lang))
    return [*said, text("report.gaps.seeds", lang)]

"""The use cases to choose from, and the chosen one on a page of its own: its aim, what it brought, what it costs."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import figures, larger
from engine.charts import bars, full_bar
from engine.larger import Machine
from engine.numbers import duration, figure, size
from engine.registry import metrics
from engine.schema import Preset
from engine.text import has, text
from ui import icons, runs, usecases
from ui.frame import LANGUAGE_NAMES
from ui.html import esc, facts, notice, short, tag
from ui.usecases import OWN

ARMS = {"base": "before", "prompted": "prompted", "tuned": "after"}  # an arm -> its figure in a kept result
FIRST_RULES = 4
FIRST_WARNINGS = 2
LONGEST = 400  # characters of an example's question or answer
GPUS = (16, 24, 80)  # GB: what larger models are named for beside this machine
Result = Mapping[str, Any]


def cards(chosen: str, results: Mapping[str, Result], lang: str) -> str:
    """A card for each family of use cases, standing for the rows in the page's language or those chosen; last a file of
    the user's. `results` are the kept results by use case."""
    drawn = []
    for name, family in usecases.families().items():
        is_chosen = usecases.family_of(chosen) == name
        preset = usecases.presets()[chosen] if is_chosen else usecases.member(family, lang)
        foot = _foot(preset, family, results.get(preset.name), lang)
        drawn.append(_card(name, preset.name, title(preset, lang), foot, is_chosen))
    own = text("page.own.title", lang), esc(text("page.own.kinds", lang))
    drawn.append(_card(OWN, OWN, *own, chosen == OWN))
    return tag("div", "".join(drawn), cls="k-cards k-cases", role="group", aria_label=text("page.step.use_case", lang))


def _card(family: str, pick: str, name: str, foot: str, chosen: bool) -> str:
    """A calm card: what it is called and what it takes. All else is on the chosen one's page."""
    inside = icons.use_case(family) + tag("strong", esc(name)) + tag("span", foot, cls="k-card-foot")
    pressed = "true" if chosen else "false"
    return tag("button", inside, type="button", cls="k-card", data_pick=pick, data_family=family, aria_pressed=pressed)


def _foot(preset: Preset, family: Mapping[str, Preset], found: Result | None, lang: str) -> str:
    """As HTML: the verdict's sign where there is one, minutes, languages."""
    sign = runs.sign(found["verdict"], lang) if found else ""
    return sign + esc(" · ".join([_about_minutes(preset, found, lang), *map(LANGUAGE_NAMES.get, family)]))


def _about_minutes(preset: Preset, found: Result | None, lang: str) -> str:
    """How long a run takes, to the minute: as measured, else as the use case guesses."""
    total = found["seconds"].get("total") if found else None
    return text("page.case.about_minutes", lang, n=max(1, round(total / 60)) if total else f"{preset.minutes:g}")


def title(preset: Preset, lang: str) -> str:
    """What the family is called: the title of its rows in English, which names no language."""
    family = usecases.families().get(usecases.family_of(preset.name), {})
    return family.get("en", preset).title[lang]


def about(preset: Preset, found: Result | None, lang: str, machine: Machine | None = None) -> str:
    """The chosen use case on a page of its own. `found` is its kept result (results.of), None where it has none."""
    named = title(preset, lang)
    head = tag("h3", esc(named)) + _switch(preset, lang)
    warning = notice(preset.notice[lang], tone="warn", title=text("page.case.notice", lang)) if preset.notice else ""
    summary = tag("p", esc(preset.summary[lang]), cls="k-case-summary")
    changes = tag("p", tag("b", esc(text("page.case.changes", lang))) + esc(preset.changes[lang]))
    parts = [
        tag("header", head, cls="k-case-head"),
        warning,
        tag("div", summary + changes, cls="k-case-words"),
        _measured(preset, found, lang) if found else _not_yet(preset, lang),
        _facts(preset, found, lang),
        tag("div", _how(preset, lang) + _rules(preset, lang), cls="k-case-two"),
        _larger(preset, lang, machine or larger.this_machine()),
        _source(preset, lang),
    ]
    return tag("section", "".join(parts), cls="k-case", aria_label=named)


def _switch(preset: Preset, lang: str) -> str:
    """The language of the rows to choose; said in words where there is one only."""
    family = usecases.families().get(usecases.family_of(preset.name), {})
    if len(family) < 2:
        only = text("page.case.rows_only", lang, language=LANGUAGE_NAMES[preset.language])
        return tag("span", esc(only), cls="k-muted k-case-rows")
    buttons = (
        tag(
            "button",
            esc(LANGUAGE_NAMES[language]),
            type="button",
            data_pick=other.name,
            aria_pressed="true" if other.name == preset.name else "false",
            lang=language,
        )
        for language, other in family.items()
    )
    label = text("page.case.rows", lang)
    switch = tag("span", "".join(buttons), cls="k-switch", role="group", aria_label=label)
    return tag("span", tag("span", esc(label), cls="k-muted", aria_hidden="true") + switch, cls="k-case-rows")


def _not_yet(preset: Preset, lang: str) -> str:
    """That no result was measured, and what to press for one."""
    buttons = {"onward": text("page.use_case.next", lang), "start": text("page.method.start", lang)}
    words = text("page.case.not_yet_help", lang, n=f"{preset.minutes:g}", **buttons)
    head = tag("p", esc(text("page.case.not_yet", lang)), cls="k-empty-title")
    return tag("div", head + tag("p", esc(words)), cls="k-empty k-case-empty")


def _measured(preset: Preset, found: Result, lang: str) -> str:
    """The example on the left, the verdict with its figures on the right."""
    example = _example(found["example"], lang) if found.get("example") else ""
    return tag("div", _verdict(preset, found, lang) + example, cls="k-case-measured")


def _verdict(preset: Preset, found: Result, lang: str) -> str:
    """The verdict with sign and word, its sentence, the deciding figure, what got worse, and what to make of it."""
    word = found["verdict"]
    badge = tag("span", esc(found["headline"][lang]), cls=f"k-case-badge k-v-{word}")
    said = tag("p", esc(found["sentence"][lang]), cls="k-case-said")
    lines = _warnings(found["bad"][lang], lang)
    honest = f"page.case.honest.{word}_{preset.language}"
    lines += tag("p", esc(text(honest, lang)), cls="k-case-honest") if has(honest) else ""
    lines += tag("p", esc(text("page.case.stale", lang)), cls="k-not-for") if found.get("stale") else ""
    head = tag("h4", esc(text("page.case.measured", lang)))
    return tag("div", head + badge + said + _bars(found["primary"], lang) + lines, cls="k-case-verdict")


def _warnings(bad: Sequence[str], lang: str) -> str:
    """What got worse, or is a reason not to train: the first of it open."""
    drawn = [tag("p", esc(line), cls="k-line-bad") for line in bad]
    return _folding("".join(drawn[:FIRST_WARNINGS]), "".join(drawn[FIRST_WARNINGS:]), len(drawn) - FIRST_WARNINGS, lang)


def _folding(first: str, rest: str, more: int, lang: str) -> str:
    """The first open, the rest behind "N more"."""
    if more <= 0:
        return first
    return first + tag("details", tag("summary", esc(text("page.case.more", lang, n=more))) + rest, cls="k-more")


def _bars(primary: Mapping[str, Any], lang: str) -> str:
    """The deciding figure of base, base with instructions and examples, and the tuned model, with its interval."""
    if not primary.get("n") or primary["before"] is None or primary["after"] is None:
        return ""
    metric = metrics()[primary["metric"]]
    values = {arm: primary[key] for arm, key in ARMS.items() if primary.get(key) is not None}
    top = full_bar(metric, values.values())
    shown = {arm: figures.score(value, metric, lang) for arm, value in values.items()}
    drawn: list[dict[str, Any]] = [
        {"label": text(f"page.arm.{arm}", lang), "arm": arm, "share": value / top, "shown": shown[arm]}
        for arm, value in values.items()
    ]
    under = ""
    if primary.get("low") is not None:
        drawn[-1] |= {end: (primary["before"] + primary[end]) / top for end in ("low", "high")}
        said = {"difference": figures.difference(primary["after"] - primary["before"], metric, lang)}
        line = text("page.result.difference_line", lang, **said, interval=figures.interval(primary, metric, lang))
        under = tag("p", esc(line), cls="k-muted k-numbers")
    suite = figures.suite_title(primary["suite"], lang)
    named = [figures.metric_title(metric.name, lang), text("page.result.on_suite", lang, suite=suite, n=primary["n"])]
    named += [text("page.case.lower", lang)] if metric.better == "lower" else []
    described = text("page.result.bars_alt", lang, before=shown["base"], after=shown["tuned"])
    return tag("p", esc(" · ".join(named)), cls="k-muted") + bars(drawn, described) + under


def _example(example: Mapping[str, Any], lang: str) -> str:
    """One question of the test with both answers; the reference folded."""
    head = tag("h4", esc(text("page.case.example", lang)))
    asked = tag("small", esc(text("page.question", lang))) + tag(
        "p", esc(short(example["question"], lang, most=LONGEST))
    )
    panes = "".join(_pane(arm, example[ARMS[arm]], lang) for arm in ("base", "tuned"))
    reference = tag("summary", esc(text("page.reference", lang))) + tag("p", esc(example.get("reference") or "–"))
    why = (example.get("why") or {}).get(lang)
    return tag(
        "div",
        head
        + tag("div", asked, cls="k-asked k-case-asked")
        + tag("div", panes, cls="k-panes k-panes-small")
        + tag("details", reference, cls="k-more k-case-reference")
        + (tag("p", esc(why), cls="k-muted") if why else ""),
        cls="k-case-example",
    )


def _pane(arm: str, answer: str, lang: str) -> str:
    head = tag("header", tag("h3", esc(text(f"page.arm.{arm}", lang))))
    return tag(
        "section", head + tag("p", esc(short(answer, lang, most=LONGEST)), cls="k-answer"), cls=f"k-pane k-pane-{arm}"
    )


def _facts(preset: Preset, found: Result | None, lang: str) -> str:
    """Rows, time and memory: measured where it was."""
    train, test = usecases.rows(preset)
    shown = {"train": figure(train), "test": figure(test)}
    shown["time"], how = esc(_about_minutes(preset, found, lang)), text("page.case.guessed", lang)
    if found and found["seconds"].get("total"):
        key = "page.case.timed_without_base" if found.get("base_kept") else "page.case.timed"
        shown["time"] = esc(duration(found["seconds"]["total"], lang))
        how = text(key, lang, cores=found["machine"]["cores"])
    shown["time"] += tag("small", esc(how))
    if found and found.get("peak_bytes"):
        shown["memory"] = esc(size(found["peak_bytes"]))
    return facts({esc(text(f"page.case.{name}", lang)): value for name, value in shown.items()})


def _how(preset: Preset, lang: str) -> str:
    """The method it starts with, why these rows are worth training on, and why that method."""
    name = preset.run.method
    why = next((key for key in (f"page.case.why.{name}", f"page.method.{name}.reason") if has(key)), "")
    head = tag("h4", esc(text("page.case.how", lang, method=runs.method_title(name, lang))))
    lines = [preset.reason[lang], text(why, lang) if why else ""]
    return tag("div", head + "".join(tag("p", esc(line)) for line in lines if line))


def _rules(preset: Preset, lang: str) -> str:
    """What every answer is held to, the first few open."""
    said = [tag("li", esc(rule.says[lang])) for rule in preset.run.rules if rule.says.get(lang)]
    if not said:
        return ""
    head = tag("h4", esc(text("page.case.rules", lang, n=len(said))))
    first, rest = (tag("ul", "".join(part), cls="k-rules") for part in (said[:FIRST_RULES], said[FIRST_RULES:]))
    return tag("div", head + _folding(first, rest, len(said) - FIRST_RULES, lang))


def _larger(preset: Preset, lang: str, machine: Machine) -> str:
    """Larger models for these rows on this machine and on three sizes of GPU, folded."""
    here = "page.case.larger.here" if machine.gpu_gb is None else "page.case.larger.here_gpu"
    named = text(here, lang, ram=figure(machine.ram_gb, 2), gpu=figure(machine.gpu_gb, 2))
    places: list[tuple[str, Machine]] = [(named, machine)]
    places += [(text("page.case.larger.gpu", lang, gb=gb), Machine(machine.ram_gb, gb)) for gb in GPUS]
    lists = "".join(_fits(words, larger.fitting(preset.language, place), place, lang) for words, place in places)
    formula = {"cpu": larger.CPU_BYTES, "gpu": larger.GPU_BYTES, "nf4": larger.NF4_BYTES}
    formula |= {"fixed": larger.ALLOWANCE_GB, "each": larger.ALLOWANCE_PER_BILLION}
    how = text("page.case.larger.formula", lang, **{name: f"{value:g}" for name, value in formula.items()})
    inside = tag("summary", esc(text("page.case.larger.title", lang)))
    inside += tag("p", esc(text("page.case.larger.help", lang))) + tag("div", lists, cls="k-fits")
    return tag("details", inside + tag("p", esc(how), cls="k-muted"), cls="k-more k-larger")


def _fits(place: str, fits: Sequence[larger.Fit], machine: Machine, lang: str) -> str:
    lines = []
    for fit in fits:
        parts = [
            text("page.case.larger.parameters", lang, n=f"{fit.model.billions:g}"),
            text("page.case.larger.needs", lang, method=runs.method_title(fit.method, lang), gb=figure(fit.gb, 2)),
            fit.model.licence,
        ]
        if machine.gpu_gb is None:
            parts.append(text("page.case.larger.times", lang, n=figure(fit.times, 2)))
        lines.append(tag("li", tag("code", esc(fit.model.id)) + tag("small", esc(" · ".join(parts)))))
    listed = tag("ul", "".join(lines)) if lines else tag("p", esc(text("page.case.larger.none", lang)), cls="k-muted")
    return tag("div", tag("h4", esc(place)) + listed)


def _source(preset: Preset, lang: str) -> str:
    if not preset.source:
        return ""
    return tag("p", esc(text("page.case.source", lang, source=preset.source[lang])), cls="k-muted k-case-source")


def reminder(preset: Preset | None, lang: str) -> str:
    """What a use case's answers must not be used for, as a small line beside them; nothing where it says nothing."""
    if preset is None or not preset.notice:
        return ""
    return tag("p", tag("b", esc(text("page.case.notice", lang))) + esc(preset.notice[lang]), cls="k-reminder")

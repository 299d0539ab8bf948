"""The sections that say what came of a run: every figure, prompting, declining, forgetting, leakage, style, cost."""

from collections.abc import Mapping
from typing import Any

from engine import figures, harness_table, registry, style_words, verdict
from engine.atomic import read_json
from engine.items import FORGETTING
from engine.report import cost
from engine.report.blocks import Block, Section, lines, section, table
from engine.rundir import Run
from engine.text import text

FIGURES = ("before", "after", "difference", "interval", "outcomes", "n", "verdict")


def sections(run: Run, found: Mapping[str, Any], lang: str, *, price: cost.Price | None) -> list[Section | None]:
    """Each with what was measured, or with why it was not; None where it does not apply to this run."""
    seconds = run.status().get("seconds") or found.get("stages") or {}
    asked = sum(row.output.seconds for arm in ("base", "prompted") for row in run.answers(arm))
    spent = cost.blocks(found, seconds, lang, rate=price, asked_seconds=asked)
    return [
        _titled("figures", lang, lines([text("page.result.table_help", lang)]), *_every_figure(found, lang)),
        _prompting(found, lang),
        _titled("rules", lang, table(*verdict.rules(found, lang), numeric=(1, 2, 3))),
        _titled("chain", lang, table(*verdict.stages(found, lang))),
        _titled("declining", lang, *_declining(found, lang)),
        _titled("forgetting", lang, *_forgetting(found, lang)),
        _titled("leakage", lang, *_leakage(found, lang)),
        _titled("style", lang, *_style(found, lang)),
        _benchmarks(run, lang),
        _judge(run, lang),
        _titled("cost", lang, *spent),
    ]


def _titled(key: str, lang: str, *blocks: Block | None) -> Section | None:
    return section(key, text(f"report.section.{key}", lang), *blocks)


def _every_figure(found: Mapping[str, Any], lang: str) -> list[Block | None]:
    """The before/after table, one for each test."""
    titles = verdict.columns(lang)
    header = [titles[key] for key in ("metric", *FIGURES)]
    tests: dict[str, list[list[str]]] = {}
    for row in verdict.table(found, lang):
        if row["n"] != "0":
            decides = f" ({text('page.result.primary', lang)})" if row["primary"] else ""
            last = f"{row['sign']} {row['verdict']}"
            tests.setdefault(row["suite"], []).append(
                [row["metric"] + decides, *(row[key] for key in FIGURES[:-1]), last]
            )
    return [table(header, rows, caption=suite, numeric=range(1, 7)) for suite, rows in tests.items()]


def _prompting(found: Mapping[str, Any], lang: str) -> Section | None:
    said = verdict.alternatives(found, lang) or [text("page.result.prompting.not_asked", lang)]
    header, rows = verdict.arms(found, lang)
    return _titled("prompting", lang, lines(said), table(header, rows, numeric=range(2, len(header))))


def _declining(found: Mapping[str, Any], lang: str) -> list[Block | None]:
    """The four cells, before and after, and what the likelihood of a refusal tells apart."""
    cells = found.get("declining")
    if not cells:
        return [lines([text("report.declining.none", lang)])]
    header = [text("report.declining.questions", lang)]
    header += [
        text(f"report.declining.{what}", lang, arm=text(f"page.arm.{arm}", lang))
        for arm in ("base", "tuned")
        for what in ("answered", "declined")
    ]
    rows = [
        [text(f"page.result.declining_{kind}", lang)]
        + [str(cells[when][kind][what]) for when in ("before", "after") for what in ("answered", "declined")]
        for kind in ("unanswerable", "answerable")
    ]
    said = []
    auroc = cells.get("auroc")
    if auroc:
        metric = registry.metrics()["declining"]
        shown = {when: figures.score(auroc[when], metric, lang) for when in ("before", "after")}
        shown["difference"] = figures.difference(auroc["difference"], metric, lang)
        said.append(text("report.declining.auroc", lang, **shown, interval=figures.interval(auroc, metric, lang)))
    return [table(header, rows, numeric=range(1, 5)), lines(said)]


def _forgetting(found: Mapping[str, Any], lang: str) -> list[Block | None]:
    """What the model could do and was not trained on: general questions and plain text."""
    rows = {(row["metric_name"], row["suite_name"]): row for row in verdict.table(found, lang) if row["n"] != "0"}
    there = [rows[key] for key in FORGETTING if key in rows]
    if not there:
        return [lines([text("page.picture.lost_none", lang)])]
    titles = verdict.columns(lang)
    keys = ("metric", "suite", "before", "after", "difference", "interval", "n")
    header = [titles[key] for key in (*keys, "verdict")]
    drawn = [[*(row[key] for key in keys), f"{row['sign']} {row['verdict']}"] for row in there]
    said = [text("report.forgetting.how", lang), text("report.forgetting.no_loss", lang, points="5")]
    return [table(header, drawn, numeric=range(2, 7)), lines(said)]


def _leakage(found: Mapping[str, Any], lang: str) -> list[Block | None]:
    """How many items of each test training gave away, and the deciding figure without them."""
    told = found.get("leakage") or {}
    if not told.get("suites"):
        return [lines([text("report.leakage.none", lang)])]
    header = [text("table.suite", lang), text("table.n", lang), text("report.leakage.leaked", lang)]
    rows = [
        [figures.suite_title(suite, lang), str(one["n"]), f"{one['leaked']} ({100 * one['share']:.3g} %)"]
        for suite, one in told["suites"].items()
    ]
    said, clean = [text("report.leakage.how", lang)], told.get("clean")
    if clean:
        metric = registry.metrics()[found["changes"][0]["metric"]]
        values = {when: figures.score(clean[when], metric, lang) for when in ("before", "after")}
        values["difference"] = figures.difference(clean["difference"], metric, lang)
        word = clean["verdict"] or "not_measured"
        values |= {"interval": figures.interval(clean, metric, lang), "verdict": text(f"verdict.{word}.word", lang)}
        said.append(text("report.leakage.clean", lang, n=clean["n"], **values))
    return [table(header, rows, numeric=(1, 2)), lines(said)]


def _style(found: Mapping[str, Any], lang: str) -> list[Block | None]:
    style = found.get("style")
    if not style:
        return []
    said = style_words.reading(style, lang)
    header, rows = style_words.traits(style, lang)
    numeric, caption = range(1, len(header)), text("page.style.changed", lang)
    return [lines([*said, text("page.style.help", lang)]), table(header, rows, numeric=numeric, caption=caption)]


def _benchmarks(run: Run, lang: str) -> Section | None:
    """Standard benchmarks, where they were asked."""
    told = read_json(run.file("harness"))
    if not told:
        return None
    titles = verdict.columns(lang)
    keys = ("suite", "metric", *FIGURES[:-1])
    header = [text("benchmark.task", lang), *(titles[key] for key in keys[1:]), titles["verdict"]]
    rows = [[*(row[key] for key in keys), f"{row['sign']} {row['verdict']}"] for row in harness_table.rows(told, lang)]
    drawn = table(header, rows, numeric=range(2, 8))
    return section("benchmarks", text("benchmark.title", lang), drawn, lines(harness_table.notes(told, lang)))


def _judge(run: Run, lang: str) -> Section | None:
    """What another language model said, where one was asked: an opinion beside the verdict."""
    from engine.llm_judge import result, words  # they bring scipy

    told = result.read(run)
    if not told:
        return None
    said = [text("judge.help", lang, who=words.who(told, lang)), *words.sentences(told, lang)]
    return section("judge", text("judge.title", lang), lines(said))

"""Did it help? The verdict in words, a few pictures, the before/after table, what it cost. All from comparison.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import figures
from engine import verdict as verdict_of
from engine.charts import bars, full_bar, stacked_bar
from engine.numbers import big, duration, figure, size
from engine.registry import metrics
from engine.text import has, text
from engine.verdict import sentences, table
from ui import html, judge_view
from ui.data_view import suite_order
from ui.html import empty, esc, facts, heading, tag

OUTCOMES = ("fixed", "improved", "same", "worsened", "broken")


def nothing(state: str | None, lang: str) -> str:
    """What stands here before there is a result."""
    key = "training" if state in ("running", "queued") else "halted" if state else "empty"
    return empty(text(f"page.result.{key}", lang), text(f"page.result.{key}_help", lang))


def verdict(found: Mapping[str, Any], lang: str) -> str:
    """The verdict: its sign and the first sentence large, the others below, warnings in red."""
    word = found["verdict"]["word"]
    first, *rest = sentences(found, lang)
    sign = tag("span", esc(text(f"verdict.{word}.sign", lang)), cls="k-verdict-sign", aria_hidden="true")
    top = tag("p", esc(first["text"]), cls="k-verdict-first")
    lines = "".join(tag("p", esc(line["text"]), cls=f"k-line-{esc(line['tone'])}") for line in rest)
    return tag("section", sign + tag("div", top + lines), cls=f"k-verdict k-tone-{esc(first['tone'])}", role="status")


def metric_summary(name: str, lang: str) -> str:
    key = f"metric.{name}.summary"
    return text(key, lang) if has(key) else ""


def pictures(found: Mapping[str, Any], lang: str) -> str:
    """The deciding metric, what became of its items, declining, general knowledge: a card each, where measured.

    found["judge"] is what a language model said as judge, None where none was asked.
    """
    drawn = (_primary, _outcomes, _declining, _general, _judge)
    cards = [draw(found, lang) for draw in drawn]
    return tag("div", "".join(card for card in cards if card), cls="k-pictures")


def _card(title: str, under: str, inside: str) -> str:
    return tag("section", tag("h3", esc(title)) + tag("p", esc(under), cls="k-muted") + inside, cls="k-picture")


def _primary(found: Mapping[str, Any], lang: str) -> str:
    change = found["changes"][0]
    if not change["n"]:
        return ""
    under = text("page.result.on_suite", lang, suite=figures.suite_title(change["suite"], lang), n=change["n"])
    return _card(figures.metric_title(change["metric"], lang), under, _arms(found, 0, lang))


def _judge(found: Mapping[str, Any], lang: str) -> str:
    return judge_view.card(found.get("judge"), lang)


def _general(found: Mapping[str, Any], lang: str) -> str:
    wanted = ("choice_accuracy", "answer_loss", "token_f1")
    places = {c["metric"]: i for i, c in enumerate(found["changes"]) if c["suite"] == "general" and c["n"] and i}
    place = next((places[name] for name in wanted if name in places), None)
    if place is None:
        return ""
    change = found["changes"][place]
    metric = figures.metric_title(change["metric"], lang)
    under = text("page.result.forgetting_help", lang, metric=metric, n=change["n"])
    return _card(text("page.result.forgetting", lang), under, _arms(found, place, lang))


def _arms(found: Mapping[str, Any], place: int, lang: str) -> str:
    """Base and tuned as bars; the whisker on tuned is the interval of the difference, drawn from where base ends."""
    change, row = found["changes"][place], table(found, lang)[place]
    top = full_bar(metrics()[change["metric"]], (change["before"], change["after"]))
    base = {"arm": "base", "share": change["before"] / top, "shown": row["before"]}
    tuned = {"arm": "tuned", "share": change["after"] / top, "shown": row["after"]}
    if change["low"] is not None:
        tuned |= {end: (change["before"] + change[end]) / top for end in ("low", "high")}
    rows = [{**line, "label": text(f"page.arm.{line['arm']}", lang)} for line in (base, tuned)]
    drawn = bars(rows, text("page.result.bars_alt", lang, before=row["before"], after=row["after"]))
    words = text("page.result.difference_line", lang, difference=row["difference"], interval=row["interval"])
    return drawn + tag("p", esc(words), cls="k-muted k-numbers")


def _outcomes(found: Mapping[str, Any], lang: str) -> str:
    change = found["changes"][0]
    counts = found["counts"].get(change["suite"])
    if not counts:
        return ""
    parts = [(name, counts.get(name, 0), text(f"outcome.{name}", lang)) for name in OUTCOMES]
    title = text("page.result.items_title", lang)
    under = text("page.result.on_suite", lang, suite=figures.suite_title(change["suite"], lang), n=sum(counts.values()))
    return _card(title, under, stacked_bar(parts, title))


def _declining(found: Mapping[str, Any], lang: str) -> str:
    cells = found.get("declining")
    if not cells:
        return ""
    blocks = []
    for kind in ("unanswerable", "answerable"):
        rows = []
        for arm, when in (("base", "before"), ("tuned", "after")):
            cell = cells[when][kind]
            n = cell["answered"] + cell["declined"]
            shown = text("page.result.of", lang, k=cell["declined"], n=n)
            rows.append(
                {
                    "label": text(f"page.arm.{arm}", lang),
                    "arm": arm,
                    "share": cell["declined"] / n if n else 0,
                    "shown": shown,
                }
            )
        described = text(f"page.result.declining_{kind}", lang)
        blocks.append(tag("p", esc(described), cls="k-picture-part") + bars(rows, described))
    if cells.get("auroc"):
        blocks.append(_told_apart(cells["auroc"], lang))
    return _card(text("page.result.declining", lang), text("page.result.declining_help", lang), "".join(blocks))


def _told_apart(auroc: Mapping[str, Any], lang: str) -> str:
    """How often either model finds a refusal likelier where it is right, with the interval of the difference."""
    metric, described = metrics()["declining"], text("page.result.declining_told_apart", lang)
    shown = {when: figures.score(auroc[when], metric, lang) for when in ("before", "after")}
    rows = [
        {"label": text(f"page.arm.{arm}", lang), "arm": arm, "share": auroc[when], "shown": shown[when]}
        for arm, when in (("base", "before"), ("tuned", "after"))
    ]
    words = ""
    if auroc["low"] is not None:
        rows[1] |= {end: auroc["before"] + auroc[end] for end in ("low", "high")}
        said = {"difference": figures.difference(auroc["difference"], metric, lang)}
        line = text("page.result.difference_line", lang, **said, interval=figures.interval(auroc, metric, lang))
        words = tag("p", esc(line), cls="k-muted k-numbers")
    return tag("p", esc(described), cls="k-picture-part") + bars(rows, described) + words


def stages(found: Mapping[str, Any], lang: str) -> str:
    """For a chain of runs every judged figure at every stage, from the base model on; nothing for a run of its own."""
    header, rows = verdict_of.stages(found, lang)
    if not rows:
        return ""
    titles = heading(text("page.result.chain.title", lang), text("page.result.chain.help", lang))
    return titles + html.texts(header, rows, cls="k-across", numeric=range(2, len(header) - 1))


def rules(found: Mapping[str, Any], lang: str) -> str:
    """The task's rules one by one, before and after; nothing for a run that has none."""
    header, rows = verdict_of.rules(found, lang)
    if not rows:
        return ""
    titles = heading(text("page.result.rules.title", lang), text("page.result.rules.help", lang))
    return titles + html.texts(header, rows, cls="k-across", numeric=range(1, len(header)))


def notes(found: Mapping[str, Any], lang: str) -> str:
    """How the table was made, and what was not measured."""
    lines = [text("page.result.how", lang), *verdict_of.not_measured(found, lang)]
    lines += [] if found.get("judge", True) else [text("judge.not_run", lang)]
    if found.get("run") and not found.get("benchmarks"):
        lines.append(text("benchmark.how_to", lang, run=found["run"]))
    return tag("div", "".join(tag("p", esc(line)) for line in lines), cls="k-notes")


def efficiency(found: Mapping[str, Any], lang: str, training: Mapping[str, Any] | None = None) -> str:
    """What training cost, how fast each arm answers, and the facts of training.json that there is a word for."""
    cost, shown = found.get("efficiency") or {}, {}
    if cost.get("trainable_percent") is not None:
        of = text(
            "page.forecast.of_total",
            lang,
            percent=figure(cost["trainable_percent"]),
            total=big(cost["total_parameters"]),
        )
        shown["parameters"] = f"{esc(big(cost['trainable_parameters']))}{tag('small', esc(of))}"
    drawn = {
        "train_seconds": duration(cost.get("train_seconds"), lang),
        "tokens_per_second": figure(cost.get("tokens_per_second")),
        "peak_bytes": size(cost.get("peak_bytes")),
        "base_bytes": size(cost.get("base_bytes")),
        "adapter_bytes": size(cost.get("adapter_bytes")),
    }
    shown |= {name: esc(words) for name, words in drawn.items() if cost.get(name) is not None}
    stages = found.get("stages") or {}
    if stages:
        shown["total"] = esc(duration(sum(stages.values()), lang))
    shown = {esc(text(f"page.result.cost.{name}", lang)): value for name, value in shown.items()}
    under = tag("p", esc(_stages(stages, lang)), cls="k-muted") if stages else ""
    return facts(shown | _answers(cost, lang) | _facts(training or {}, lang)) + under


def _facts(training: Mapping[str, Any], lang: str) -> dict[str, str]:
    """What a method tells of its training beside the cost: rows mixed in, how often the reward model is right."""
    shown = {}
    for name, value in training.items():
        key = f"page.result.fact.{name}"
        if not has(key) or value is None:
            continue
        drawn = esc(figure(value)) if isinstance(value, int | float) else esc(value)
        if isinstance(value, Mapping):  # a share of n pairs, with its interval
            percents = {part: figure(100 * value[part]) for part in ("accuracy", "low", "high")}
            drawn = esc(text("page.result.fact.share", lang, share=percents["accuracy"]))
            drawn += tag("small", esc(text("page.result.fact.interval", lang, **percents, n=figure(value["n"]))))
        shown[esc(text(key, lang))] = drawn
    return shown


def _stages(stages: Mapping[str, float], lang: str) -> str:
    parts = (f"{text(f'page.stage.{name}.title', lang)} {duration(seconds, lang)}" for name, seconds in stages.items())
    return " · ".join(parts)


def _answers(cost: Mapping[str, Any], lang: str) -> dict[str, str]:
    shown = {}
    for arm in ("base", "tuned"):
        told = cost.get(arm)
        if told and told.get("items"):
            per = text(
                "page.result.cost.tokens_each", lang, n=figure(told["tokens"] / told["items"]), cut=told["truncated"]
            )
            label = esc(text(f"page.result.cost.answers_{arm}", lang))
            shown[label] = esc(duration(told["seconds"], lang)) + tag("small", esc(per))
    return shown


def suites_of(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """The suites of these items: the task first, general knowledge last."""
    return sorted({item["suite"] for item in items}, key=suite_order)

"""Did it help? The verdict in words, a few pictures, the before/after table, what it cost. All from comparison.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import verdict as verdict_of
from engine.numbers import big, duration, figure, size
from engine.pictures import Answers, declining, draw, first_screen, three, tone
from engine.text import has, text
from ui import demo_view, html, judge_view
from ui.data_view import suite_order
from ui.html import empty, esc, facts, heading, tag


def nothing(state: str | None, lang: str) -> str:
    """What stands here before there is a result."""
    key = "training" if state in ("running", "queued") else "halted" if state else "empty"
    return empty(text(f"page.result.{key}", lang), text(f"page.result.{key}_help", lang))


def verdict(found: Mapping[str, Any], lang: str) -> str:
    """The verdict: its sign and the first sentence large, its figure and all that got worse below, ways onward."""
    word = found["verdict"]["word"]
    first, beside, _ = first_screen(found, lang)
    sign = tag("span", esc(text(f"verdict.{word}.sign", lang)), cls="k-verdict-sign", aria_hidden="true")
    top = tag("p", esc(first["text"]), cls="k-verdict-first")
    inside = sign + tag("div", top + _said(beside) + _ways(found, lang))
    return tag("section", inside, cls=f"k-verdict k-tone-{tone(found, lang)}", role="status")


def _said(lines: Sequence[Mapping[str, str]]) -> str:
    return "".join(tag("p", esc(line["text"]), cls=f"k-line-{esc(line['tone'])}") for line in lines)


def _ways(found: Mapping[str, Any], lang: str) -> str:
    """The way from the verdict's numbers to their questions, and to the story in large type."""
    change, chips = found["changes"][0], ""
    for way in ("wins", "losses") if change["n"] else ():
        said = esc(text(f"page.result.ways.{way}", lang)) + tag("b", str(change[way]))
        off = None if change[way] else "true"
        chips += tag("button", said, type="button", cls="k-chip", data_pick=f"0:{way}", aria_disabled=off)
    return tag("div", chips + demo_view.button(lang), cls="k-chips")


def metric_summary(name: str, lang: str) -> str:
    key = f"metric.{name}.summary"
    return text(key, lang) if has(key) else ""


def pictures(found: Mapping[str, Any], said: Answers, lang: str) -> str:
    """The three pictures of the first screen, what else there is to say, then declining and a judge where there are
    any; numbers lead to their items.

    `said` is every arm's answers by item (items_json.answers); found["judge"] is what a language model said as judge,
    None where none was asked.
    """
    see = text("page.result.see", lang)
    first = "".join(draw(picture, see=see) for picture in three(found, said, lang))
    declined = declining(found, lang)
    second = (draw(declined, see=see) if declined else "") + judge_view.card(found.get("judge"), lang)
    rows = tag("div", first, cls="k-pictures k-pictures-first")
    below = first_screen(found, lang)[2]
    rows += tag("div", _said(below), cls="k-below") if below else ""
    return rows + (tag("div", second, cls="k-pictures") if second else "")


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
    measured = {
        "train_seconds": duration(cost.get("train_seconds"), lang),
        "tokens_per_second": figure(cost.get("tokens_per_second")),
        "peak_bytes": size(cost.get("peak_bytes")),
        "base_bytes": size(cost.get("base_bytes")),
        "adapter_bytes": size(cost.get("adapter_bytes")),
    }
    shown |= {name: esc(words) for name, words in measured.items() if cost.get(name) is not None}
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

"""A run being trained, as the page shows it: stages, progress, numbers, what went wrong, the end of the log."""

import time
from typing import Any

from engine import rundir
from engine.charts import loss_chart, loss_legend
from engine.numbers import duration, figure, size
from engine.rundir import STAGES, Run
from engine.sentences import told
from engine.text import doing, has, text
from ui import measures, runs
from ui.html import empty, esc, facts, notice, tag

LOG_BYTES = 16_000
# The output that shows a stage to be done, by its name in rundir.
OUTPUTS = {"prepare": "report", "base": "base", "train": "training", "tuned": "tuned", "compare": "comparison"}


def nothing(lang: str) -> str:
    return empty(text("page.train.empty", lang), text("page.train.empty_help", lang))


def panel(run: Run, state: str, lang: str) -> str:
    """Stages, progress and numbers; a box on top where the run is queued or has ended otherwise than well."""
    status = run.status()
    return (
        box(status, state, lang)
        + stages(run, status, state, lang)
        + progress(status, state, lang)
        + numbers(run, status, lang)
    )


def box(status: dict[str, Any], state: str, lang: str) -> str:
    """What the person should know and do, where there is something."""
    if state == "failed":
        error = status.get("error") or {}
        stage = error.get("stage", "")
        where = text(f"page.stage.{stage}.title", lang) if stage in STAGES else stage
        title = text("page.train.failed", lang, stage=where)
        message = told(str(error.get("message", "")), lang)
        return notice(message + "\n" + text("page.train.failed_help", lang), tone="bad", title=title)
    if state == "queued":
        ahead = status.get("queue")
        place = text("page.train.queue_place", lang, n=ahead) if ahead else ""
        return notice(text("page.train.queued_help", lang) + " " + place, title=text("page.train.queued", lang))
    if state in ("stopped", "lost"):
        return notice(text(f"page.train.{state}_help", lang), tone="warn", title=text(f"page.train.{state}", lang))
    if state == "done":
        return notice(text("page.train.done_help", lang), tone="good", title=text("page.train.done", lang))
    return ""


def stages(run: Run, status: dict[str, Any], state: str, lang: str) -> str:
    """The five stages with a tick, the present one, or an empty mark; the seconds each took."""
    seconds = status.get("seconds") or {}
    present = status.get("stage")
    items = []
    for stage in STAGES:
        mark = _mark(run, stage, present, state)
        took = seconds.get(stage)
        if mark == "now" and status.get("stage_started"):
            took = time.time() - status["stage_started"]
        name = tag("strong", esc(text(f"page.stage.{stage}.title", lang)))
        under = esc(duration(took, lang)) if took is not None else esc(text(f"page.stage.{stage}.help", lang))
        marked = tag("span", "", cls="k-mark", role="img", aria_label=text(f"page.mark.{mark}", lang))
        items.append(tag("li", marked + tag("span", name + tag("small", under)), cls=f"k-stage k-stage-{mark}"))
    return tag("ol", "".join(items), cls="k-stages")


def _mark(run: Run, stage: str, present: str | None, state: str) -> str:
    """done where the stage's output exists, whatever else the status says; now, failed or cut for the present one."""
    if run.file(OUTPUTS[stage]).exists():
        return "done"
    if stage == present:
        return {"running": "now", "failed": "failed"}.get(state, "cut")
    return "open"


# What the steps of a part of the work are, where they are no questions.
_COUNTED = {"rows": "rows", "leakage": "rows", "checks": "checks"}


def progress(status: dict[str, Any], state: str, lang: str) -> str:
    """The bar of the present stage with what it does and the time left."""
    stage = status.get("stage")
    if state not in ("running", "stopped", "lost") or stage not in STAGES:
        return ""
    step, of, left = status.get("step") or 0, status.get("of") or 0, status.get("eta_seconds")
    share = min(1.0, step / of) if of else 0.0
    words = doing(status, lang) if state == "running" else text("page.train.halted", lang)
    if of:
        counted = _COUNTED.get(status.get("note"), "train" if stage == "train" else "other")
        words += "  " + text(f"page.train.step_{counted}", lang, step=figure(step), of=figure(of))
    right = text("page.time_left", lang, time=duration(left, lang)) if left is not None and state == "running" else ""
    unknown = "" if of or state != "running" else " k-bar-unknown"
    bar = tag("div", tag("i", "", style=f"width:{100 * share:.1f}%"), cls=f"k-progress{unknown}", role="progressbar",
              aria_valuenow=round(100 * share), aria_valuemin=0, aria_valuemax=100)  # fmt: skip
    line = tag("div", tag("span", esc(words)) + tag("span", esc(right)), cls="k-progress-line")
    return line + bar


def numbers(run: Run, status: dict[str, Any], lang: str) -> str:
    """Speed, memory and time so far."""
    taken = sum((status.get("seconds") or {}).values())
    shown = {
        "tokens_per_second": figure(status.get("tokens_per_second")) if status.get("tokens_per_second") else None,
        "peak_memory": size(status["peak_bytes"]) if status.get("peak_bytes") else None,
        "time_so_far": duration(taken, lang) if taken else None,
    }
    shown = {esc(text(f"page.train.{key}", lang)): esc(value) for key, value in shown.items() if value}
    return facts(shown) if shown else ""


def chart(run: Run, lang: str) -> str:
    """The loss over the steps and what the method measures beside it; empty before there are two points."""
    log, method = rundir.training_log(run), runs.spec(run).method
    before = measures.reward_model(log, lang)
    drawn = loss_chart(log, lang, best_step=_best(log), unit=loss_words(method, "loss_axis", lang))
    if not drawn:
        return before
    under = loss_words(method, "loss_help", lang)
    head = tag("div", tag("h3", esc(text("page.chart.loss", lang))) + tag("p", esc(under)), cls="k-section")
    held = any(line.get("kind") == "validation" for line in log)
    return head + loss_legend(lang, held_out=held) + drawn + measures.small_charts(log, lang) + before


def loss_words(method: str, part: str, lang: str) -> str:
    """A text on the loss of this method, where it is another one than that of answers."""
    key = f"page.method.{method}.{part}"
    return text(key, lang) if has(key) else text(f"page.chart.{part}", lang)


def _best(log: list[dict[str, Any]]) -> int | None:
    held = [line for line in log if line.get("kind") == "validation"]
    return min(held, key=lambda line: line["loss"])["step"] if held else None


def log_tail(run: Run, lang: str) -> str:
    """The last lines of the worker's output."""
    file = run.file("log")
    try:
        with open(file, "rb") as stream:
            stream.seek(max(0, file.stat().st_size - LOG_BYTES))
            words = stream.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        words = ""
    return tag("pre", esc(words.strip() or text("page.train.no_log", lang)), cls="k-log", tabindex="0")

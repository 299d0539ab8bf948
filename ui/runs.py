"""The list of runs and a run's title line: read from files on every tick, so what never changes is remembered."""

import os
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from engine import about, history, rundir, showcase
from engine.history import Entry
from engine.registry import methods
from engine.rundir import Run
from engine.schema import RunSpec, UserError
from engine.side_by_side import MOST_RUNS
from engine.text import has, text
from ui import usecases
from ui.html import esc, tag

MOST_SHOWN = 30  # the newest; ui/history.py shows them all
ALL = "runs"  # how a click asks for them
COMPARE = "compare="  # how a click says which runs are to be compared: "compare=ID,ID"


@lru_cache(maxsize=512)
def _spec(path: str, run: Run) -> RunSpec:
    return run.spec()  # spec.json never changes


def spec(run: Run) -> RunSpec:
    return _spec(str(run.path), run)


@lru_cache(maxsize=64)
def _comparison(path: str, changed: int, run: Run) -> dict[str, Any] | None:
    return run.comparison()


def comparison(run: Run) -> dict[str, Any] | None:
    """The result of a finished run, read again only when its file changed."""
    file = run.file("comparison")
    try:
        return _comparison(str(file), os.stat(file).st_mtime_ns, run)
    except FileNotFoundError:
        return None


def find(run_id: str) -> Run | None:
    """The run of that id; None for none, and for one that is not there (any more)."""
    try:
        return rundir.open_run(run_id) if run_id else None
    except UserError:
        return None


def method_title(name: str, lang: str) -> str:
    key = f"page.method.{name}.title"
    if has(key):
        return text(key, lang)
    member = methods().get(name)
    return member.title if member else name


def short_method(name: str, lang: str) -> str:
    key = f"page.method.{name}.short"
    return text(key, lang) if has(key) else method_title(name, lang)


def title(run: Run, lang: str) -> str:
    """What the run is called: the name it was given, else its use case, else the title of its spec."""
    values = spec(run)
    return called(about.read(run).title, values.use_case, values.title, lang)


def called(renamed: str, use_case: str, own: str, lang: str) -> str:
    if renamed:
        return renamed
    return usecases.title(use_case, lang) if use_case in usecases.presets() else own or use_case


def entry_title(entry: Entry, lang: str) -> str:
    """The same for a line of the history."""
    return called(entry.renamed, entry.use_case, entry.title, lang)


def when(run_id: str) -> str:
    """When the run was made, from its id: the time for today's runs, else the day."""
    if run_id[:8] == time.strftime("%Y%m%d"):
        return f"{run_id[9:11]}:{run_id[11:13]}"
    return f"{run_id[4:6]}-{run_id[6:8]}"


def sign(word: str, lang: str) -> str:
    """A verdict's sign, its word for those who do not see it."""
    name = text(f"verdict.{word}.word", lang)
    return tag("span", esc(text(f"verdict.{word}.sign", lang)), cls=f"k-sign k-v-{word}", title=name, role="img",
               aria_label=name)  # fmt: skip


def newest_finished() -> Run | None:
    """The newest run with a result that is not archived: what a showcase opens with."""
    done = (entry.run for entry in history.entries() if entry.state == "done" and not entry.archived)
    return find(next(done, ""))


def share(status: dict[str, Any]) -> float | None:
    """How much of the present stage is done, 0..1, where it says."""
    of = status.get("of") or 0
    return min(1.0, status.get("step", 0) / of) if of else None


def sidebar(open_id: str, lang: str) -> str:
    """The newest runs with state, method and verdict, and the way to all; above them the way to a new one."""
    every, shows = history.entries(), showcase.on()
    plus = "" if shows else tag("b", "+", aria_hidden="true")
    words = esc(text("showcase.look" if shows else "page.new_run", lang))
    new = tag("a", plus + words, cls="k-new", href="?step=use_case" if shows else "?", data_pick="new")
    if not every:
        return new + tag("p", esc(text("showcase.no_runs" if shows else "page.no_runs", lang)), cls="k-side-empty")
    shown = [entry for entry in every if not entry.archived][:MOST_SHOWN]
    shown += [entry for entry in every if entry.run == open_id and entry not in shown]
    items = "".join(_item(entry, entry.run == open_id, lang) for entry in shown)
    words = esc(text("history.all", lang, n=f"{len(every):,}"))
    head = tag("h2", esc(text("page.runs", lang)), cls="k-side-title")
    way = tag("a", words, cls="k-all-runs", href="?view=runs", data_pick=ALL)
    return new + head + tag("nav", items + way, cls="k-runs", aria_label=text("page.runs", lang)) + compare_button(lang)


def compare_button(lang: str) -> str:
    """What compares the ticked runs; page.js shows it once a run is ticked and fills in which."""
    words = {"data_one": text("side_by_side.one_more", lang), "data_many": text("side_by_side.compare", lang, n="#")}
    words |= {"data_most": str(MOST_RUNS), "data_too_many": text("side_by_side.too_many", lang, n=MOST_RUNS)}
    return tag("button", "", type="button", cls="k-compare-runs", hidden="", data_pick=COMPARE, **words)


def tick(entry: Entry, lang: str) -> str:
    """The box by which a run is chosen, to be compared and, in the history, for more."""
    label = text("side_by_side.tick", lang, title=f"{entry_title(entry, lang)}, {when(entry.run)}")
    return (
        f'<input type="checkbox" class="k-pick-run" value="{entry.run}" aria-label="{esc(label)}" title="{esc(label)}">'
    )


def _item(entry: Entry, is_open: bool, lang: str) -> str:
    name = tag("span", esc(entry_title(entry, lang)), cls="k-run-name")
    under = tag("span", esc(f"{short_method(entry.method, lang)} · {when(entry.run)}"), cls="k-run-under")
    done = entry.state == "done"
    mark = sign(entry.verdict or "not_measured", lang) if done else badge(entry.state, lang)
    inside = name + mark + under if done else name + under + mark
    if entry.state == "running":
        inside += _thin_bar(rundir.open_run(entry.run).status(), lang)
    cls = "k-run k-open" if is_open else "k-run"
    current = "page" if is_open else None
    link = tag("a", inside, cls=cls, href=f"?run={entry.run}", data_pick=entry.run, aria_current=current)
    return tag("div", link + tick(entry, lang), cls="k-run-line") if done else link


def badge(state: str, lang: str) -> str:
    return tag("span", esc(text(f"page.state.{state}", lang)), cls=f"k-state k-state-{state}")


def _thin_bar(status: dict[str, Any], lang: str) -> str:
    done = share(status)
    stage = status.get("stage", "")
    words = text(f"page.stage.{stage}.now", lang) if stage in rundir.STAGES else ""
    bar = tag("i", "", style=f"width:{100 * (done or 0):.0f}%")
    return tag("span", bar, cls="k-run-bar", title=words)


def header(run: Run | None, lang: str) -> str:
    """The line above the steps: which run this is, in what state; for none, what this page is for."""
    if run is None:
        key = "showcase.look_title" if showcase.on() else "page.new_title"
        line = tag("h1", esc(text(key, lang)), cls="k-title")
        return tag("div", line, cls="k-run-head")
    values, state, said = spec(run), rundir.state(run), about.read(run)
    parts = [method_title(values.method, lang), short_model(values.model)]
    line = tag("h1", esc(title(run, lang)), cls="k-title") + tag("span", esc(" · ".join(parts)), cls="k-title-under")
    archived = tag("span", esc(text("history.archived", lang)), cls="k-state") if said.archived else ""
    line += badge(state, lang) + archived + tags(said.tags)
    buttons = [(f"card={run.id}", "history.details"), (f"like={run.id}", "history.like")]
    buttons = buttons[:1] if showcase.on() else buttons
    line += tag("span", "".join(_head_button(pick, key, lang) for pick, key in buttons), cls="k-head-buttons")
    note = tag("p", esc(said.note), cls="k-run-note") if said.note else ""
    return tag("div", line, cls="k-run-head") + note


def _head_button(pick: str, key: str, lang: str) -> str:
    return tag("button", esc(text(key, lang)), type="button", cls="k-step", data_pick=pick)


def tags(names: Iterable[str]) -> str:
    return "".join(tag("span", esc(name), cls="k-tag") for name in names)


def short_model(name: str) -> str:
    """The last part of a model's id or folder."""
    return name.rstrip("/").rsplit("/", 1)[-1][:60]

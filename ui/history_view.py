"""All runs as a table, one run's card, what was done to them, and what they take on the disk: as escaped HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine import history, rundir, showcase, storage, trash
from engine.history import Entry
from engine.numbers import duration, size
from engine.rundir import Run
from engine.text import LANGUAGES, has, text
from ui import runs
from ui.html import empty, esc, facts, notice, scroll, tag

COLUMNS = ("title", "method", "verdict", "date", "seconds", "disk")
FIRST, STEP = 50, 100
SHORT_NOTE = 160


@dataclass(frozen=True)
class Query:
    """What is looked for: words, filters, the column to sort by (with a minus: downwards) and how many are shown."""

    words: str = ""
    state: str = ""
    use_case: str = ""
    method: str = ""
    verdict: str = ""
    tag: str = ""
    archived: bool = False
    sort: str = "-date"
    most: int = FIRST


def names(entry: Entry) -> list[str]:
    """The words a person knows a run by, in every language."""
    found = [runs.entry_title(entry, lang) for lang in LANGUAGES]
    found += [runs.method_title(entry.method, lang) for lang in LANGUAGES]
    for key in (f"page.state.{entry.state}", f"verdict.{entry.verdict}.word"):
        found += [text(key, lang) for lang in LANGUAGES if has(key)]
    return found


def fitting(every: Iterable[Entry], query: Query) -> list[Entry]:
    """The runs that fit, in the order asked for."""
    wanted = {name: getattr(query, name) for name in ("state", "use_case", "method", "verdict", "tag")}
    found = history.select(every, words=query.words, archived=query.archived, names=names, **wanted)
    return sorted(found, key=_key(query.sort.lstrip("-")), reverse=query.sort.startswith("-"))


def _key(column: str) -> Any:
    keys = {
        "title": lambda entry: (runs.entry_title(entry, "en").casefold(), entry.run),
        "method": lambda entry: (entry.method, entry.run),
        "verdict": lambda entry: (entry.state != "done", entry.verdict or "", entry.state, entry.run),
        "seconds": lambda entry: entry.seconds,
        "disk": lambda entry: storage.usage(rundir.open_run(entry.run)).total,
    }
    return keys.get(column, lambda entry: entry.run)


def table(every: Sequence[Entry], query: Query, lang: str) -> str:
    """The runs that fit, so many of them; what to do where there are none."""
    if not every:
        return empty(text("history.empty", lang), text("history.empty_help", lang))
    found = fitting(every, query)
    if not found:
        away = sum(entry.archived for entry in every)
        key = "history.none_archived" if away and not query.archived else "history.none_help"
        return empty(text("history.none", lang), text(key, lang, n=len(every), archived=away))
    heads = tag("th", "", scope="col") + "".join(_head(name, query.sort, lang) for name in COLUMNS)
    body = "".join(_row(entry, lang) for entry in found[: query.most])
    inside = tag("thead", tag("tr", heads + tag("th", "", scope="col"))) + tag("tbody", body)
    shown = min(len(found), query.most)
    count = tag("span", esc(text("history.count", lang, shown=f"{shown:,}", n=f"{len(every):,}")), cls="k-muted")
    if left := len(found) - shown:
        more = esc(text("history.more", lang, n=min(left, STEP)))
        count += tag("button", more, type="button", cls="k-step", data_pick="more=")
    foot = tag("div", count, cls="k-history-foot", role="status")
    drawn = scroll(tag("table", inside, cls="k-table k-history-table"))
    return drawn + foot + _ticked_bar(lang)


def _head(name: str, sort: str, lang: str) -> str:
    column = text(f"history.column.{name}", lang)
    order = ("descending" if sort.startswith("-") else "ascending") if sort.lstrip("-") == name else "none"
    label = text("history.sort", lang, column=column)
    button = tag("button", esc(column), type="button", cls="k-sort", data_pick=f"sort={name}", title=label)
    return tag("th", button, scope="col", aria_sort=order, cls="k-num" if name in ("seconds", "disk") else None)


def _row(entry: Entry, lang: str) -> str:
    title = runs.entry_title(entry, lang)
    link = tag("a", esc(title), href=f"?run={entry.run}", data_pick=entry.run, cls="k-history-title")
    if entry.archived:
        link += tag("span", esc(text("history.archived", lang)), cls="k-state")
    tags = "".join(_tag_button(name, lang) for name in entry.tags)
    note = entry.note if len(entry.note) <= SHORT_NOTE else f"{entry.note[:SHORT_NOTE]}…"
    under = (tag("div", tags, cls="k-tags") if tags else "") + (tag("small", esc(note)) if note else "")
    verdict = entry.verdict or "not_measured"
    state = runs.badge(entry.state, lang)
    if entry.state == "done":
        state = runs.sign(verdict, lang) + tag("span", esc(text(f"verdict.{verdict}.word", lang)))
    about = text("history.more_of", lang, title=title)
    details = tag("button", esc(text("history.details", lang)), type="button", cls="k-step", aria_label=about,
                  data_pick=f"card={entry.run}")  # fmt: skip
    cells = (
        (runs.tick(entry, lang), "k-history-tick", ""),
        (link + under, "k-history-name", ""),
        (esc(runs.short_method(entry.method, lang)) + tag("small", esc(runs.short_model(entry.model))), "", "method"),
        (tag("span", state, cls="k-history-verdict"), "", "verdict"),
        ("".join(tag("span", esc(part)) for part in entry.date.split()), "k-history-date", "date"),
        (esc(duration(entry.seconds, lang) if entry.seconds else "–"), "k-num", "seconds"),
        (esc(size(storage.usage(rundir.open_run(entry.run)).total)), "k-num", "disk"),
        (details, "", ""),
    )
    columns = {name: text(f"history.column.{name}", lang) for name in COLUMNS}
    drawn = (tag("td", cell, cls=cls or None, data_column=columns.get(name)) for cell, cls, name in cells)
    return tag("tr", "".join(drawn))


def _tag_button(name: str, lang: str) -> str:
    words = text("history.tag", lang, tag=name)
    return tag("button", esc(name), type="button", cls="k-tag", data_pick=f"tag={name}", title=words, aria_label=words)


def _ticked_bar(lang: str) -> str:
    """What can be done with the ticked runs; page.js shows it while any is ticked and fills in which."""
    count = tag("span", "", cls="k-ticked-count", data_many=text("history.ticked", lang))
    verbs = (("archive", "history.archive"), ("delete?", "history.delete"), ("untick", "history.untick"))
    verbs = verbs[-1:] if showcase.on() else verbs
    buttons = (tag("button", esc(text(key, lang)), type="button", cls="k-step", data_verb=verb) for verb, key in verbs)
    return tag("div", count + runs.compare_button(lang) + "".join(buttons), cls="k-ticked", hidden="")


def card(run: Run, lang: str) -> str:
    """One run: its name, what it takes on the disk, and what can be done with it."""
    entry, used = history.entry(run), storage.usage(run)
    title = tag("h3", esc(runs.entry_title(entry, lang))) + tag("small", esc(f"{entry.date} · {run.id}"))
    parts = {name: getattr(used, name) for name in ("model", "checkpoints", "whole", "other")}
    shown = {esc(text(f"history.disk.{name}", lang)): esc(size(taken)) for name, taken in parts.items() if taken}
    away = "unarchive" if entry.archived else "archive"
    verbs = (("open", "open"), ("like", "like"), (away, away), ("delete?", "delete"))
    verbs = verbs[:1] if showcase.on() else verbs
    buttons = (_button(f"{verb}={run.id}", text(f"history.{key}", lang)) for verb, key in verbs)
    return title + facts(shown) + tag("div", "".join(buttons), cls="k-history-buttons")


def _button(pick: str, words: str, *, strong: bool = False) -> str:
    return tag("button", esc(words), type="button", cls="k-step k-step-strong" if strong else "k-step", data_pick=pick)


def count(n: int, lang: str) -> str:
    """So many runs, in words.

    >>> count(1, "en"), count(3, "en"), count(3, "ja")
    ('1 run', '3 runs', '3')
    """
    return text("history.one" if n == 1 else "history.many", lang, n=n)


def said(title: str, message: str, lang: str, *, picks: Iterable[tuple[str, str]] = (), tone: str = "plain") -> str:
    """What was done or is asked, with what can be pressed: (pick, words), the first standing out where it asks."""
    drawn = tag("strong", esc(title)) + (tag("div", esc(message), cls="k-notice-text") if message else "")
    buttons = (_button(pick, words, strong=not at and tone == "warn") for at, (pick, words) in enumerate(picks))
    drawn += tag("div", "".join(buttons), cls="k-history-buttons")
    asks = {"role": "alertdialog", "aria_label": title} if tone == "warn" else {"role": "status"}
    return tag("div", drawn, cls=f"k-notice k-{tone}", **asks)


def sure(found: Sequence[Run], lang: str) -> str:
    """The question before runs are deleted."""
    titles = [runs.title(run, lang) for run in found]
    listed = ", ".join(titles[:5]) + ("…" if len(titles) > 5 else "")
    taken = size(sum(storage.usage(run).total for run in found))
    ids = ",".join(run.id for run in found)
    return said(
        text("history.sure_title", lang, n=count(len(found), lang), size=taken),
        text("history.sure", lang, titles=listed, days=trash.DAYS),
        lang,
        tone="warn",
        picks=((f"delete!={ids}", text("history.sure_yes", lang)), ("keep=", text("history.sure_no", lang))),
    )


def disk(lang: str, *, ask: str = "") -> str:
    """What all runs take, what may go, and the trash; `ask` is "clean" or "empty" where that is to be confirmed."""
    every, gone = rundir.all_runs(), trash.deleted()
    used = [storage.usage(run) for run in every]
    shown = {"total": sum(one.total for one in used)}
    shown |= {name: sum(getattr(one, name) for one in used) for name in ("model", "checkpoints", "whole", "other")}
    lying = sum(storage.size(run.path) for run in gone)
    pairs = {esc(text(f"history.disk.{name}", lang)): esc(size(taken)) for name, taken in shown.items()}
    pairs[esc(text("history.disk.trash", lang))] = esc(size(lying))
    return facts(pairs) + _clean(storage.spare(every), lang, ask=ask == "clean") + _trash(gone, lying, lang, ask=ask)


def _clean(spare: dict[str, int], lang: str, *, ask: bool) -> str:
    if not spare:
        return tag("p", esc(text("history.disk.clean_none", lang)), cls="k-muted")
    numbers = {"n": len(spare), "size": size(sum(spare.values()))}
    if ask:
        picks = (("clean!=", text("history.disk.clean_yes", lang)), ("disk=", text("history.sure_no", lang)))
        return said(text("history.disk.clean_sure", lang, **numbers), "", lang, tone="warn", picks=picks)
    words = tag("p", esc(text("history.disk.clean_help", lang, n=numbers["n"])), cls="k-muted")
    return words + tag("p", _button("clean?=", text("history.disk.clean", lang, size=numbers["size"])))


def _trash(gone: Sequence[Run], lying: int, lang: str, *, ask: str) -> str:
    head = tag("h4", esc(text("history.disk.trash", lang)))
    if not gone:
        return head + tag("p", esc(text("history.disk.trash_empty", lang)), cls="k-muted")
    if ask == "empty":
        picks = (("empty!=", text("history.disk.empty_yes", lang)), ("disk=", text("history.sure_no", lang)))
        title = text("history.disk.empty_sure", lang, n=count(len(gone), lang), size=size(lying))
        return head + said(title, "", lang, tone="warn", picks=picks)
    words = tag("p", esc(text("history.disk.trash_help", lang, days=trash.DAYS)), cls="k-muted")
    lines = "".join(tag("li", _gone(run, lang)) for run in gone)
    return (
        head + words + tag("ul", lines, cls="k-trash") + tag("p", _button("empty?=", text("history.disk.empty", lang)))
    )


def _gone(run: Run, lang: str) -> str:
    try:
        words = f"{runs.title(run, lang)} · {runs.short_method(run.spec().method, lang)}"
    except (ValueError, OSError):  # damaged, or from another version: it can be brought back all the same
        words = run.id
    back = _button(f"restore={run.id}", text("history.disk.restore", lang))
    taken = f"{run.id[:4]}-{run.id[4:6]}-{run.id[6:8]} · {size(storage.size(run.path))}"
    return tag("span", esc(words)) + tag("small", esc(taken)) + back


def failed(message: str, lang: str) -> str:
    return notice(message, tone="bad", title=text("history.cannot", lang))

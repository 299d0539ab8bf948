"""What a run gives to take home: a card a kind, with its size, its progress, and what asking it again came to."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import numbers, showcase
from engine.export import make, words
from engine.export.kind import Kind, kinds
from engine.rundir import Run
from engine.schema import Progress
from engine.text import text
from ui.html import empty, esc, notice, tag, waiting

MODEL = ("adapter", "merged", "ollama", "snippets", "card")
CODE = ("script", "notebook")


def nothing(lang: str) -> str:
    """What stands here while no run is open."""
    return empty(text("export.page.empty", lang), text("export.page.empty_help", lang))


def cards(
    run: Run,
    names: Sequence[str],
    lang: str,
    *,
    busy: Mapping[str, Progress] | None = None,
    failed: Mapping[str, str] | None = None,
) -> str:
    """The kinds `names` of this run; `busy` and `failed` say of one of them what is being done, or went wrong."""
    found = kinds()
    drawn = (_card(run, found[name], lang, (busy or {}).get(name), (failed or {}).get(name, "")) for name in names)
    return tag("div", "".join(drawn), cls="k-takes")


def _card(run: Run, kind: Kind, lang: str, progress: Progress | None, failed: str) -> str:
    title = tag("h3", esc(text(f"export.kind.{kind.name}.title", lang)))
    inside = title + tag("p", esc(text(f"export.kind.{kind.name}.summary", lang)))
    made = make.made(run, kind.name) if kind.slow else None
    closed = kind.slow and showcase.on() and not made
    reason = text("export.refused.showcase", lang) if closed else make.why_not(run, kind, lang)
    if reason:
        inside += tag("p", esc(reason), cls="k-take-not")
        return tag("section", inside, cls="k-take k-take-off", id=f"k-take-{kind.name}")
    if failed:
        inside += notice(failed, tone="bad", title=text("export.page.failed", lang))
    if progress:
        inside += tag("div", _doing(progress, lang), cls="k-take-foot")
    else:
        inside += (_verified(made, lang) if made else "") + tag("div", _foot(run, kind, made, lang), cls="k-take-foot")
    return tag("section", inside, cls="k-take", id=f"k-take-{kind.name}", aria_busy="true" if progress else None)


def _foot(run: Run, kind: Kind, made: Mapping[str, Any] | None, lang: str) -> str:
    """The size, and what can be done."""
    if made:
        size = text("export.page.kept", lang, size=numbers.size(made["bytes"]))
        more = () if showcase.on() else ("again", "drop")
        buttons = _button("download", kind, lang, main=True) + "".join(_button(what, kind, lang) for what in more)
    else:
        guess = kind.size(run)
        size = text("export.page.about", lang, size=numbers.size(guess)) if guess else ""
        buttons = _button("make", kind, lang, main=True)
    return tag("span", esc(size), cls="k-muted") + buttons


def _button(what: str, kind: Kind, lang: str, *, main: bool = False) -> str:
    label = text(f"export.page.{what}", lang)
    named = f"{label}: {text(f'export.kind.{kind.name}.title', lang)}"
    cls = "k-take-button k-take-main" if main else "k-take-button"
    return tag("button", esc(label), type="button", cls=cls, data_pick=f"{what}:{kind.name}", aria_label=named)


def _doing(progress: Progress, lang: str) -> str:
    """What is being done, how far it is, and that the page must stay."""
    said = text(f"export.stage.{progress.stage}", lang)
    if progress.stage == "verify" and progress.of > 1:
        said += " · " + text("export.page.count", lang, step=progress.step, of=progress.of)
    bar = tag("i", "", style=f"width:{100 * progress.step / progress.of:.0f}%") if progress.of > 1 else ""
    line = tag("span", bar, cls="k-run-bar", aria_hidden="true") if bar else ""
    return waiting(said) + line + tag("small", esc(text("export.page.stay", lang)), cls="k-muted")


def _verified(made: Mapping[str, Any], lang: str) -> str:
    if made["passed"] is None:
        return ""
    said = words.verified(made, lang)
    if made["passed"]:
        return notice(said[0], tone="good")
    return notice("\n".join(said[1:]), tone="bad", title=said[0])


def unreadable(reason: str) -> str:
    """In place of the code of a run that has none."""
    return notice(reason)

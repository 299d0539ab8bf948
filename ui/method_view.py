"""The methods to choose from, what is to be known of the chosen one, and the forecast of a run, as HTML."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from engine.numbers import big, duration, figure, size
from engine.registry import methods
from engine.text import has, text
from ui import icons, runs
from ui.html import esc, facts, notice, tag, waiting
from ui.method_choice import fits, groups, recommended


def cards(chosen: str, kinds: Sequence[str], lang: str) -> str:
    """One card per method, in groups, with a picture of what is frozen and what is trained.

    Methods that cannot learn from rows of these kinds are dimmed and say why.
    """
    parts = [advice(kinds, lang) + key(lang)]
    for name, members in groups(kinds).items():
        title, under = (text(f"page.method.group.{name}.{part}", lang) for part in ("title", "help"))
        head = tag("div", tag("h3", esc(title)) + tag("p", esc(under)), cls="k-section k-method-group")
        every = "".join(_card(member, chosen, kinds, lang) for member in members)
        parts.append(head + tag("div", every, cls="k-cards k-methods", role="group", aria_label=title))
    return "".join(parts)


def advice(kinds: Sequence[str], lang: str) -> str:
    """The method to begin with and why, in a line."""
    name = recommended(kinds)
    badge = tag("span", esc(text("page.method.recommended", lang)), cls="k-badge")
    why = tag("span", esc(reason(name, lang)))
    return tag("p", badge + tag("b", esc(runs.method_title(name, lang))) + why, cls="k-advice")


def _card(name: str, chosen: str, kinds: Sequence[str], lang: str) -> str:
    first, usable = name == recommended(kinds), fits(name, kinds)
    badge = tag("span", esc(text("page.method.recommended", lang)), cls="k-badge") if first else ""
    under = tag("p", esc(summary(name, lang) if usable else unusable(name, kinds, lang)))
    words = tag("span", tag("strong", esc(runs.method_title(name, lang)) + badge) + under, cls="k-card-words")
    return tag(
        "button",
        icons.method(name) + words,
        type="button",
        cls="k-card k-method",
        data_pick=name,
        aria_pressed="true" if name == chosen else "false",
        aria_disabled=None if usable else "true",
    )


def summary(name: str, lang: str) -> str:
    words = f"page.method.{name}.summary"
    return text(words, lang) if has(words) else methods()[name].summary


def reason(name: str, lang: str) -> str:
    """Why this method is the one to begin with, and through which weights it is trained on this machine."""
    words = [text(f"page.method.{name}.reason", lang)] if has(f"page.method.{name}.reason") else []
    return " ".join([*words, way(name, lang)]).strip()


def way(name: str, lang: str) -> str:
    """Through which weights a method trains that leaves this open, and why: LoRA on a CPU, QLoRA on a GPU."""
    if not methods()[name].through:
        return ""
    through = methods()[name].Settings().through
    return text(f"page.method.way.{through}", lang) if has(f"page.method.way.{through}") else ""


def unusable(name: str, kinds: Sequence[str], lang: str) -> str:
    """Why a method cannot learn from this data."""
    return text("page.method.unusable", lang, needs=needs(name, lang), given=in_words(kinds, lang))


def needs(name: str, lang: str) -> str:
    """The data a method learns from, in words."""
    return in_words(methods()[name].needs, lang)


def in_words(kinds: Sequence[str], lang: str) -> str:
    return text("page.kind.or", lang).join(text(f"page.kind.{kind}", lang) for kind in kinds)


def panel(name: str, lang: str, counted: Mapping[str, Any] | None = None) -> str:
    """What is to be known of a method: when not to use it, its data, the share of weights trained, its paper.

    `counted` is a forecast of this very run: the share is then what was counted on the loaded model.
    """
    avoid = f"page.method.{name}.not_for"
    about = tag("h3", esc(runs.method_title(name, lang))) + tag("p", esc(summary(name, lang)))
    if way(name, lang):
        about += tag("p", esc(way(name, lang)))
    if has(avoid):
        about += tag("h4", esc(text("page.method.not_for", lang))) + tag("p", esc(text(avoid, lang)), cls="k-not-for")
    told = {"needs": esc(needs(name, lang)), "share": _share(name, lang, counted), "paper": _paper(name)}
    rows = (
        tag("dt", esc(text(f"page.method.{key}", lang))) + tag("dd", value, cls=f"k-about-{key}")
        for key, value in told.items()
        if value
    )
    inside = tag("div", about, cls="k-about-words") + tag("dl", "".join(rows))
    return tag("section", inside, cls="k-about", aria_label=runs.method_title(name, lang))


def _share(name: str, lang: str, counted: Mapping[str, Any] | None) -> str:
    """The share of weights trained: what is typical, or what was counted."""
    if counted:
        shown = {"percent": figure(counted["trainable_percent"]), "total": big(counted["total_parameters"])}
        words = text("page.method.share_counted", lang, n=big(counted["trainable_parameters"]), **shown)
        return tag("b", esc(words))
    for known in (name, methods()[name].Settings().through if methods()[name].through else name):
        if has(f"page.method.{known}.share"):
            return esc(text(f"page.method.{known}.share", lang))
    return ""


def _paper(name: str) -> str:
    """The link to the method's paper, called by its number where it is on arXiv."""
    paper = methods()[name].paper
    where = urlsplit(paper)
    if where.scheme != "https":
        return ""
    number = where.path.removeprefix("/abs/")
    label = f"arXiv:{number}" if where.hostname == "arxiv.org" else str(where.hostname)
    return tag("a", esc(label), href=paper, target="_blank", rel="noopener noreferrer")


def key(lang: str) -> str:
    """What the pictures mean."""
    kinds = ("trained", "frozen", "frozen4")
    items = (
        tag(
            "span",
            tag("i", "", cls=f"k-swatch k-swatch-{kind}") + esc(text(f"page.method.key_{kind}", lang)),
            cls="k-key",
        )
        for kind in kinds
    )
    return tag("div", "".join(items), cls="k-legend")


def forecasting(lang: str) -> str:
    return waiting(text("page.forecast.working", lang))


def forecast_invitation(lang: str) -> str:
    return tag("p", esc(text("page.forecast.invite", lang)), cls="k-muted")


def forecast(found: dict[str, Any], lang: str) -> str:
    """What `launch.forecast` expects of the run."""
    percent = text(
        "page.forecast.of_total", lang, percent=figure(found["trainable_percent"]), total=big(found["total_parameters"])
    )
    shown = {
        "parameters": f"{esc(big(found['trainable_parameters']))} {tag('small', esc(percent))}",
        "memory": esc(size(found["peak_bytes"])),
        "train": esc(duration(found["train_seconds"], lang)),
        "evaluate": esc(duration(found["evaluate_seconds"], lang)),
        "total": tag("b", esc(duration(found["total_seconds"], lang))),
    }
    speed = figure(found["tokens_per_second"])
    how = text("page.forecast.how", lang, steps=figure(found["steps"]), speed=speed, dtype=found["dtype"])
    return facts({esc(text(f"page.forecast.{name}", lang)): value for name, value in shown.items()}) + tag(
        "p", esc(how), cls="k-muted"
    )


def problem(message: str, lang: str) -> str:
    return notice(message, tone="bad", title=text("page.error.cannot", lang))

"""The methods to choose from and the forecast of a run, as HTML."""

from typing import Any

from engine.registry import methods
from engine.text import has, text
from ui import icons, runs
from ui.html import esc, facts, notice, tag, waiting
from ui.numbers import big, duration, figure, size

RECOMMENDED = "lora"


def order(recommended: str) -> list[str]:
    """The names of the methods, the recommended one first, full fine-tuning last."""
    return sorted(methods(), key=lambda name: (name != recommended, name == "full", name))


def cards(chosen: str, lang: str, *, recommended: str = RECOMMENDED) -> str:
    """One card per method, with a picture of what is frozen and what is trained."""
    every = "".join(_card(name, name == chosen, name == recommended, lang) for name in order(recommended))
    return tag("div", every, cls="k-cards k-methods", role="group", aria_label=text("page.step.method", lang)) + key(
        lang
    )


def _card(name: str, chosen: bool, recommended: bool, lang: str) -> str:
    badge = tag("span", esc(text("page.method.recommended", lang)), cls="k-badge") if recommended else ""
    head = tag("strong", esc(runs.method_title(name, lang)) + badge)
    reason = tag("p", esc(text("page.method.reason", lang)), cls="k-card-reason") if recommended else ""
    inside = icons.method(name) + head + tag("p", esc(summary(name, lang))) + reason
    return tag(
        "button", inside, type="button", cls="k-card", data_pick=name, aria_pressed="true" if chosen else "false"
    )


def summary(name: str, lang: str) -> str:
    words = f"page.method.{name}.summary"
    return text(words, lang) if has(words) else methods()[name].summary


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

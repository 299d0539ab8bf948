"""A guided first run: four steps above the tabs, until this machine has a finished run or the reader closes it."""

from engine import showcase
from engine.text import text
from ui import runs
from ui.html import esc, tag

STEPS = ("use_case", "method", "train", "result")  # later steps of the page are the last one's: the verdict is there


def load(lang: str) -> str:
    """The guide for a page that was opened now; "" where a run has been finished here, or none can be begun."""
    return "" if showcase.on() or runs.newest_finished() else draw(lang)


def draw(lang: str) -> str:
    """All four steps with what to do in each. Which of them is now is told by the page (`kurabeGuide` in page.js)."""
    title = tag("h2", esc(text("guide.title", lang)))
    close = tag("button", esc(text("guide.close", lang)), type="button", cls="k-guide-close", data_guide="close")
    steps = "".join(_step(number, name, lang) for number, name in enumerate(STEPS, start=1))
    return tag("section", title + close + tag("ol", steps), cls="k-guide", aria_label=text("guide.title", lang))


def _step(number: int, name: str, lang: str) -> str:
    head = tag("b", str(number), aria_hidden="true") + tag("strong", esc(text(f"guide.{name}.title", lang)))
    return tag("li", head + tag("p", esc(text(f"guide.{name}.help", lang))), data_guide=name)

"""What another language model, asked as a judge, says of the two answers: beside the verdict, never part of it."""

from collections.abc import Mapping
from typing import Any

from engine import figures
from engine.charts import stacked_bar
from engine.llm_judge import words
from engine.rundir import Run
from engine.text import text
from ui.html import esc, tag

PARTS = ("base", "tie", "tuned", "failed")


def result(run: Run) -> dict[str, Any] | None:
    """The latest judge's result with its agreement with the votes there are now; None where none was asked."""
    if not run.file("llm_judge").exists():
        return None
    from engine.llm_judge.result import read  # it brings scipy, which the page starts without

    return read(run)


def card(found: Mapping[str, Any] | None, lang: str) -> str:
    """Whether the judge may count, then a bar of base, tie and tuned for each test; nothing where none was asked."""
    if not found:
        return ""
    title = tag("h3", esc(text("judge.title", lang)))
    under = tag("p", esc(text("judge.help", lang, who=words.who(found, lang))), cls="k-muted")
    trust = words.trust(found, lang)
    known = tag("p", esc(trust["text"]), cls=f"k-notice k-{'good' if trust['tone'] == 'good' else 'warn'}")
    suites = "".join(_suite(suite, lang) for suite in found["suites"])
    lines = [line for suite in found["suites"] for line in words.suite_sentences(suite, lang)[1:]]
    lines += words.about(found, lang)
    drawn = "".join(tag("p", esc(line["text"]), cls=f"k-line-{line['tone']}") for line in lines)
    more = tag("details", tag("summary", esc(text("judge.more", lang))) + drawn, cls="k-more")
    return tag("section", title + under + known + suites + more, cls="k-picture k-judge")


def _suite(found: Mapping[str, Any], lang: str) -> str:
    said = tag("p", esc(words.suite_sentences(found, lang)[0]["text"]), cls="k-picture-part")
    parts = [(name, found[name], text(f"judge.bar.{name}", lang)) for name in PARTS if name != "failed" or found[name]]
    return said + stacked_bar(parts, f"{text('judge.title', lang)}, {figures.suite_title(found['suite'], lang)}")

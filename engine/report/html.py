"""The report as one web page that loads nothing: styles and pictures stand in it, and its policy forbids all else."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from engine import charts, examples, pictures
from engine.markup import esc, tag
from engine.text import text

HERE = Path(__file__).parent
# No script, no request, no frame, no form: a reader that keeps to it cannot be made to send anything anywhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def draw(content: dict[str, Any]) -> str:
    """The page for the content (content.content)."""
    lang = content["language"]
    values = {
        "policy": Markup(POLICY),
        "style": Markup(styles()),
        "text": lambda key, **given: text(key, lang, **given),
    }
    drawings = {
        "picture": lambda one: Markup(pictures.draw(one)),
        "curve": lambda block: Markup(
            charts.loss_chart(block["log"], lang, best_step=block["best_step"])
            + charts.loss_legend(lang, held_out=any(line.get("kind") == "validation" for line in block["log"]))
        ),
        "marks_key": lambda: Markup(_marks_key(content["examples"], lang)),
        "answer": lambda item, arm: Markup(examples.drawn(item, arm, lang)),
    }
    return _environment().get_template("report.html.j2").render(content, **values, **drawings)


def styles() -> str:
    """The style sheet: how the drawings look, then the document."""
    return charts.css(follow_system=True) + (HERE / "report.css").read_text(encoding="utf-8")


def _marks_key(shown: dict[str, Any], lang: str) -> str:
    """What the marks in the examples mean, of those that are there."""
    drawn = "".join(
        examples.drawn(item, arm, lang) for item in shown["items"] for arm in ("reference", "base", "tuned")
    )
    samples = {
        "only_base": ("<del>", "<del>abc</del>"),
        "only_tuned": ("<ins>", "<ins>abc</ins>"),
        "fact_right": ("k-fact-right", tag("mark", "abc", cls="k-fact k-fact-right")),
        "fact_unsupported": ("k-fact-unsupported", tag("mark", "abc", cls="k-fact k-fact-unsupported")),
    }
    keys = [
        tag("span", sample + esc(text(f"page.items.{name}", lang)), cls="k-key")
        for name, (sign, sample) in samples.items()
        if sign in drawn
    ]
    return tag("p", "".join(keys), cls="k-legend k-pane") if keys else ""


@cache
def _environment() -> Environment:
    """Every value that a template puts out is escaped by `esc`, but what our own functions have drawn."""
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else Markup(esc(value)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

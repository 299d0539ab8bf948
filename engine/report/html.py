"""The report as one web page that loads nothing: styles and pictures stand in it, and its policy forbids all else."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from engine import charts, pictures
from engine.diff import differing, drawn
from engine.fact_marks import marks
from engine.markup import esc
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
        "answer": lambda item, arm: Markup(answer(item, arm, lang)),
    }
    return _environment().get_template("report.html.j2").render(content, **values, **drawings)


def styles() -> str:
    """The style sheet: how the drawings look, then the document."""
    return charts.css(follow_system=True) + (HERE / "report.css").read_text(encoding="utf-8")


def answer(item: dict[str, Any], arm: str, lang: str) -> str:
    """An example's text with what differs and its key facts marked, as HTML; words where there is none."""
    said = item[arm]
    if not said.strip():
        return esc(text("page.items.no_answer", lang))
    if not item["marked"]:
        return esc(said)
    facts = marks(said, prompt=item["prompt"], reference=item["reference"]) if item["reference"] else ()
    titles = {kind: text(f"page.items.fact_{kind}", lang) for kind in ("right", "unsupported")}
    if arm not in ("base", "tuned"):
        return drawn(said, facts=facts, titles=titles)
    left, right = differing(item["base"], item["tuned"])
    changed, name = (left, "del") if arm == "base" else (right, "ins")
    return drawn(said, changed=changed, name=name, facts=facts, titles=titles)


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

"""The report of a finished run as plain data in one language: what HTML, Markdown and JSON are drawn from.

{"language", "run", "date", "title", "subtitle", "notice", "verdict", "pictures", "examples", "sections"}; the first
screen is what stands before "examples", and whoever checks the result ends at the last section. No torch.
"""

import json
from collections.abc import Mapping
from typing import Any

from engine import about, examples, items_json, pictures, results, specs
from engine.report import checking, outcome
from engine.report.cost import Price
from engine.rundir import Run
from engine.schema import Preset, UserError
from engine.text import has, text

VERSION = 1  # of the JSON document's shape


def content(run: Run, lang: str = "en", *, price: Price | None = None) -> dict[str, Any]:
    """The report. Raises UserError where the run has no result yet."""
    found = run.comparison()
    if found is None:
        raise UserError(f"Run {run.id} has no result to report yet. Let it finish: `python -m engine resume {run.id}`.")
    said, preset = items_json.answers(run), _preset(found["use_case"])
    sections = [*outcome.sections(run, found, lang, price=price), *checking.sections(run, found, lang)]
    return {
        "language": lang,
        "run": run.id,
        "date": f"{run.id[:4]}-{run.id[4:6]}-{run.id[6:8]}",
        "title": about.read(run).title or title(found, preset, lang),
        "subtitle": [method_title(found["method"], lang), results.model_name(run.spec())],
        "notice": preset.notice.get(lang, "") if preset else "",
        "verdict": _verdict(found, lang),
        "pictures": pictures.three(found, said, lang),
        "examples": examples.shown(run, found, lang),
        "sections": [section for section in sections if section],
    }


def title(found: Mapping[str, Any], preset: Preset | None, lang: str) -> str:
    """What the run is about: its use case, else the title of its spec."""
    return preset.title[lang] if preset else found["title"] or text("report.untitled", lang)


def method_title(name: str, lang: str) -> str:
    """What a method is called."""
    return text(f"page.method.{name}.title", lang) if has(f"page.method.{name}.title") else name


def _preset(use_case: str) -> Preset | None:
    """The use case that the run says it is of, where there is one of that name."""
    path = specs.PRESETS / use_case / "preset.yaml"
    return specs.read_preset(path) if specs.NAME.match(use_case) and path.is_file() else None


def _verdict(found: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """The verdict, on the first screen with its figure and all that got worse; what else there is to say below it."""
    word = found["verdict"]["word"]
    first, beside, below = pictures.first_screen(found, lang)
    said = {"word": text(f"verdict.{word}.word", lang), "sign": text(f"verdict.{word}.sign", lang)}
    said |= {"tone": pictures.tone(found, lang), "first": first["text"]}
    return {"key": word, **said, "rest": beside, "below": below}


def as_json(said: dict[str, Any]) -> str:
    """The content as one JSON document."""
    return json.dumps({"report": VERSION, **said}, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

"""The report of a finished run: one file that a manager understands on its first screen and an engineer can check on
its last, as a web page that loads nothing, as Markdown or as JSON. No torch."""

from pathlib import Path
from typing import Literal

from engine import atomic
from engine.rundir import Run
from engine.schema import UserError
from engine.text import LANGUAGES

Format = Literal["html", "md", "json"]
FORMATS = ("html", "md", "json")


def write(
    run: Run,
    path: str | Path,
    *,
    lang: str = "en",
    price: float | None = None,
    currency: str = "",
    format: str = "",
) -> Path:
    """Write the report and return where it lies. `price` is what an hour of the machine costs, in `currency`; without
    one the report tells hours alone. `format` is html, md or json, else what the path ends in, else html.

    Raises UserError where the run has no result yet, where a value cannot be, or where the file cannot be written;
    then nothing is.
    """
    path = Path(path).expanduser()
    drawn = report(run, lang=lang, price=price, currency=currency, format=format or named(path))
    try:
        atomic.write_text(path, drawn)
    except OSError as error:
        raise UserError(
            f"The report cannot be written to {path}: {error.strerror or error}. Name another file."
        ) from None
    return path


def report(run: Run, *, lang: str = "en", price: float | None = None, currency: str = "", format: str = "html") -> str:
    """The report as text. Raises UserError as `write` does."""
    from engine.report import content, cost, html, markdown  # a list of verbs does without them

    if lang not in LANGUAGES:
        raise UserError(f"There is no report in '{lang[:20]}'. The languages are: {', '.join(LANGUAGES)}.")
    if format not in FORMATS:
        raise UserError(f"'{format[:20]}' is no format of the report. The formats are: {', '.join(FORMATS)}.")
    said = content.content(run, lang, price=cost.price(price, currency))
    return {"html": html.draw, "md": markdown.draw, "json": content.as_json}[format](said)


def language_of(run: Run) -> str:
    """The language of a run's test questions: ja where most have Japanese letters, else en."""
    from engine.metrics._words import KANA

    questions = [example.question or example.completion for example in run.examples("test")]
    return "ja" if 2 * sum(bool(KANA.search(question)) for question in questions) > len(questions) else "en"


def named(path: Path) -> str:
    """The format that a file's name asks for; html where it asks for none.

    >>> named(Path("out.MD")), named(Path("report"))
    ('md', 'html')
    """
    ending = path.suffix.lower().removeprefix(".")
    return {"markdown": "md", "htm": "html"}.get(ending, ending if ending in FORMATS else "html")

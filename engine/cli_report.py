"""The verb that writes a finished run's report."""

from pathlib import Path
from typing import Annotated

import typer

from engine import report as reports
from engine import terminal
from engine.cli import AsJson, RunId, opened, print_json
from engine.terminal import say


def report(
    run_id: RunId,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="Where it goes: FILE.html, FILE.md or FILE.json.")
    ],
    lang: Annotated[str, typer.Option("--lang", help="en or ja; else the terminal's language.")] = "",
    format: Annotated[str, typer.Option("--format", help="html, md or json; else what FILE ends in.")] = "",
    price: Annotated[
        float | None, typer.Option("--price", metavar="AMOUNT", help="What an hour of the machine costs, such as 1.20.")
    ] = None,
    currency: Annotated[
        str, typer.Option("--currency", metavar="NAME", help="The price's currency, such as USD.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Write a finished run's report: one file that loads nothing, to read, to print and to check."""
    found, lang = opened(run_id), lang or terminal.language()
    path = reports.write(found, out, lang=lang, price=price, currency=currency, format=format)
    if as_json:
        print_json({"run": found.id, "report": str(path), "language": lang, "bytes": path.stat().st_size})
    else:
        say(terminal.words("cli.report.written", path=path))


VERBS = (report,)

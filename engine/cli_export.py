"""The verb `export`: a run's adapter, whole model, script, notebook, code or model card in a folder."""

from pathlib import Path
from typing import Annotated

import typer

from engine import numbers, terminal
from engine.cli import EXIT_FAILED, AsJson, RunId, failing_with, opened, print_json
from engine.terminal import say


def export(
    run_id: RunId,
    kind: Annotated[
        str,
        typer.Option("--kind", metavar="KIND", help="adapter, merged, ollama, script, notebook, snippets or card."),
    ],
    folder: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="A folder that is new or empty.")],
    questions: Annotated[
        int, typer.Option("--questions", min=0, help="How many test questions an exported model is asked; 0: all.")
    ] = 32,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a folder that an earlier export made; never any other.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a run away. An exported model is loaded afresh and asked the test again; exit code 3 where it differs."""
    from engine.export import make, words

    found, lang = opened(run_id), terminal.language()
    result = {}
    with failing_with("export.cli.failed"):
        told = ""
        for progress in make.export(found, kind, folder, lang=lang, questions=questions, replace=replace):
            doing = terminal.words(f"export.stage.{progress.stage}")
            if progress.stage == "verify" and progress.of > 1:
                terminal.show_count(doing, progress.step, progress.of)
            elif doing != told and progress.stage != "done":
                say(f"{doing} ...")
            told, result = doing, dict(progress.details) or result
    if as_json:
        print_json(result | {"path": str(folder.expanduser().absolute())})
    else:
        title = terminal.words(f"export.kind.{kind}.title")
        made = {"title": title, "run": found.id, "path": folder, "size": numbers.size(result["bytes"])}
        print(terminal.words("export.cli.made", **made))
        print("\n".join(words.verified(result, lang)))
    if result["passed"] is False:
        if as_json:
            say(words.verified(result, lang)[0])
        raise typer.Exit(EXIT_FAILED)

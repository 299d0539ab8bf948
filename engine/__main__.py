"""The command line: `python -m engine VERB`. With --json, stdout holds one JSON document; progress goes to stderr.

Exit codes: 0 done, 2 the user's input is wrong, 3 the run failed, 130 stopped by the user.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from engine import (
    chat,
    cli_beside,
    cli_export,
    cli_history,
    cli_report,
    embedded,
    history,
    launch,
    listing,
    rundir,
    specs,
    terminal,
)
from engine.cli import EXIT_FAILED, EXIT_STOPPED, AsJson, RunId, app, opened, print_json, verb
from engine.rundir import Run
from engine.schema import Example, UserError
from engine.terminal import say


@verb
def run(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A use case's name, or a YAML or JSON run spec.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a field (dotted; repeatable).")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start in the background and print the run's id.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train, and compare before with after. Ctrl-C stops at the next step and keeps a checkpoint."""
    started = launch.start(specs.resolve_spec(spec, overrides=changes or []))
    _see_through(started, detach=detach, as_json=as_json)


@verb
def resume(
    run_id: RunId,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background and print the run's id.")] = False,
    as_json: AsJson = False,
) -> None:
    """Continue a run after a stop, a crash or a reboot."""
    _see_through(launch.resume(opened(run_id)), detach=detach, as_json=as_json)


@verb
def stop(run_id: RunId, as_json: AsJson = False) -> None:
    """Stop a run at its next step; a checkpoint is kept and `resume` continues from it."""
    found = opened(run_id)
    alive = rundir.state(found) in launch.ALIVE
    launch.stop(found)
    if as_json:
        print_json(listing.summary(history.entry(found)) | {"stop_requested": alive})
    else:
        print(terminal.words("cli.stop.asked" if alive else "cli.stop.ended", run=found.id))


@verb
def show(run_id: RunId, as_json: AsJson = False) -> None:
    """One run: what it is, and its before/after table, efficiency and verdict once it is done."""
    found = opened(run_id)
    if as_json:
        print_json(listing.details(found))
    else:
        terminal.show_run(listing.details(found))


@verb
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table, a document, a folder or a zip.")],
    format: Annotated[str, typer.Option("--format", help="The rows' shape, where it is not recognised.")] = "",
    columns: Annotated[
        str,
        typer.Option(
            "--columns", metavar="FIELD=COLUMN,...", help='For example prompt=question,completion="{title}\\n{body}".'
        ),
    ] = "",
    sheet: Annotated[str, typer.Option("--sheet", help="The sheet to read of a workbook; else the first.")] = "",
    model: Annotated[str, typer.Option("--model", help="The model whose tokens are counted.")] = "",
    as_json: AsJson = False,
) -> None:
    """What a data file holds: its shape, and what becomes of each row. Nothing is trained or written."""
    from engine.data.inspect import inspect_file

    counter = _token_counter(model)
    account = inspect_file(file, format=format, columns=_mapping(columns), sheet=sheet, count_tokens=counter)
    if as_json:
        print_json(account)
    else:
        terminal.show_account(account)
    if account["problem"]:
        raise UserError(account["problem"])


@verb
def ask(
    run_id: RunId,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What both models are asked.")],
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", help="The longest answer, in tokens.")] = 128,
    as_json: AsJson = False,
) -> None:
    """Ask the base and the tuned model the same question; both answers side by side."""
    found = opened(run_id)
    event = terminal.last_event(chat.ask(found, prompt, max_new_tokens=max_new_tokens))
    if event["state"] != "done":
        say(event.get("message") or terminal.words("cli.ask.ended", state=event["state"]))
        raise typer.Exit(EXIT_STOPPED if event["state"] == "stopped" else EXIT_FAILED)
    if as_json:
        print_json({"run": found.id, "prompt": prompt, "base": event["base"], "tuned": event["tuned"]})
    else:
        terminal.show_answers(event["base"], event["tuned"])


for beside in (*cli_history.VERBS, *cli_report.VERBS, cli_export.export, *cli_beside.VERBS):
    verb(beside)


@verb
def methods(as_json: AsJson = False) -> None:
    """The ways to train."""
    _print_members("methods", listing.methods(), ("name", "title", "summary"), as_json=as_json)


@verb
def presets(as_json: AsJson = False) -> None:
    """The use cases that can be run by name."""
    _print_members("presets", listing.presets(), ("name", "title", "summary"), as_json=as_json)


@verb
def metrics(as_json: AsJson = False) -> None:
    """What is measured, per item, before and after."""
    _print_members("metrics", listing.metrics(), ("name", "title", "better"), as_json=as_json)


@verb
def formats(as_json: AsJson = False) -> None:
    """The row shapes that data may have."""
    _print_members("formats", listing.formats(), ("name", "title", "required"), as_json=as_json)


def _see_through(run: Run, *, detach: bool, as_json: bool) -> None:
    """Follow the run to its end and show its result; with `detach`, print its id and leave it to itself."""
    if detach:
        if as_json:
            print_json({"run": run.id, "state": rundir.state(run), "path": str(run.path)})
        else:
            print(run.id)
        return
    say(terminal.words("cli.started", run=run.id, path=run.path))
    try:
        terminal.show_progress(launch.follow(run))
    except KeyboardInterrupt:
        say(terminal.words("cli.stopping"))
        launch.stop(run)
        terminal.show_progress(launch.follow(run))
    state = rundir.state(run)
    if as_json:
        print_json(listing.details(run))
    elif state == "done":
        terminal.show_run(listing.details(run))
    if state != "done":
        raise typer.Exit(_say_why(run, state))


def _say_why(run: Run, state: str) -> int:
    """Tell why a run ended before it was done. Returns the exit code."""
    if state == "stopped":
        say(terminal.words("cli.stopped", run=run.id))
        return EXIT_STOPPED
    status = run.status()
    error = status.get("error") or {"stage": status.get("stage", ""), "message": terminal.words("cli.lost")}
    stage = terminal.words(f"page.stage.{error['stage']}.title") if error["stage"] else "-"
    say(terminal.words("cli.failed", stage=stage, message=error["message"], log=run.file("log"), run=run.id))
    return error.get("code", EXIT_FAILED)


def _mapping(columns: str) -> dict[str, str]:
    """The columns by field, from "prompt=question,completion=answer"."""
    from engine.data.columns import parse_mapping

    try:
        return parse_mapping(columns)
    except ValueError as error:
        message = f"--columns: '{str(error)[:60]}' is not FIELD=COLUMN. Write prompt=question,completion=answer."
        raise UserError(message) from None


def _token_counter(model: str) -> Callable[[Example], tuple[int, int]] | None:
    """Counts (prompt tokens, answer tokens) as the model will see a row; None where no model is named or at hand."""
    if not model and not embedded.ready():
        say(terminal.words("cli.inspect.no_model"))
        return None
    from engine.models import load_tokenizer
    from engine.training.batches import tokenize

    tokenizer = load_tokenizer(model or embedded.NAME)

    def count(example: Example) -> tuple[int, int]:
        row = tokenize(tokenizer, example, system="")
        return row.start, len(row.tokens) - row.start

    return count


def _print_members(kind: str, rows: list[dict[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        print_json({kind: rows})
        return
    plain = [[", ".join(row[name]) if isinstance(row[name], list) else row[name] for name in columns] for row in rows]
    terminal.print_table(columns, plain)


if __name__ == "__main__":
    app()

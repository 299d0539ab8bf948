"""Verbs for the runs there are: list and search, rename, tag, note, archive, delete, restore, free disk."""

import sys
from typing import Annotated

import typer

from engine import about, history, listing, rundir, storage, terminal, trash
from engine.cli import AsJson, RunId, opened, print_json
from engine.schema import UserError
from engine.terminal import say

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]


def list_(
    search: Annotated[
        str, typer.Option("--search", metavar="WORDS", help="Only runs that hold all these words somewhere.")
    ] = "",
    tag: Annotated[str, typer.Option("--tag", metavar="TAG", help="Only runs with this tag.")] = "",
    state: Annotated[str, typer.Option("--state", help="queued, running, done, stopped, failed or lost.")] = "",
    verdict: Annotated[str, typer.Option("--verdict", help="better, better_but, worse, cannot_tell ...")] = "",
    archived: Annotated[bool, typer.Option("--archived", help="Archived runs too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every run with its state, method and verdict, newest first."""
    every = history.entries()
    found = history.select(every, words=search, archived=archived, tag=tag, state=state, verdict=verdict)
    if as_json:
        print_json({"runs": [listing.summary(one) for one in found]})
    elif found:
        columns = ("run", "state", "use_case", "method", "model", "verdict", "seconds", "title")
        rows = [listing.summary(one) | {"seconds": terminal.duration(one.seconds)} for one in found]
        titled = [row | {"title": " ".join([row["title"], *(f"#{name}" for name in row["tags"])])} for row in rows]
        terminal.print_table(columns, [[row[column] or "" for column in columns] for row in titled], right=[6])
    else:
        say(terminal.words("cli.history.none_fits" if every else "cli.no_runs", n=len(every)))


def edit(
    run_id: RunId,
    title: Annotated[
        str | None, typer.Option("--title", help="What the run is called; empty for its own name.")
    ] = None,
    tags: Annotated[str | None, typer.Option("--tags", metavar="TAG,TAG", help="Its tags; empty for none.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="What is to be remembered of it.")] = None,
    archive: Annotated[bool | None, typer.Option("--archive/--unarchive", help="Put it aside, or back.")] = None,
    as_json: AsJson = False,
) -> None:
    """Rename a run, tag it, note something, put it aside. What is not given stays."""
    found = opened(run_id)
    given = {"title": title, "tags": None if tags is None else tags.split(","), "note": note, "archived": archive}
    about.change(found, **{name: value for name, value in given.items() if value is not None})
    row = listing.summary(history.entry(found))
    if as_json:
        print_json(row)
    else:
        shown = ("run", "title", "tags", "note", "archived")
        terminal.print_table(shown, [[", ".join(row["tags"]) if name == "tags" else row[name] for name in shown]])


def delete(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN...", help="The runs' ids, as `list` shows them.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Move runs into the trash, from where `restore` brings them back for seven days. Never one that is running."""
    found = [opened(run_id) for run_id in run_ids]
    taken = sum(storage.usage(run).total for run in found)
    _ask(yes, terminal.words("cli.history.delete_sure", n=len(found), size=terminal.size(taken), days=trash.DAYS))
    for run in found:
        trash.delete(run)
    if as_json:
        print_json({"deleted": [run.id for run in found], "bytes": taken})
    else:
        ids = " ".join(run.id for run in found)
        print(terminal.words("cli.history.deleted", n=len(found), days=trash.DAYS, runs=ids))


def restore(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A deleted run's id, as `trash` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Bring a deleted run back, with those it starts from."""
    back = [run.id for run in trash.restore(run_id)]
    if as_json:
        print_json({"restored": back})
    else:
        print(terminal.words("cli.history.restored", runs=" ".join(back)))


def trash_(
    empty: Annotated[bool, typer.Option("--empty", help="Remove everything in it for good.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """The deleted runs, and with --empty the end of them."""
    found = {run.id: storage.size(run.path) for run in trash.deleted()}
    if empty and found:
        size = terminal.size(sum(found.values()))
        _ask(yes, terminal.words("cli.history.empty_sure", n=len(found), size=size))
    freed = trash.purge() if empty else 0
    if as_json:
        print_json({"trash": [] if empty else [{"run": run, "bytes": taken} for run, taken in found.items()]})
    elif empty:
        print(terminal.words("cli.history.emptied", size=terminal.size(freed)))
    elif found:
        terminal.print_table(("run", "size"), [[run, terminal.size(taken)] for run, taken in found.items()], right=[1])
    else:
        say(terminal.words("cli.history.trash_empty"))


def clean(
    run_ids: Annotated[
        list[str] | None, typer.Argument(metavar="RUN...", help="Only these runs; else every run that is done.")
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Free the disk of checkpoints that finished runs need no more; what they learnt stays."""
    runs = [opened(run_id) for run_id in run_ids] if run_ids else rundir.all_runs()
    found = {run.id: 0 for run in runs} if run_ids else storage.spare(runs)
    if found and not run_ids:
        _ask(yes, terminal.words("cli.history.clean_sure", n=len(found), size=terminal.size(sum(found.values()))))
    freed = {run_id: storage.free_checkpoints(rundir.open_run(run_id)) for run_id in found}
    if as_json:
        print_json({"freed": freed, "bytes": sum(freed.values())})
    else:
        print(terminal.words("cli.history.cleaned", n=len(freed), size=terminal.size(sum(freed.values()))))


def _ask(yes: bool, question: str) -> None:
    """Go on only where the person agrees. Raises UserError where nobody is there to be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UserError(f"{question} {terminal.words('cli.history.say_yes')}")
    if not typer.confirm(question, err=True):
        raise typer.Exit(0)


VERBS = (list_, edit, delete, restore, trash_, clean)

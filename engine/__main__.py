"""The command line: `python -m engine VERB`. With --json, stdout holds one JSON document; progress goes to stderr.

Exit codes: 0 done, 2 the user's input is wrong, 3 the run failed, 130 stopped by the user.
"""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from engine import chat, embedded, launch, listing, rundir, specs, terminal
from engine.rundir import Run
from engine.schema import Example, Stopped, UserError
from engine.terminal import say

EXIT_WRONG, EXIT_FAILED, EXIT_STOPPED = 2, 3, 130
app = typer.Typer(
    name="python -m engine",
    help="Fine-tune a language model and see, side by side, whether it helped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, as `list` shows it; 'last' is the newest.")]


def verb(function: Callable[..., None]) -> Callable[..., None]:
    """Make the function a verb of the command line whose errors become messages and exit codes."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except UserError as error:
            say(str(error))
            raise typer.Exit(EXIT_WRONG) from None
        except (Stopped, KeyboardInterrupt):
            raise typer.Exit(EXIT_STOPPED) from None

    return app.command(function.__name__.rstrip("_").replace("_", "-"))(guarded)


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
    _see_through(launch.resume(_open(run_id)), detach=detach, as_json=as_json)


@verb
def stop(run_id: RunId, as_json: AsJson = False) -> None:
    """Stop a run at its next step; a checkpoint is kept and `resume` continues from it."""
    found = _open(run_id)
    alive = rundir.state(found) in launch.ALIVE
    launch.stop(found)
    if as_json:
        _print_json(listing.summary(found) | {"stop_requested": alive})
    else:
        print(terminal.words("cli.stop.asked" if alive else "cli.stop.ended", run=found.id))


@verb
def show(run_id: RunId, as_json: AsJson = False) -> None:
    """One run: what it is, and its before/after table, efficiency and verdict once it is done."""
    found = _open(run_id)
    if as_json:
        _print_json(listing.details(found))
    else:
        terminal.show_run(listing.details(found))


@verb
def compare_runs(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="The runs' ids, as `list` shows them.")],
    as_json: AsJson = False,
) -> None:
    """Several finished runs beside each other, one table for each frozen test; which of two is better."""
    from engine import side_by_side

    found = side_by_side.side_by_side([_open(run_id) for run_id in run_ids])
    if as_json:
        _print_json(found)
    else:
        terminal.show_side_by_side(found)


@verb
def list_(as_json: AsJson = False) -> None:
    """Every run with its state, method and verdict, newest first."""
    runs = [listing.summary(found) for found in rundir.all_runs()]
    if as_json:
        _print_json({"runs": runs})
    elif runs:
        columns = ("run", "state", "use_case", "method", "model", "verdict")
        terminal.print_table(columns, [[row[column] or "" for column in columns] for row in runs])
    else:
        say(terminal.words("cli.no_runs"))


@verb
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, TSV, JSON or JSONL file.")],
    format: Annotated[str, typer.Option("--format", help="The rows' shape, where it is not recognised.")] = "",
    columns: Annotated[
        str,
        typer.Option("--columns", metavar="FIELD=COLUMN,...", help="For example prompt=question,completion=answer."),
    ] = "",
    model: Annotated[str, typer.Option("--model", help="The model whose tokens are counted.")] = "",
    as_json: AsJson = False,
) -> None:
    """What a data file holds: its shape, and what becomes of each row. Nothing is trained or written."""
    from engine.data.inspect import inspect_file

    account = inspect_file(file, format=format, columns=_mapping(columns), count_tokens=_token_counter(model))
    if as_json:
        _print_json(account)
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
    found = _open(run_id)
    event = terminal.last_event(chat.ask(found, prompt, max_new_tokens=max_new_tokens))
    if event["state"] != "done":
        say(event.get("message") or terminal.words("cli.ask.ended", state=event["state"]))
        raise typer.Exit(EXIT_STOPPED if event["state"] == "stopped" else EXIT_FAILED)
    if as_json:
        _print_json({"run": found.id, "prompt": prompt, "base": event["base"], "tuned": event["tuned"]})
    else:
        terminal.show_answers(event["base"], event["tuned"])


@verb
def remote(
    run_id: RunId,
    base_url: Annotated[str, typer.Option("--base-url", metavar="URL", help="For example http://127.0.0.1:8000/v1.")],
    base_model: Annotated[str, typer.Option("--base-model", metavar="NAME", help="The model before training.")],
    tuned_model: Annotated[str, typer.Option("--tuned-model", metavar="NAME", help="The model after training.")],
    tuned_url: Annotated[
        str, typer.Option("--tuned-url", metavar="URL", help="Where it is another server than the base model's.")
    ] = "",
    base_key_env: Annotated[
        str, typer.Option("--base-key-env", metavar="VARIABLE", help="The environment variable that holds the key.")
    ] = "",
    tuned_key_env: Annotated[
        str, typer.Option("--tuned-key-env", metavar="VARIABLE", help="The same for the tuned model's server.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Ask a run's frozen test of two models on OpenAI-compatible servers, and compare their answers."""
    from engine import remote_call, remote_run

    found = _open(run_id)
    same = not tuned_url or tuned_url == base_url
    servers = {
        "base": remote_call.server(base_url, base_model, key_env=base_key_env),
        "tuned": remote_call.server(
            tuned_url or base_url, tuned_model, key_env=tuned_key_env or (base_key_env if same else "")
        ),
    }

    told: list[tuple[str, int]] = []

    def progress(arm: str, done: int, of: int) -> None:
        if told[-1:] == [(arm, done)]:
            return
        told.append((arm, done))
        asked = {"model": servers[arm].model, "host": servers[arm].host, "arm": terminal.words(f"page.arm.{arm}")}
        terminal.show_count(terminal.words("cli.remote.asking", **asked), done, of)

    comparison = remote_run.compare_servers(found, **servers, progress=progress)
    if as_json:
        _print_json({"run": found.id, "comparison": comparison})
        return
    shown = {"run": found.id, "title": comparison["title"], "use_case": comparison["use_case"], "method": ""}
    terminal.show_run(shown | {"model": comparison["model"], "comparison": comparison})
    say(terminal.words("cli.remote.written", path=remote_run.place(found, **servers).path))


@verb
def benchmark(
    run_id: RunId,
    tasks: Annotated[
        list[str],
        typer.Option(
            "--tasks",
            metavar="TASK[,TASK...]",
            help="kurabe_general (ships with this program, needs no hub), a task or group of lm-evaluation-harness, "
            "or a task file or folder of yours as a path. A task file may run Python code: name only those you trust.",
        ),
    ],
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N items of each task.")] = None,
    few_shot: Annotated[
        int | None, typer.Option("--few-shot", min=0, max=100, help="Examples before each item; else as the task says.")
    ] = None,
    chat: Annotated[bool, typer.Option("--chat", help="Ask through the model's chat template.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a run's base and tuned model standard benchmarks (lm-evaluation-harness). Replaces the run's former ones."""
    from engine import harness, worker

    found = _open(run_id)
    named = [name.strip() for given in tasks for name in given.split(",") if name.strip()]

    def progress(arm: str, done: int, of: int) -> None:
        if of:
            asking = terminal.words("cli.benchmark.asking", arm=terminal.words(f"page.arm.{arm}"))
            terminal.show_count(asking, done, of)

    say(terminal.words("cli.benchmark.loading"))
    try:
        result = harness.benchmark(found, named, limit=limit, few_shot=few_shot, chat=chat, progress=progress)
    except (UserError, Stopped):
        raise
    except Exception as error:  # noqa: BLE001 - whatever the harness raises, the person must see it in words
        say(terminal.words("cli.benchmark.failed", message=worker.explain(error)))
        raise typer.Exit(EXIT_FAILED) from error
    if as_json:
        _print_json({"run": found.id, "benchmarks": result})
        return
    terminal.show_benchmarks(result)
    say(terminal.words("cli.remote.written", path=found.file("harness")))


@verb
def judge(
    run_id: RunId,
    model: Annotated[
        str,
        typer.Option("--model", metavar="NAME", help="The judge: a folder or Hub id here, or its name on the server."),
    ],
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="The server, for example http://127.0.0.1:8000/v1.")
    ] = "",
    key_env: Annotated[
        str, typer.Option("--key-env", metavar="VARIABLE", help="The environment variable that holds the key.")
    ] = "",
    suite: Annotated[str, typer.Option("--suite", metavar="NAME", help="The test; else the deciding one.")] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="Only so many items, spread over the test.")] = 0,
    reply_tokens: Annotated[
        int, typer.Option("--reply-tokens", help="The longest reply; more for a model that thinks first.")
    ] = 32,
    same_family: Annotated[
        bool, typer.Option("--same-family", help="Allow a judge of the base model's own family; the result says so.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask another language model which answers are better, both orders. Shown beside the verdict, never part of it."""
    from engine import remote_call
    from engine.llm_judge import result, who, words

    found = _open(run_id)
    options = {"same_family": same_family, "reply_tokens": reply_tokens}
    if not url and key_env:
        raise UserError("--key-env is for a server: give its address with --url too.")
    asked = (
        who.on_server(found, remote_call.server(url, model, key_env=key_env), **options)
        if url
        else who.on_this_machine(found, model, **options)
    )
    told: list[int] = []

    def progress(done: int, of: int) -> None:
        if told[-1:] != [done]:
            told.append(done)
            asking = terminal.words("cli.judge.asking", who=words.who({"judge": asked.to_dict()}, terminal.language()))
            terminal.show_count(asking, done, of)

    try:
        said = result.judge_run(found, asked, suite=suite, limit=limit, progress=progress)
    except (UserError, Stopped):
        raise
    except Exception as error:  # noqa: BLE001 - whatever ends a model, the person must see it in words
        say(terminal.words("cli.judge.failed", message=str(error) or type(error).__name__))
        raise typer.Exit(EXIT_FAILED) from error
    if as_json:
        _print_json({"run": found.id, "judge": said})
        return
    terminal.show_judge(said)
    say(terminal.words("cli.judge.written", path=found.judgements(said["rows"])))


@verb
def votes(
    run_id: RunId,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="CSV", help="The run's items as the page gives them, with a column vote added."),
    ] = None,
    voter: Annotated[str, typer.Option("--voter", metavar="NAME", help="Who voted, where no column says so.")] = "me",
    as_json: AsJson = False,
) -> None:
    """Take in people's own votes on a run's answers (base, tuned, tie, both_bad), by which a judge is judged."""
    from engine import votes as cast
    from engine.llm_judge import result

    found = _open(run_id)
    if file is not None:
        given, empty = cast.read_csv(found, file, voter=voter)
        new = cast.add(found, given)
        say(terminal.words("cli.votes.added", new=new, same=len(given) - new, empty=empty))
    standing, said = cast.read(found), result.read(found)
    if as_json:
        _print_json({"run": found.id, "votes": [vote.to_dict() for vote in standing], "judge": said})
        return
    terminal.show_votes([vote.to_dict() for vote in standing])
    if said is None:
        say(terminal.words("cli.votes.no_judge", run=found.id))
    else:
        terminal.show_judge(said)


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
            _print_json({"run": run.id, "state": rundir.state(run), "path": str(run.path)})
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
        _print_json(listing.details(run))
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


def _open(run_id: str) -> Run:
    runs = rundir.all_runs() if run_id == "last" else []
    return runs[0] if runs else rundir.open_run(run_id)


def _mapping(columns: str) -> dict[str, str]:
    """The columns by field, from "prompt=question,completion=answer"."""
    pairs = [pair.partition("=") for pair in columns.split(",") if pair.strip()]
    if wrong := [pair[0] for pair in pairs if not (pair[0].strip() and pair[2].strip())]:
        raise UserError(f"--columns: '{wrong[0][:60]}' is not FIELD=COLUMN. Write prompt=question,completion=answer.")
    return {field.strip(): column.strip() for field, _, column in pairs}


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
        _print_json({kind: rows})
        return
    plain = [[", ".join(row[name]) if isinstance(row[name], list) else row[name] for name in columns] for row in rows]
    terminal.print_table(columns, plain)


def _print_json(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))


if __name__ == "__main__":
    app()

"""Verbs that look at finished runs from beside: several of them, two servers, benchmarks, a judge, people's votes."""

from pathlib import Path
from typing import Annotated

import typer

from engine import terminal
from engine.cli import AsJson, RunId, failing_with, opened, print_json
from engine.schema import UserError
from engine.terminal import say


def compare_runs(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="The runs' ids, as `list` shows them.")],
    as_json: AsJson = False,
) -> None:
    """Several finished runs beside each other, one table for each frozen test; which of two is better."""
    from engine import side_by_side

    found = side_by_side.side_by_side([opened(run_id) for run_id in run_ids])
    if as_json:
        print_json(found)
    else:
        terminal.show_side_by_side(found)


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

    found = opened(run_id)
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
        print_json({"run": found.id, "comparison": comparison})
        return
    shown = {"run": found.id, "title": comparison["title"], "use_case": comparison["use_case"], "method": ""}
    terminal.show_run(shown | {"model": comparison["model"], "comparison": comparison})
    say(terminal.words("cli.remote.written", path=remote_run.place(found, **servers).path))


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

    found = opened(run_id)
    named = [name.strip() for given in tasks for name in given.split(",") if name.strip()]

    def progress(arm: str, done: int, of: int) -> None:
        if of:
            asking = terminal.words("cli.benchmark.asking", arm=terminal.words(f"page.arm.{arm}"))
            terminal.show_count(asking, done, of)

    say(terminal.words("cli.benchmark.loading"))
    with failing_with("cli.benchmark.failed", worker.explain):
        result = harness.benchmark(found, named, limit=limit, few_shot=few_shot, chat=chat, progress=progress)
    if as_json:
        print_json({"run": found.id, "benchmarks": result})
        return
    terminal.show_benchmarks(result)
    say(terminal.words("cli.remote.written", path=found.file("harness")))


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

    found = opened(run_id)
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

    with failing_with("cli.judge.failed"):
        said = result.judge_run(found, asked, suite=suite, limit=limit, progress=progress)
    if as_json:
        print_json({"run": found.id, "judge": said})
        return
    terminal.show_judge(said)
    say(terminal.words("cli.judge.written", path=found.judgements(said["rows"])))


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

    found = opened(run_id)
    if file is not None:
        given, empty = cast.read_csv(found, file, voter=voter)
        new = cast.add(found, given)
        say(terminal.words("cli.votes.added", new=new, same=len(given) - new, empty=empty))
    standing, said = cast.read(found), result.read(found)
    if as_json:
        print_json({"run": found.id, "votes": [vote.to_dict() for vote in standing], "judge": said})
        return
    terminal.show_votes([vote.to_dict() for vote in standing])
    if said is None:
        say(terminal.words("cli.votes.no_judge", run=found.id))
    else:
        terminal.show_judge(said)


VERBS = (compare_runs, remote, benchmark, judge, votes)

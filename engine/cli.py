"""What the verbs of the command line share: the program they belong to, its exit codes, how they end and print."""

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from engine import rundir, terminal
from engine.rundir import Run
from engine.schema import Stopped, UserError
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


def _plainly(error: Exception) -> str:
    return str(error) or type(error).__name__


@contextmanager
def failing_with(key: str, explain: Callable[[Exception], str] = _plainly) -> Iterator[None]:
    """Whatever goes wrong inside, beside the user's mistakes and a stop, is told in the words of `key`: exit code 3."""
    try:
        yield
    except (UserError, Stopped):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the person must see it in words
        say(terminal.words(key, message=explain(error)))
        raise typer.Exit(EXIT_FAILED) from error


def opened(run_id: str) -> Run:
    """The run of that id; of "last" the newest. Raises UserError where there is none."""
    runs = rundir.all_runs() if run_id == "last" else []
    return runs[0] if runs else rundir.open_run(run_id)


def print_json(document: Any) -> None:
    """The one document that --json promises on stdout."""
    print(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))

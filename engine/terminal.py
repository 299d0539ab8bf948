"""What the command line shows: messages and progress on stderr, tables and answers on stdout."""

import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine import figures, harness_table, side_by_side_words, verdict
from engine.rundir import STAGES
from engine.text import doing, text

ALIVE = ("queued", "running")
WIDTH = 200  # of tables that do not go to a terminal
REPEAT_SECONDS = 10  # where stderr is no terminal, a stage still at work says so this often
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def language() -> str:
    """The reader's language, from the locale: "ja" or "en"."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ja" if locale.lower().startswith("ja") else "en"


def words(key: str, **values: Any) -> str:
    """The text of that key in the reader's language."""
    return text(key, language(), **values)


def printable(value: Any) -> str:
    r"""The text without what would steer a terminal: data and models may hold escape sequences.

    >>> printable("a\x1b[31mb\tc")
    'a[31mb\tc'
    """
    return CONTROL.sub("", str(value).replace("\r\n", "\n"))


def say(line: str) -> None:
    """A line for the person, on stderr."""
    print(printable(line), file=sys.stderr, flush=True)


def print_table(header: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = ()) -> None:
    """A table on stdout; the columns numbered in `right` are set to the right. Not cut to a width when piped."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for number, name in enumerate(header):
        table.add_column(Text(name), justify="right" if number in right else "left")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False).print(table)


def show_progress(statuses: Iterable[Mapping[str, Any]]) -> None:
    """Follow a run on stderr: one line that renews itself on a terminal, else one per stage and every ten seconds."""
    live = sys.stderr.isatty()
    shown, said = "", 0.0
    for status in statuses:
        line = progress_line(status)
        if live:
            print(f"\r\x1b[2K{line}", end="", file=sys.stderr, flush=True)
        elif status.get("state") in ALIVE:
            heading = f"{status.get('state')} {status.get('stage')}"
            if heading != shown or time.monotonic() - said > REPEAT_SECONDS:
                say(line)
                shown, said = heading, time.monotonic()
    if live:
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)


def progress_line(status: Mapping[str, Any]) -> str:
    """Where a run is: stage, step of steps, loss, speed, time left: what there is of it."""
    if status.get("state") == "queued":
        return words("cli.queued", place=status.get("queue", 1))
    if not status.get("stage"):
        return words(f"page.state.{status.get('state', 'queued')}")
    parts = [doing(status, language())]
    if status.get("of"):
        parts.append(f"{status['step']}/{status['of']}")
    if status["stage"] == "train":
        parts += [words("cli.loss", loss=f"{status['loss']:.3f}")] if status.get("loss") is not None else []
        rate = status.get("tokens_per_second")
        parts += [words("cli.speed", speed=f"{rate:.0f}")] if rate else []
    if status.get("eta_seconds") is not None:
        parts.append(words("page.time_left", time=duration(status["eta_seconds"])))
    return "  ".join(parts)


def show_count(what: str, done: int, of: int) -> None:
    """How many are done, on stderr: one line that renews itself on a terminal, else one at the start and at the end."""
    line = f"{what}  {done}/{of}"
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{printable(line)}", end="\n" if done == of else "", file=sys.stderr, flush=True)
    elif done in (0, of):
        say(line)


def duration(seconds: float) -> str:
    """Seconds as a person says them: 8 s, 2 min 05 s, 1 h 12 min."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return words("page.unit.seconds", s=rest)
    if minutes < 60:
        return words("page.unit.minutes", m=minutes, s=f"{rest:02d}")
    return words("page.unit.hours", h=minutes // 60, m=f"{minutes % 60:02d}")


def last_event(events: Iterator[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The last of the events, what goes on told on stderr meanwhile."""
    event: Mapping[str, Any] = {}
    before = ""
    for event in events:
        if event["state"] != before and event["state"] in ("loading", "waiting", "answering"):
            say(words(f"cli.ask.{event['state']}"))
        before = event["state"]
    return event


def show_answers(base: Mapping[str, Any], tuned: Mapping[str, Any]) -> None:
    """Both answers beside each other, with the tokens and seconds of each."""
    from rich.columns import Columns
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    width = (console.width - 2) // 2
    panels = [
        Panel(
            Text(printable(answer["text"])),
            title=Text(words(f"page.arm.{arm}")),
            subtitle=Text(words("cli.ask.took", tokens=answer["tokens"], seconds=f"{answer['seconds']:.1f}")),
            width=width,
        )
        for arm, answer in (("base", base), ("tuned", tuned))
    ]
    console.print(Columns(panels))


def show_account(account: Mapping[str, Any]) -> None:
    """What `inspect` found: the shape, the columns, the rows and every reason with its row number."""
    columns = ", ".join(f"{field} = {column}" for field, column in account["columns"].items())
    print(
        printable(
            words("cli.inspect.file", file=account["file"], kind=account["kind"].upper(), encoding=account["encoding"])
        )
    )
    shape = words("cli.inspect.shape", format=account["format"], columns=columns, sure=f"{account['confidence']:.0%}")
    print(
        printable(
            shape if account["format"] else words("cli.inspect.no_shape", columns=", ".join(account["file_columns"]))
        )
    )
    print(words("cli.inspect.rows", **{name: account[name] for name in ("rows", "accepted", "fixed", "dropped")}))
    print(words("cli.inspect.repeats", duplicates=account["duplicates"], contradictions=account["contradictions"]))
    if account["tokens"]:
        print(words("cli.inspect.tokens", **{name: account["tokens"][name] for name in ("median", "p95", "longest")}))
    elif account["lengths"]["answer"]:
        sizes = account["lengths"]["answer"]["words"]
        print(words("cli.inspect.words", median=sizes["median"], p95=sizes["p95"], longest=sizes["max"]))
    if account["issues"]:
        rows = [
            (
                issue["source_row"] or "",
                words(f"page.rows.status.{issue['happened']}"),
                issue["message"],
            )
            for issue in account["issues"]
        ]
        print_table([words("page.data.row"), words("page.data.what"), words("page.rows.reason")], rows, right=[0])


def show_run(run: Mapping[str, Any]) -> None:
    """One run (as `listing.details` gives it): state and, once it is done, sentences, table and cost."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    title = " · ".join(part for part in (run["title"] or run["use_case"], run["method"], run["model"]) if part)
    console.print(Text(printable(f"{run['run']}  {title}"), style="bold"))
    found = run["comparison"]
    if found is None:
        state = words(f"page.state.{run['state']}")
        console.print(Text(printable(f"{state}: {progress_line(run['status'])}" if run["state"] in ALIVE else state)))
        if run["status"].get("error"):
            console.print(Text(printable(run["status"]["error"]["message"]), style="red"))
        return
    console.print(Text(verdict.headline(found, language()), style="bold"))
    for sentence in verdict.sentences(found, language()):
        console.print(
            Text(printable(sentence["text"]), style={"good": "green", "bad": "red"}.get(sentence["tone"], ""))
        )
    columns = verdict.columns(language())
    rows = verdict.table(found, language())
    signed = [row | {"verdict": f"{row['sign']} {row['verdict']}"} for row in rows]
    print_table(list(columns.values()), [[row[key] for key in columns] for row in signed], right=range(2, 8))
    header, stages = verdict.stages(found, language())
    if stages:
        print_table(header, stages, right=range(2, len(header) - 1))
    header, others = verdict.arms(found, language())
    if others:
        print_table(header, others, right=range(2, len(header)))
    header, kept = verdict.rules(found, language())
    if kept:
        print_table(header, kept, right=range(1, len(header)))
    if spent := cost(found):
        print_table([words("cli.cost.what"), words("cli.cost.value")], spent)
    for missing in verdict.not_measured(found, language()):
        console.print(Text(printable(missing)))
    if run.get("judge"):
        show_judge(run["judge"])
    if run.get("benchmarks"):
        show_benchmarks(run["benchmarks"])


def show_benchmarks(found: Mapping[str, Any]) -> None:
    """The standard benchmarks of a run (eval/harness.json): the table, then how they were asked."""
    columns = verdict.columns(language()) | {"suite": words("benchmark.task")}
    rows = [row | {"verdict": f"{row['sign']} {row['verdict']}"} for row in harness_table.rows(found, language())]
    print_table(list(columns.values()), [[row[key] for key in columns] for row in rows], right=range(2, 8))
    for note in harness_table.notes(found, language()):
        print(printable(note))


def show_judge(found: Mapping[str, Any]) -> None:
    """What a language model said as judge of a run (llm_judge.result.read), whether it may count first."""
    from rich.console import Console
    from rich.text import Text

    from engine.llm_judge import words as judge_words

    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    title = f"{words('judge.title')}: {judge_words.who(found, language())}"
    console.print(Text(printable(title), style="bold"))
    for sentence in judge_words.sentences(found, language()):
        console.print(
            Text(printable(sentence["text"]), style={"good": "green", "bad": "red"}.get(sentence["tone"], ""))
        )


def show_votes(votes: Sequence[Mapping[str, Any]]) -> None:
    """How many votes there are, and for whom."""
    counts = {name: sum(vote["vote"] == name for vote in votes) for name in ("tuned", "base", "tie", "both_bad")}
    voters = len({vote["voter"] for vote in votes})
    print(words("cli.votes.counts", n=len(votes), voters=voters, **counts))


def show_side_by_side(found: Mapping[str, Any]) -> None:
    """Several runs beside each other (side_by_side.side_by_side): a table for each test, what differs first."""
    lang = language()
    if len(found["tests"]) > 1:
        say(words("side_by_side.apart", n=len(found["tests"])))
    for test in found["tests"]:
        print(side_by_side_words.heading(test, lang))
        if len(test["runs"]) < 2:
            print(words("side_by_side.one_run"))
        elif not test["settings"]:
            print(words("side_by_side.settings_same"))
        else:
            print_table(*side_by_side_words.settings(test, lang))
        header, rows = side_by_side_words.results(test, lang)
        plain = [[*row[:2], *(" ".join(filter(None, cell)) for cell in row[2:])] for row in rows]
        print_table(header, plain, right=range(2, len(header)))
        if test["pairs"]:
            print_table(*side_by_side_words.pairs(test, lang), right=range(2, 7))


def cost(comparison: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the run took, as (what, value with its unit); what was not recorded is left out."""
    spent, stages = comparison["efficiency"], comparison["stages"]
    shown = []
    if "trainable_parameters" in spent:
        share = figures.plain(spent["trainable_percent"])
        trainable = f"{spent['trainable_parameters']:,} / {spent['total_parameters']:,} ({share} %)"
        shown.append((words("cli.cost.parameters"), trainable))
    if "train_seconds" in spent:
        shown.append((words("cli.cost.train"), duration(spent["train_seconds"])))
    if "tokens_per_second" in spent:
        shown.append((words("cli.cost.speed"), words("cli.speed", speed=f"{spent['tokens_per_second']:,.0f}")))
    for key in ("peak_bytes", "base_bytes", "adapter_bytes"):
        if key in spent:
            shown.append((words(f"cli.cost.{key}"), size(spent[key])))
    timed = [f"{words(f'page.stage.{name}.title')} {duration(stages[name])}" for name in STAGES if name in stages]
    if timed:
        shown.append((words("cli.cost.stages"), " · ".join(timed)))
    return shown


def size(count: float) -> str:
    """Bytes in decimal units.

    >>> size(2_610_000_000), size(19_600_000), size(135_000)
    ('2.61 GB', '19.6 MB', '135 kB')
    """
    unit, step = next(((unit, step) for unit, step in (("GB", 1e9), ("MB", 1e6)) if count >= step), ("kB", 1e3))
    return f"{figures.plain(count / step)} {unit}"

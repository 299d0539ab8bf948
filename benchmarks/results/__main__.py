"""Every use case's result, measured here and kept: `python -m benchmarks.results [NAME ...]`.

Each use case is run as the command line runs it, and what came out, whatever it is, is kept: presets/NAME/result.json.
Then docs/results.md is drawn from all of them. A result that stands for the same settings and data is not measured
again. With --real DATA_DIR the names are those of benchmarks/real, kept in benchmarks/real/results/. Exit codes: 0 all
is kept, 2 the input is wrong, 3 a run failed (the others went on), 130 stopped.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.real.__main__ import NAMES, write_spec
from benchmarks.results import document, record
from engine import atomic, launch, results, rundir, specs, terminal
from engine.rundir import Run
from engine.schema import RunSpec, UserError


@dataclass(frozen=True)
class Case:
    """What is measured: its name, where its result is kept, and how its spec comes about."""

    name: str
    file: Path
    spec: Callable[[], RunSpec]


def cases(names: Sequence[str], *, real: Path | None, changes: Sequence[str]) -> list[Case]:
    """The named cases, all where none is named. Raises UserError for a name there is none of.

    With `changes` to its spec a run answers another question than the use case does: its result is kept beside the
    runs, in KURABE_HOME/results, and not in the project.
    """
    known = list(NAMES) if real else sorted(specs.all_presets(specs.PRESETS))
    if unknown := set(names) - set(known):
        raise UserError(f"There is no {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    folder = rundir.home() / "results"
    return [
        Case(
            name,
            folder / f"{name}.json" if changes else document.real_file(name) if real else results.file(name),
            lambda name=name: specs.resolve_spec(
                write_spec(name, real, tiny=False) if real else name, overrides=changes
            ),
        )
        for name in names or known
    ]


def measure(case: Case, *, redo: bool) -> None:
    """Run the case to its end and keep its result, unless one stands for the same settings and data.

    Raises UserError with the reason where it did not come to its end. Ctrl-C stops the run, as on the command line.
    """
    spec = launch.check(case.spec())
    before = atomic.read_json(case.file)
    if before and before["key"] == results.key(spec) and not redo:
        print(f"{case.name}: stands already ({before['headline']['en']}, {before['date']})", flush=True)
        return
    run = launch.start(spec) if redo else _begun(spec) or launch.start(spec)
    print(f"{case.name}: run {run.id}", file=sys.stderr, flush=True)
    try:
        terminal.show_progress(launch.follow(run))
    except KeyboardInterrupt:
        launch.stop(run)
        terminal.show_progress(launch.follow(run))
        raise
    if rundir.state(run) != "done":
        error = run.status().get("error") or {"message": f"it was {rundir.state(run)}"}
        raise UserError(f"{error['message']} Its log: {run.file('log')}")
    keep(case, run)


def _begun(spec: RunSpec) -> Run | None:
    """The newest run of this very spec that was stopped on its way, going on: its seconds add up, so that what was
    interrupted still tells its whole time."""
    for run in rundir.all_runs():
        if rundir.state(run) in ("stopped", "lost") and launch.same(run, spec):
            return launch.resume(run)
    return None


def adopt(case: Case, run: Run) -> None:
    """Keep the result of a run that somebody else started. Raises UserError where it is not of this case."""
    if results.key(run.spec()) != results.key(launch.check(case.spec())):
        raise UserError(f"Run {run.id} has other settings or data than {case.name} has now: its result is not kept.")
    keep(case, run)


def keep(case: Case, run: Run) -> None:
    """Write the finished run's result where the case keeps it."""
    found = record.of_run(run)
    record.write(case.file, found)
    minutes = found["seconds"]["total"] / 60
    print(f"{case.name}: {found['headline']['en']}, {minutes:.1f} min; kept in {case.file}", flush=True)


def attempted(chosen: Sequence[Case], *, redo: bool) -> list[str]:
    """Measure one after the other; returns the names of those that failed, each with its reason told."""
    failed = []
    for case in chosen:
        try:
            measure(case, redo=redo)
        except (UserError, OSError, ValueError) as error:
            print(f"{case.name}: FAILED. {error}", file=sys.stderr, flush=True)
            failed.append(case.name)
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="which use cases (all)")
    parser.add_argument("--real", type=Path, metavar="DATA_DIR", help=f"measure {', '.join(NAMES)} on the data there")
    parser.add_argument("--from", dest="run", metavar="RUN", help="keep this finished run's result as that of NAME")
    parser.add_argument("--redo", action="store_true", help="measure again what stands already")
    parser.add_argument("--render", action="store_true", help="only draw docs/results.md from what is kept")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args(arguments)
    if given.run and len(given.names) != 1:
        parser.error("--from RUN takes the one NAME whose result it is")
    failed, code = [], 0
    try:
        chosen = cases(given.names, real=given.real, changes=given.changes)
        if given.run:
            adopt(chosen[0], rundir.open_run(given.run))
        elif not given.render:
            failed = attempted(chosen, redo=given.redo)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What was measured is kept; the same command goes on from here.", file=sys.stderr)
        code = 130
    document.write()
    if failed:
        print(f"Failed: {', '.join(failed)}. All others are kept.", file=sys.stderr)
    return code or (3 if failed else 0)


if __name__ == "__main__":
    sys.exit(main())

"""Runs on real data, from the rows to the verdict: `python -m benchmarks.real DATA_DIR [NAME ...] [--tiny]`.

DATA_DIR holds medquad/medquad_short.jsonl, squad2/{dev_half.jsonl,contexts.json}, lawqa_jp/selection.json,
bridge_tutoring/bridge.jsonl, cucom_ecommerce/first_reply.jsonl and jglue/jsquad_valid.jsonl; conventions reads an
installed package. Rows and spec of each run are written to KURABE_HOME/real/NAME, and the run is like any other: the
page shows it too.
"""

import argparse
import json
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from engine import atomic, launch, rundir, specs, terminal, verdict
from engine.rundir import Run
from engine.schema import UserError

NAMES = ("medquad", "squad2", "lawqa_jp", "conventions", "bridge_tutoring", "cucom_ecommerce", "jsquad")


def write_spec(name: str, data: Path, *, tiny: bool) -> Path:
    """The run's rows and spec in a folder of their own; returns the spec's path."""
    module = import_module(f"benchmarks.real.{name}")
    folder = rundir.home() / "real" / (f"{name}_tiny" if tiny else name)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = replace(module.SIZES, train=12, test=6, tiny=True) if tiny else module.SIZES
    path = folder / "spec.json"
    path.write_text(json.dumps(module.spec(data, folder, sizes), ensure_ascii=False, indent=2), encoding="utf-8")
    return path


def report(run: Run) -> None:
    """What the run says, and the seconds of each stage."""
    found = run.comparison()
    if found is None:
        print(f"{run.id}: {rundir.state(run)}. Its log: {run.file('log')}")
        return
    print(verdict.headline(found))
    for sentence in verdict.sentences(found):
        print(sentence["text"])
    for row in verdict.table(found):
        print(" | ".join(row[key] for key in verdict.columns()))
    header, rows = verdict.arms(found)
    for line in [header, *rows]:
        print(" | ".join(line))
    splits = atomic.read_json(run.file("report"))["splits"]
    stages = {stage: round(seconds) for stage, seconds in run.status()["seconds"].items()}
    print(f"rows {splits}; seconds {stages}, {sum(stages.values())} in all; run {run.id}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="the folder that holds the data sets")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(NAMES)} (all)")
    parser.add_argument("--tiny", action="store_true", help="12 rows, one step: does the path hold?")
    parser.add_argument("--write", action="store_true", help="write rows and specs and run nothing")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no such run: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    for name in given.names or NAMES:
        try:
            path = write_spec(name, given.data, tiny=given.tiny)
            print(f"== {name}: {path}", flush=True)
            if not given.write:
                run = launch.start(specs.resolve_spec(path, overrides=given.changes))
                terminal.show_progress(launch.follow(run))
                report(run)
        except (UserError, FileNotFoundError) as error:
            sys.exit(f"{name}: {error}")


if __name__ == "__main__":
    main()

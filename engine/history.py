"""Every run in a line, quickly: what a list shows is read from a run's files once and kept until one of them changes.

The index in KURABE_HOME/cache is no more than that: without it the list is the same, and takes longer the first time.
"""

import json
import os
import threading
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from engine import about, atomic, rundir
from engine.rundir import FILES, Run, State

ENDED = ("done", "stopped", "failed")
WATCHED = ("spec", "status", "comparison", "about")
SORTS = ("date", "title", "method", "verdict", "seconds")
Stamp = list[int]  # when each of WATCHED was changed, in ns; 0 for one that is not there


@dataclass(frozen=True, slots=True)
class Entry:
    """A run as a list shows it. `renamed` is the name people gave it, `title` its spec's; `seconds` what all its stages
    took so far; `verdict` is None until there is one."""

    run: str
    state: State
    title: str
    renamed: str
    use_case: str
    method: str
    model: str
    verdict: str | None
    seconds: float
    tags: tuple[str, ...]
    note: str
    archived: bool

    @property
    def date(self) -> str:
        """When the run was made, local time: 2026-01-31 14:05."""
        at = self.run
        return f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[9:11]}:{at[11:13]}"


_lock = threading.Lock()
_kept: dict[str, dict[str, tuple[Stamp, Entry]]] = {}  # by home: a test, or a program, may look at several


def entries() -> list[Entry]:
    """Every run, newest first; those whose spec cannot be read are left out."""
    with _lock:
        kept = _kept.setdefault(str(rundir.home()), {})
        if not kept:
            kept |= _from_disk()
        found, learnt = [], False
        for run in rundir.all_runs():
            stamp = _stamp(run)
            known = kept.get(run.id)
            if known is None or known[0] != stamp:
                try:
                    known = (stamp, _entry(run))
                except (ValueError, OSError, KeyError, TypeError):  # being deleted, damaged, or from a later version
                    continue
                kept[run.id] = known
                learnt = learnt or known[1].state in ENDED
            entry = known[1]
            # Whether a process lives is in no file, so it is asked anew.
            found.append(entry if entry.state in ENDED else replace(entry, state=rundir.state(run)))
        for gone in set(kept) - {entry.run for entry in found}:
            del kept[gone]
        if learnt:
            _to_disk(kept)
        return found


def entry(run: Run) -> Entry:
    """One run's line, read now. Raises ValueError or OSError where its files cannot be read."""
    return replace(_entry(run), state=rundir.state(run))


def select(
    every: Iterable[Entry],
    *,
    words: str = "",
    archived: bool = False,
    names: Callable[[Entry], Iterable[str]] = lambda entry: (),
    **wanted: str,
) -> list[Entry]:
    """The entries that hold every word of `words` somewhere in what is said of them, whatever the letter case, and
    whose fields are as `wanted`: state, use_case, method, verdict, tag; empty means any. Archived ones only with
    `archived`.

    `names` gives further words by which an entry is known, such as its method's title.
    """
    needles = _folded(words).split()

    def fits(entry: Entry) -> bool:
        if entry.archived and not archived:
            return False
        for name, value in wanted.items():
            if not value:
                continue
            if name == "tag":
                if _folded(value) not in map(_folded, entry.tags):
                    return False
            elif getattr(entry, name) != value:
                return False
        if not needles:
            return True
        said = (
            entry.run,
            entry.date,
            entry.title,
            entry.renamed,
            entry.use_case,
            entry.method,
            entry.model,
            entry.note,
        )
        hay = _folded(" ".join((*said, *entry.tags, *names(entry))))
        return all(needle in hay for needle in needles)

    return [entry for entry in every if fits(entry)]


def tags(every: Iterable[Entry]) -> list[str]:
    """Every tag in use, each once, in order."""
    return sorted({_folded(tag): tag for entry in every for tag in entry.tags}.values(), key=_folded)


def built_on(run: Run, every: Sequence[Entry] | None = None) -> list[str]:
    """The ids of the runs that start from this one's model."""
    return [one.run for one in (entries() if every is None else every) if one.model == f"run:{run.id}"]


def _folded(words: str) -> str:
    """Letter case and width do not matter: ＡＢＣ is found by abc."""
    return unicodedata.normalize("NFKC", words).casefold()


def _entry(run: Run) -> Entry:
    spec = json.loads(run.file("spec").read_text(encoding="utf-8"))
    status, comparison, said = run.status(), run.comparison(), about.read(run)
    return Entry(
        run=run.id,
        state=status.get("state", "queued"),
        **{name: str(spec.get(name) or "") for name in ("title", "use_case", "method", "model")},
        renamed=said.title,
        verdict=comparison["verdict"]["word"] if comparison else None,
        seconds=sum((status.get("seconds") or {}).values()),
        tags=said.tags,
        note=said.note,
        archived=said.archived,
    )


def _stamp(run: Run) -> Stamp:
    folder, found = str(run.path), []
    for name in WATCHED:
        try:
            found.append(os.stat(f"{folder}/{FILES[name]}").st_mtime_ns)
        except OSError:
            found.append(0)
    return found


def _names() -> list[str]:
    return [*WATCHED, *(field.name for field in fields(Entry))]


def _from_disk() -> dict[str, tuple[Stamp, Entry]]:
    """The index as it was left; nothing where there is none or it is another version's."""
    try:
        kept = atomic.read_json(rundir.home() / "cache" / "history.json", default={})
        if kept.get("names") != _names():
            return {}
        return {
            run: (stamp, Entry(**{**values, "tags": tuple(values["tags"])}))
            for run, (stamp, values) in kept["runs"].items()
        }
    except (ValueError, TypeError, AttributeError, KeyError, OSError):
        return {}


def _to_disk(kept: dict[str, tuple[Stamp, Entry]]) -> None:
    ended: dict[str, Any] = {run: [stamp, asdict(one)] for run, (stamp, one) in kept.items() if one.state in ENDED}
    with suppress(OSError):  # a full or read-only disk: the list is the same without its index
        text = json.dumps({"names": _names(), "runs": ended}, ensure_ascii=False)
        atomic.write_text(rundir.home() / "cache" / "history.json", text)

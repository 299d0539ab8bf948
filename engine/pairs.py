"""Pairs of answers that a person kept, with a note: runs/ID/pairs.jsonl. Nothing is ever taken out of the file, so what
was deleted can be brought back. No torch."""

import secrets
import time

from pydantic import Field

from engine import journal, showcase
from engine.atomic import read_lines
from engine.rundir import Run
from engine.schema import Frozen, UserError
from engine.talk import Talk

MAX_NOTE = 2000
MOST = 1000  # of a run


class Pair(Frozen):
    """A conversation as it was kept. `time` is seconds since 1970."""

    id: str
    time: float
    note: str = Field("", max_length=MAX_NOTE)
    talk: Talk


def read(run: Run) -> list[Pair]:
    """The pairs that are kept, newest first."""
    kept: dict[str, Pair] = {}
    deleted: set[str] = set()
    for line in read_lines(run.file("pairs")):
        if "pair" in line:
            pair = Pair.model_validate(line["pair"])
            kept[pair.id] = pair
        deleted |= {line["deleted"]} if "deleted" in line else set()
        deleted -= {line["restored"]} if "restored" in line else set()
    return [pair for pair in reversed(kept.values()) if pair.id not in deleted]


def keep(run: Run, talk: Talk, note: str = "") -> Pair:
    """Keep a conversation with a note. Raises UserError where there is none, or where too many are kept."""
    showcase.refuse()
    if not talk.turns:
        raise UserError("There is no answer to keep yet. Ask something first.")
    if len(note) > MAX_NOTE:
        raise UserError(f"The note has {len(note):,} characters; at most {MAX_NOTE:,} are kept. Shorten it.")
    if len(read(run)) >= MOST:
        raise UserError(f"This run keeps {MOST:,} pairs, the most there can be. Delete some first.")
    pair = Pair(id=secrets.token_hex(6), time=round(time.time(), 3), note=note.strip(), talk=talk)
    journal.append(run.file("pairs"), lambda: [{"pair": pair.model_dump(mode="json")}])
    return pair


def delete(run: Run, pair_id: str) -> None:
    """Take a pair off the list; `restore` brings it back. Raises UserError where there is no such pair."""
    showcase.refuse()
    if all(pair.id != pair_id for pair in read(run)):
        raise UserError("That pair is not kept here (any more).")
    journal.append(run.file("pairs"), lambda: [{"deleted": pair_id}])


def restore(run: Run, pair_id: str) -> None:
    """Bring a deleted pair back. Raises UserError where there never was one."""
    showcase.refuse()
    if not any(line.get("deleted") == pair_id for line in read_lines(run.file("pairs"))):
        raise UserError("That pair was not deleted here.")
    journal.append(run.file("pairs"), lambda: [{"restored": pair_id}])

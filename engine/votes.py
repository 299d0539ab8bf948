"""People's own votes on a run's pairs of answers: runs/ID/votes.jsonl, one vote a line. No torch."""

import csv
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from engine import journal, showcase
from engine.atomic import read_lines
from engine.items_csv import safe
from engine.rundir import Run
from engine.schema import UserError

Choice = Literal["base", "tuned", "tie", "both_bad"]
CHOICES: tuple[str, ...] = get_args(Choice)
SCORES = {"base": -1.0, "tuned": 1.0, "tie": 0.0, "both_bad": 0.0}
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's word on one item. `time` is seconds since 1970."""

    suite: str
    example_id: str
    voter: str
    vote: Choice
    time: float

    @property
    def item(self) -> tuple[str, str]:
        return self.suite, self.example_id

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def read(run: Run) -> list[Vote]:
    """The votes that count, oldest first: of several by one voter on one item the last."""
    latest: dict[tuple[str, str, str], Vote] = {}
    for line in read_lines(run.file("votes")):
        vote = Vote(**{name: line[name] for name in Vote.__slots__})
        latest.pop((*vote.item, vote.voter), None)
        latest[*vote.item, vote.voter] = vote
    return list(latest.values())


def add(run: Run, votes: Sequence[Vote]) -> int:
    """Write the votes that say something new; returns how many. Page and command line may do so at once.

    Raises UserError where a vote is none of CHOICES, an item is not in the run's test, or a voter has no usable name.
    """
    showcase.refuse()
    known = {(item["suite"], item["example_id"]) for item in _items(run)}
    for vote in votes:
        if vote.item not in known:
            raise UserError(f"Run {run.id} has no item {vote.example_id[:40]} in the test '{vote.suite[:40]}'.")
        if vote.vote not in CHOICES:
            raise UserError(f"'{str(vote.vote)[:40]}' is no vote. Give one of: {', '.join(CHOICES)}.")
        check_voter(vote.voter)

    def new() -> list[dict[str, Any]]:
        standing = {(*vote.item, vote.voter): vote.vote for vote in read(run)}
        return [vote.to_dict() for vote in votes if standing.get((*vote.item, vote.voter)) != vote.vote]

    return journal.append(run.file("votes"), new)


def check_voter(name: str) -> None:
    """Raises UserError for a name nobody can have."""
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise UserError("A voter's name has 1 to 80 printable characters.")


def read_csv(run: Run, file: Path, *, voter: str) -> tuple[list[Vote], int]:
    """(votes, rows without one) of a CSV: the run's items as the page gives them, with a column `vote` added.

    A row's item is found by `suite` and `example_id`, or by `suite` and `question`. A column `voter` overrules `voter`.
    Raises UserError naming the row.
    """
    by_id, by_question = _places(run)
    now, votes, empty = time.time(), [], 0
    for number, row in enumerate(_rows(file), start=2):
        word = (row.get("vote") or "").strip().lower().replace(" ", "_")
        if not word:
            empty += 1
            continue
        if word not in CHOICES:
            raise UserError(f"Row {number}: '{word[:40]}' is no vote. Give one of: {', '.join(CHOICES)}.")
        suite, item = (row.get("suite") or "").strip(), (row.get("example_id") or "").strip()
        found = by_id.get((suite, item)) or by_question.get((suite, _folded(row.get("question") or "")), [])
        if len(found) != 1:
            why = "several items of this run ask this" if found else "no item of this run is meant by it"
            raise UserError(f"Row {number}: {why}. Keep the columns suite and question, or give suite and example_id.")
        votes.append(Vote(*found[0], (row.get("voter") or "").strip() or voter, word, now))
    return votes, empty


def _places(run: Run) -> tuple[Mapping[Any, list[Any]], Mapping[Any, list[Any]]]:
    """Items by (suite, example_id) and by (suite, question)."""
    by_id: dict[Any, list[Any]] = {}
    by_question: dict[Any, list[Any]] = {}
    for item in _items(run):
        place = (item["suite"], item["example_id"])
        by_id[place] = [place]
        by_question.setdefault((item["suite"], _folded(safe(item["question"]))), []).append(place)
        if safe(item["question"]) != item["question"]:
            by_question.setdefault((item["suite"], _folded(item["question"])), []).append(place)
    return by_id, by_question


def _folded(text: str) -> str:
    return " ".join(text.split())


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UserError(f"{file.name} is larger than {MAX_BYTES // 1_000_000} MB; a file of votes is not.")
        with open(file, encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise UserError(f"The file {file} cannot be read ({error.strerror}). Give a CSV of votes.") from None
    except (UnicodeDecodeError, csv.Error):
        raise UserError(f"{file.name} is no CSV in UTF-8. Save it as 'CSV UTF-8'.") from None
    if not rows or "vote" not in rows[0] or "suite" not in rows[0]:
        raise UserError(
            f"{file.name} needs the columns suite, question (or example_id) and vote. Download the run's items as CSV, "
            f"add a column vote with {', '.join(CHOICES)}, and leave what you have not judged empty."
        )
    return rows


def _items(run: Run) -> list[dict[str, Any]]:
    found = run.comparison()
    if found is None:
        raise UserError(f"Run {run.id} has no result yet, so there is nothing to vote on. Let it finish.")
    return found["items"]

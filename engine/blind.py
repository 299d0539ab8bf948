"""A blind ballot on a run's two answers to each question: which of them is A is known to this machine alone. No torch.

Order and sides follow from a secret, the voter and the item, so nothing has to be remembered: a reload, a second tab
and a restarted server show the same ballot, and nothing on the page tells base from tuned.
"""

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import rundir, votes
from engine.items import GENERAL, PLAIN_TEXT
from engine.rundir import Run
from engine.schema import UserError
from engine.votes import Vote

WORDS = ("a", "b", "tie", "both_bad")  # what a voter can say
NOT_VOTED = frozenset({GENERAL, PLAIN_TEXT})  # multiple choice and plain texts: there is no answer to prefer


@dataclass(frozen=True)
class Paper:
    """One item of a voter's ballot: its question, its two answers in the order they are shown, and what was voted."""

    item: Mapping[str, Any]
    tuned_first: bool
    voted: str | None  # one of WORDS

    @property
    def answers(self) -> tuple[str, str]:
        """(A, B)."""
        both = self.item["base"], self.item["tuned"]
        return both[::-1] if self.tuned_first else both


@dataclass(frozen=True)
class Ballot:
    """A voter's papers in their order; `alike` counts the items not asked since both answers are the same."""

    papers: list[Paper]
    alike: int

    @property
    def voted(self) -> int:
        return sum(paper.voted is not None for paper in self.papers)

    @property
    def next(self) -> int | None:
        """The place of the first paper without a vote; None where all have one."""
        return next((at for at, paper in enumerate(self.papers) if paper.voted is None), None)


def suites(run: Run) -> list[str]:
    """The suites whose answers can be voted on, the deciding one first. None where the run has no result yet."""
    items = (run.comparison() or {}).get("items", ())
    names = dict.fromkeys([run.spec().primary.suite, *(item["suite"] for item in items)])
    return [name for name in names if name not in NOT_VOTED and any(_asked(item, name) for item in items)]


def _asked(item: Mapping[str, Any], suite: str) -> bool:
    return item["suite"] == suite and bool(item["prompt"])


def ballot(run: Run, voter: str, suite: str) -> Ballot:
    """The voter's ballot on a suite. Raises UserError where it has no answers to vote on, or for an unusable name."""
    voter = voter.strip()
    votes.check_voter(voter)
    if suite not in suites(run):
        raise UserError("There are no answers to vote on in this test. Choose another one.")
    items = [item for item in run.comparison()["items"] if _asked(item, suite)]
    asked = [item for item in items if item["base"].strip() != item["tuned"].strip()]
    cast = {vote.item: vote.vote for vote in votes.read(run) if vote.voter == voter}
    secret = rundir.secret()
    papers = []
    for item in sorted(asked, key=lambda item: _draw(secret, "order", run, voter, item)):
        tuned_first = bool(_draw(secret, "sides", run, voter, item)[0] & 1)
        word = cast.get((item["suite"], item["example_id"]))
        papers.append(Paper(item, tuned_first, word and _swapped(word, tuned_first)))
    return Ballot(papers, len(items) - len(asked))


def _draw(secret: bytes, what: str, run: Run, voter: str, item: Mapping[str, Any]) -> bytes:
    text = "\0".join((what, run.id, voter, item["suite"], item["example_id"]))
    return hmac.digest(secret, text.encode("utf-8", "replace"), "sha256")


def _swapped(word: str, tuned_first: bool) -> str:
    """From base or tuned to a or b, and back."""
    names = {"base": "b", "tuned": "a"} if tuned_first else {"base": "a", "tuned": "b"}
    return (names | {said: name for name, said in names.items()}).get(word, word)


def cast(run: Run, voter: str, suite: str, place: int, word: str) -> None:
    """Write the voter's word on the paper at that place. Raises UserError for what cannot be."""
    papers = ballot(run, voter, suite).papers
    if word not in WORDS or not 0 <= place < len(papers):
        raise UserError("That is no vote on a question of this ballot. Reload the page.")
    paper = papers[place]
    vote = Vote(suite, paper.item["example_id"], voter.strip(), _swapped(word, paper.tuned_first), time.time())
    votes.add(run, [vote])

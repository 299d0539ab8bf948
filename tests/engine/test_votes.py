"""People's own votes: written, read, and taken in from a table."""

import csv
import io
import json
import multiprocessing

import pytest
from typer.testing import CliRunner

from engine import atomic, registry, votes
from engine.__main__ import app
from engine.items import item_dict, pair
from engine.items_csv import items_csv
from engine.schema import UserError
from engine.votes import Vote
from tests.engine.comparisons import METRICS, answers, correct, example, reworded, run_with, wrong

EXAMPLES = [
    *reworded(6),
    example("reworded", "=1+1?", "Two."),
    example("twin", "Same?", "Yes."),
    example("twin", "Same?", "No."),
]


@pytest.fixture
def run():
    arms = [answers(EXAMPLES, said, arm=arm) for said, arm in ((wrong, "base"), (correct, "tuned"))]
    made = run_with(EXAMPLES, *arms, metrics=METRICS)
    metrics = {name: registry.metrics()[name] for name in METRICS}
    items = [item_dict(item, primary="key_facts", metrics=metrics) for item in pair(EXAMPLES, *arms)]
    atomic.write_json(made.file("comparison"), {"items": items})  # what votes are about
    return made


def vote(at, word, voter="me", time=1.0):
    return Vote("reworded", EXAMPLES[at].id, voter, word, time)


def table(run, tmp_path, said, **columns):
    """The items as the page gives them, with a column vote: said(row) -> word."""
    rows = list(csv.DictReader(io.StringIO(items_csv(run.comparison()["items"]).removeprefix("\ufeff"), newline="")))
    out = io.StringIO()
    writer = csv.DictWriter(out, [*rows[0], "vote", *columns])
    writer.writeheader()
    writer.writerows({**row, "vote": said(row), **columns} for row in rows)
    file = tmp_path / "votes.csv"
    file.write_text("\ufeff" + out.getvalue(), encoding="utf-8")
    return file


def test_the_last_vote_of_a_voter_on_an_item_counts(run):
    assert votes.add(run, [vote(0, "tuned"), vote(1, "tie"), vote(0, "base", "you")]) == 3
    assert votes.add(run, [vote(0, "both_bad", time=2.0), vote(1, "tie", time=2.0)]) == 1  # the second says nothing new
    assert [(one.item[1], one.voter, one.vote) for one in votes.read(run)] == [
        (EXAMPLES[1].id, "me", "tie"),
        (EXAMPLES[0].id, "you", "base"),
        (EXAMPLES[0].id, "me", "both_bad"),
    ]
    assert set(next(atomic.read_lines(run.file("votes")))) == {"suite", "example_id", "voter", "vote", "time"}


@pytest.mark.parametrize(
    "bad",
    [
        Vote("reworded", "nothing", "me", "tie", 0.0),
        Vote("unseen", EXAMPLES[0].id, "me", "tie", 0.0),
        vote(0, "A"),
        vote(0, "tie", " "),
        vote(0, "tie", "x" * 81),
        vote(0, "tie", "a\nb"),
    ],
)
def test_a_vote_that_means_nothing_is_refused_and_none_is_written(run, bad):
    with pytest.raises(UserError):
        votes.add(run, [vote(1, "tie"), bad])
    assert votes.read(run) == []


def test_a_line_cut_short_by_a_crash_does_not_spoil_the_next(run):
    votes.add(run, [vote(0, "tuned")])
    with open(run.file("votes"), "a") as stream:
        stream.write('{"suite": "rew')
    votes.add(run, [vote(1, "base")])
    assert [one.vote for one in votes.read(run)] == ["tuned", "base"]


def _vote_many(run, voter):
    for at in range(6):
        votes.add(run, [vote(at, "tie", voter)])


def test_votes_from_two_places_at_once_are_all_kept(run):
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=_vote_many, args=(run, name)) for name in ("me", "you")]
    [one.start() for one in both]
    [one.join() for one in both]
    assert len(votes.read(run)) == 12


def test_the_downloaded_items_with_a_column_vote_are_taken_in(run, tmp_path):
    words = {"Question 0?": "Tuned", "Question 1?": "both bad", "'=1+1?": " tie "}
    found, empty = votes.read_csv(run, table(run, tmp_path, lambda row: words.get(row["question"], "")), voter="me")
    assert [(one.example_id, one.vote, one.voter) for one in found] == [
        (EXAMPLES[0].id, "tuned", "me"),
        (EXAMPLES[1].id, "both_bad", "me"),
        (EXAMPLES[6].id, "tie", "me"),
    ]
    assert empty == len(EXAMPLES) - 3


def test_two_items_that_ask_the_same_need_their_id(run, tmp_path):
    file = table(run, tmp_path, lambda row: "tie" if row["suite"] == "twin" else "")
    with pytest.raises(UserError, match="Row 9: several items of this run ask this.*suite and example_id"):
        votes.read_csv(run, file, voter="me")
    file.write_text(f"suite,example_id,vote,voter\ntwin,{EXAMPLES[-1].id},base,you\n")
    assert votes.read_csv(run, file, voter="me")[0][0].voter == "you"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"suite,question,vote\nreworded,Question 0?,better\n", "Row 2: 'better' is no vote. Give one of: base, tuned"),
        (b"suite,question,vote\nreworded,What?,tie\n", "Row 2: no item of this run is meant by it"),
        (b"question,vote\nQuestion 0?,tie\n", "needs the columns suite, question"),
        (b"", "needs the columns"),
        (b"suite,vote\n\xff\xfe\n", "no CSV in UTF-8"),
        (b"suite,vote\nreworded\n,,,,,\n", None),
    ],
)
def test_a_table_that_cannot_be_used_says_where_and_how_to_mend_it(run, tmp_path, content, said):
    file = tmp_path / "votes.csv"
    file.write_bytes(content)
    if said is None:
        assert votes.read_csv(run, file, voter="me") == ([], 2)
        return
    with pytest.raises(UserError, match=said):
        votes.read_csv(run, file, voter="me")


def test_the_verb_takes_votes_in_and_counts_them(run, tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    file = table(run, tmp_path, lambda row: "tuned" if row["question"] < "Question 3" else "")
    done = CliRunner().invoke(app, ["votes", run.id, "--file", str(file), "--voter", "Ann"])
    assert done.exit_code == 0, done.stderr
    assert "4 votes added" in done.stderr and "tuned 4, base 0" in done.stdout and "No judge was asked" in done.stderr
    again = CliRunner().invoke(app, ["votes", run.id, "--file", str(file), "--voter", "Ann", "--json"])
    assert "0 votes added; 4 said nothing new" in again.stderr
    assert {one["voter"] for one in json.loads(again.stdout)["votes"]} == {"Ann"}
    assert CliRunner().invoke(app, ["votes", run.id, "--file", str(tmp_path / "none.csv")]).exit_code == 2

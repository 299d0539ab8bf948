"""The blind ballot: nothing tells base from tuned, nothing is lost, and the names are found again at the end."""

import pytest

from engine import atomic, blind, registry, rundir, vote_result, votes
from engine.formats import preference
from engine.items import item_dict, pair
from engine.schema import UserError
from engine.votes import Vote
from tests.engine.comparisons import METRICS, answers, example, general, reworded, run_with, wrong

EXAMPLES = [*reworded(38), example("reworded", "Same?", "Yes."), *general(2)]


def said(i, item):
    return wrong(i, item) if item.completion == "Yes." else f"In {i + 2} days, certainly." * (1 + i % 2)


@pytest.fixture
def run():
    arms = [answers(EXAMPLES, how, arm=arm) for how, arm in ((wrong, "base"), (said, "tuned"))]
    made = run_with(EXAMPLES, *arms, metrics=METRICS, system="You help.")
    metrics = {name: registry.metrics()[name] for name in METRICS}
    items = [item_dict(item, primary="key_facts", metrics=metrics) for item in pair(EXAMPLES, *arms)]
    atomic.write_json(made.file("comparison"), {"items": items})
    return made


def test_order_and_sides_are_each_voters_own_and_the_same_again(run):
    mine, yours = (blind.ballot(run, name, "reworded").papers for name in ("me", "you"))
    assert mine == blind.ballot(run, " me ", "reworded").papers
    for what in (lambda paper: paper.item["example_id"], lambda paper: paper.tuned_first):
        assert [what(paper) for paper in mine] != [what(paper) for paper in yours]
    assert 8 < sum(paper.tuned_first for paper in mine) < 30
    for paper in mine:
        assert paper.answers[0 if paper.tuned_first else 1] == paper.item["tuned"]


def test_another_machine_shuffles_otherwise(run):
    before = [paper.tuned_first for paper in blind.ballot(run, "me", "reworded").papers]
    (rundir.home() / "secret").unlink()
    assert [paper.tuned_first for paper in blind.ballot(run, "me", "reworded").papers] != before
    assert (rundir.home() / "secret").stat().st_mode & 0o777 == 0o600


def test_items_with_the_same_answer_twice_are_counted_and_not_asked(run):
    found = blind.ballot(run, "me", "reworded")
    assert (len(found.papers), found.alike) == (38, 1)
    assert blind.suites(run) == ["reworded"]


@pytest.mark.parametrize("word", blind.WORDS)
def test_a_vote_is_kept_by_its_arm_and_shown_again_by_its_side(run, word):
    paper = blind.ballot(run, "me", "reworded").papers[3]
    blind.cast(run, "me", "reworded", 3, word)
    (kept,) = votes.read(run)
    names = {"a": "tuned", "b": "base"} if paper.tuned_first else {"a": "base", "b": "tuned"}
    assert (kept.vote, kept.example_id, kept.voter) == (names.get(word, word), paper.item["example_id"], "me")
    again = blind.ballot(run, "me", "reworded")
    assert (again.papers[3].voted, again.voted, again.next) == (word, 1, 0)
    assert blind.ballot(run, "you", "reworded").voted == 0


def test_a_ballot_that_cannot_be_is_refused(run):
    for voter, suite in (("", "reworded"), ("x" * 81, "reworded"), ("me", "general"), ("me", "../x")):
        with pytest.raises(UserError):
            blind.ballot(run, voter, suite)
    for place, word in ((-1, "a"), (38, "a"), (0, "tuned"), (0, "")):
        with pytest.raises(UserError):
            blind.cast(run, "me", "reworded", place, word)
    assert votes.read(run) == []


def vote_all(run, how, voter="me"):
    papers = blind.ballot(run, "me", "reworded").papers
    cast = [
        Vote("reworded", paper.item["example_id"], voter, how(at, paper.item), 1.0) for at, paper in enumerate(papers)
    ]
    votes.add(run, cast)
    return papers


def test_the_rate_counts_what_was_decided_with_wilsons_interval(run):
    vote_all(run, lambda at, item: ("tuned", "tuned", "tuned", "base", "tie", "both_bad")[at % 6])
    found = vote_result.result(run, suite="reworded", voter="me")
    assert found["counts"] == {"base": 6, "tuned": 20, "tie": 6, "both_bad": 6}
    assert (found["decided"], found["wins"], found["how"]) == (26, 20, "wilson")
    assert found["rate"] == pytest.approx(20 / 26)
    assert (found["low"], found["high"]) == pytest.approx((0.579, 0.890), abs=2e-3)
    assert found["p"] == pytest.approx(0.0094, abs=1e-3)
    assert vote_result.result(run, suite="reworded", voter="you")["rate"] is None


def test_votes_that_follow_length_are_said_to(run):
    longer = lambda item: len(item["tuned"]) > len(item["base"])  # noqa: E731
    vote_all(run, lambda at, item: "tuned" if longer(item) == (at % 9 > 0) else "base")
    found = vote_result.result(run, suite="reworded")
    assert found["longer"]["won"] / found["longer"]["of"] > 0.8
    assert 0 < found["length"]["rate"] < 1 and found["length"]["slope"] > 0


def test_several_voters_count_once_per_item(run):
    papers = vote_all(run, lambda at, item: "tuned")
    vote_all(run, lambda at, item: "tuned" if at else "base", voter="you")
    found = vote_result.result(run, suite="reworded")
    assert (found["votes"], found["items"], found["decided"], found["wins"]) == (76, 38, 37, 37)
    assert len(papers) == 38 and found["voters"] == ["me", "you"]


def test_votes_become_pairs_that_dpo_reads(run):
    papers = vote_all(run, lambda at, item: ("tuned", "base", "tie", "both_bad")[min(at, 3)])
    rows = vote_result.preferences(run)
    assert [(row["chosen"], row["rejected"]) for row in rows] == [
        (papers[0].item["tuned"], papers[0].item["base"]),
        (papers[1].item["base"], papers[1].item["tuned"]),
    ]
    read = preference.FORMAT.to_example(rows[0])
    assert read.kind == "pairs" and [turn.role for turn in read.prompt] == ["system", "user"]
    assert len(vote_result.preferences_jsonl(run).splitlines()) == 2

"""Pairs of answers that were kept: listed, deleted, brought back, whatever the page sends."""

import pytest

from engine import pairs, rundir, showcase, talk
from engine.schema import DataSpec, RunSpec, Source, UserError


@pytest.fixture
def run():
    return rundir.create(RunSpec(data=DataSpec(train=Source(path="train.jsonl"))))


def conversation(question="When?", *, turns=1):
    said = {"text": "At 9. <b>", "tokens": 3, "seconds": 0.5}
    asked = [{"question": question, "answers": [said, said]}] * turns
    return talk.talk(sides=("a:base", "a:tuned"), system="Help.", draw={"temperature": 0.7}, turns=asked)


def test_kept_pairs_are_listed_newest_first_with_their_note(run):
    pairs.keep(run, conversation("First?"), " see this ")
    pairs.keep(run, conversation("Second?\u2028"))
    assert [(one.talk.turns[0].question, one.note) for one in pairs.read(run)] == [
        ("Second?\u2028", ""),
        ("First?", "see this"),
    ]
    assert pairs.read(run)[1].talk == conversation("First?")


def test_a_deleted_pair_is_gone_until_it_is_brought_back_to_its_place(run):
    first, second, third = (pairs.keep(run, conversation(f"{at}?")) for at in range(3))
    pairs.delete(run, second.id)
    assert pairs.read(run) == [third, first]
    pairs.restore(run, second.id)
    assert pairs.read(run) == [third, second, first]
    pairs.delete(run, second.id)
    assert pairs.read(run) == [third, first]


def test_what_was_never_kept_or_deleted_is_refused(run):
    kept = pairs.keep(run, conversation())
    for do, name in ((pairs.delete, "nothing"), (pairs.restore, kept.id), (pairs.restore, "nothing")):
        with pytest.raises(UserError):
            do(run, name)
    with pytest.raises(UserError, match="no answer to keep"):
        pairs.keep(run, conversation(turns=0))
    with pytest.raises(UserError, match="Shorten"):
        pairs.keep(run, conversation(), "x" * 2001)
    assert pairs.read(run) == [kept]


def test_a_line_cut_short_by_a_crash_does_not_spoil_the_next(run):
    first = pairs.keep(run, conversation())
    with open(run.file("pairs"), "a") as stream:
        stream.write('{"deleted": "')
    second = pairs.keep(run, conversation())
    assert pairs.read(run) == [second, first]


@pytest.mark.parametrize(
    "sent",
    [
        "{",
        "[]",
        '{"sides": ["a"]}',
        '{"sides": ["a", "b"], "draw": {"temperature": 9}}',
        '{"sides": ["a", "b"], "turns": [{"question": "", "answers": []}]}',
        '{"sides": ["a", "b"], "evil": 1}',
    ],
)
def test_a_conversation_that_cannot_be_is_refused(sent):
    with pytest.raises(UserError):
        talk.read(sent)
    assert talk.read("") is None and talk.read(conversation().model_dump_json()) == conversation()


def test_a_showcase_keeps_and_deletes_nothing(run, monkeypatch):
    kept = pairs.keep(run, conversation())
    monkeypatch.setenv(showcase.VARIABLE, "1")
    for do, given in ((pairs.keep, conversation()), (pairs.delete, kept.id), (pairs.restore, kept.id)):
        with pytest.raises(UserError, match="showcase"):
            do(run, given)
    assert pairs.read(run) == [kept]

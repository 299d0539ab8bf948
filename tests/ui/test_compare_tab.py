"""What the parts of Compare do when something is pressed, without a model: the answers are made up."""

import json
from types import SimpleNamespace

import pytest

from engine import atomic, blind, chat, pairs, rundir, talk, uploads, votes
from engine.schema import DataSpec, Message, RunSpec, Source, UserError
from engine.text import text
from ui import app
from ui.tabs import ask, kept_pairs, many, vote

ME = SimpleNamespace(session_hash="me")


def made(**spec):
    """A trained run whose test has three questions."""
    run = rundir.create(RunSpec(data=DataSpec(train=Source(path="x")), system="Help.", **spec))
    atomic.write_json(run.file("training"), {})
    atomic.write_json(run.file("status"), {"state": "done", "stage": "compare"})
    items = [
        {
            "suite": "unseen", "example_id": f"id{at}", "question": f"Q{at}?", "reference": "R", "base": f"base {at}",
            "tuned": f"tuned {at}", "prompt": [{"role": "user", "content": f"Q{at}?"}], "group": None,
        }
        for at in range(3)
    ]  # fmt: skip
    atomic.write_json(run.file("comparison"), {"items": items})
    return run


@pytest.fixture
def run():
    return made()


def said(words, **values):
    return {"text": words, "tokens": 2, "seconds": 0.5, "done": True, "truncated": False} | values


@pytest.fixture
def asked(monkeypatch):
    """What the process was asked; it gives each question's number back, left and right."""
    seen = []

    def answers(request):
        seen.append(request)
        given = [[said(f"L{at}"), said(f"R{at}")] for at in range(len(request.prompts))]
        yield {"state": "answering", "answers": [[None, None] for _ in given], "proof": None}
        yield {"state": "done", "answers": given, "proof": {"max_abs_difference": 0.0, "equal": True}}

    monkeypatch.setattr(chat, "answers", answers)
    return seen


def how(run, **changes):
    values = {"left": f"{run.id}:base", "right": f"{run.id}:tuned", "system": "Help."}
    values |= {"temperature": 0, "top_p": 1, "length": 8, "seed": 0} | changes
    return list(values.values())


def put(run, question, *, follow=False, held="", **changes):
    return list(ask.answer(ME, "en", run.id, follow, held, question, *how(run, **changes)))


def shown(update):
    return update["visible"]


def test_asking_shows_stop_while_both_answer_and_ask_again_at_the_end(run, asked):
    first, *_, last = put(run, " When? ")
    assert [shown(button) for button in first[3:6]] == [False, True, False] and first[-1] == ""
    assert last[3:6] == ask.AS_THEY_ARE  # until its stream has closed: a click before would be lost
    assert [shown(button) for button in ask.idle(last[-1])] == [True, False, True]
    assert [shown(button) for button in ask.idle("")] == [True, False, False]
    assert "L0" in last[1] and "R0" in last[1] and "✓" in last[2]
    assert talk.read(last[-1]).turns[0].question == "When?"
    assert asked[0].owner == "me" and asked[0].prompts[0][0] == (Message("system", "Help."), Message("user", "When?"))


def test_a_follow_up_gives_each_side_its_own_earlier_answers(run, asked):
    held = put(run, "When?")[-1][-1]
    last = put(run, "And then?", follow=True, held=held)[-1]
    left, right = asked[1].prompts[0]
    assert [turn.content for turn in left] == ["Help.", "When?", "L0", "And then?"]
    assert [turn.content for turn in right] == ["Help.", "When?", "R0", "And then?"]
    assert len(talk.read(last[-1]).turns) == 2
    put(run, "Anew?", held=held)
    put(run, "Other side?", follow=True, held=held, right=f"{run.id}:base")
    assert [len(one.prompts[0][0]) for one in asked[2:]] == [2, 2]


def test_what_cannot_be_asked_is_said_and_the_conversation_stays(run, asked):
    held = put(run, "When?")[-1][-1]
    for question, changes in (
        ("", {}),
        ("x" * 9000, {}),
        ("Hi", {"temperature": "hot"}),
        ("Hi", {"left": "../x:base"}),
    ):
        (only,) = put(run, question, follow=True, held=held, **changes)
        assert "k-bad" in only[0] and only[-1] == held
    (only,) = put(run, "Hi", follow=True, held="{")
    assert "k-bad" in only[0]


def test_a_failure_in_the_middle_keeps_what_was_said_before(run, asked, monkeypatch):
    held = put(run, "When?")[-1][-1]

    def failing(request):
        yield {"state": "answering", "answers": [[said("half", done=False), None]]}
        raise UserError("gone")

    monkeypatch.setattr(chat, "answers", failing)
    monkeypatch.setattr(ask, "DRAWN_EVERY", 0)
    last = put(run, "And then?", follow=True, held=held)[-1]
    assert "gone" in last[0] and "half" in last[1] and last[-1] == held


def test_another_side_begins_anew_with_its_name_above_the_pane(run):
    other = made(title="other")
    message, panes, proof, after, held = ask.change_sides("en", run.id, f"{other.id}:tuned", f"{run.id}:tuned")
    assert message == proof == held == "" and not shown(after) and "other" in panes
    assert "k-bad" in ask.change_sides("en", run.id, "nothing:base", f"{run.id}:tuned")[0]


def test_a_pair_is_kept_asked_again_deleted_and_brought_back(run, asked):
    held = put(run, "When?", temperature=0.5)[-1][-1]
    assert "When?" in kept_pairs.keep("en", run.id, held, "see")[1]
    (pair,) = pairs.read(run)
    press = lambda pick: kept_pairs.act("en", run.id, SimpleNamespace(_data={"pick": pick}))  # noqa: E731
    assert press(f"again={pair.id}")[3:] == ["When?", f"{run.id}:base", f"{run.id}:tuned", "Help."]
    assert f"undo={pair.id}" in press(f"delete={pair.id}")[1] and pairs.read(run) == []
    assert "When?" in press(f"undo={pair.id}")[1]
    for nothing in ("again=x", "delete=x", "undo=x", "", "evil"):
        assert "k-bad" in press(nothing)[0]
    assert "k-bad" in kept_pairs.keep("en", run.id, "", "")[0] and "k-bad" in kept_pairs.keep("en", "", held, "")[0]


def test_many_questions_come_from_the_box_or_else_the_file(run, asked, tmp_path):
    file = tmp_path / "more.csv"
    file.write_text("question\n=1+1\nB?\nC?\n")
    for path, n in ((None, 2), (str(file), 3)):
        *_, last = many.answer(ME, "en", run.id, "One?\nTwo?", path, *how(run))
        assert text("page.many.done", "en", done=str(n), of=str(n)) in last[1] and len(asked[-1].prompts) == n
        assert shown(last[2]) and "L1" in open(last[2]["value"], encoding="utf-8-sig").read()
    assert asked[-1].owner != "me"
    (only,) = many.answer(ME, "en", run.id, "", None, *how(run))
    assert "k-bad" in only[0]


def test_a_ballot_goes_from_paper_to_paper_and_reveals_at_the_end(run):
    press = lambda pick, at: vote.pick("en", run.id, "unseen", "Ann", at, SimpleNamespace(_data={"pick": pick}))  # noqa: E731
    assert "k-bad" in vote.begin("en", run.id, " ", "unseen")[0] and "k-bad" in vote.begin("en", run.id, "A", "x")[0]
    first = vote.begin("en", run.id, " Ann ", "unseen")
    assert first[2:4] == ["Ann", "0"] and not shown(first[4])
    assert press("skip", "0")[3] == "1" and press("back", "1")[3] == "0" and press("back", "0")[3] == "0"
    assert press("both_bad", "0")[3] == "1"
    assert press("a", "2")[3] == "1"  # back to the one that was passed over
    assert vote.begin("en", run.id, "Ann", "unseen")[3] == "1"
    last = press("b", "1")
    assert last[1] == "" and text("page.vote.result", "en") in last[5]
    assert len(votes.read(run)) == 3 == blind.ballot(run, "Ann", "unseen").voted
    rows = [json.loads(line) for line in open(last[7], encoding="utf-8")]
    assert len(rows) == 2 and {"prompt", "chosen", "rejected"} == set(rows[0])
    for pick, at in (("evil", "x"), ("a", "9"), ("a", "-1")):
        assert "k-bad" in press(pick, at)[0]


def test_votes_fill_the_form_of_a_next_run_and_start_nothing(run):
    blind.cast(run, "Ann", "unseen", 0, "a")
    before = len(rundir.all_runs())
    filled = [value for value in app.learn_votes("en", run.id, "unseen") if isinstance(value, str)]
    assert {"dpo", f"run:{run.id}", "own", "use_case"} <= set(filled) and len(rundir.all_runs()) == before
    token = next(value for value in filled if value.endswith(".jsonl"))
    assert "votes" in uploads.name(token)


def test_without_a_preferred_answer_the_form_stays_as_it_is(run):
    assert all(isinstance(value, dict) and len(value) == 1 for value in app.learn_votes("en", run.id, "unseen"))
    assert len(app.learn_votes("en", run.id, "unseen")) == len(app.learn_votes("en", "", ""))

"""Side by side: both answers stream from a process of their own, and base is proved to be base."""

import os
import signal

import pytest

from engine import chat
from engine.schema import UserError
from tests.engine.runs import finished, tiny_spec, wait_for


def close():
    """End the process that answers, where there is one."""
    if chat._current is not None:
        chat._current.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("asked")


@pytest.fixture(autouse=True)
def kurabe_home(home, monkeypatch):
    monkeypatch.setenv("KURABE_HOME", str(home))


@pytest.fixture(scope="module", params=["lora", "full"])
def run(request, home, tmp_path_factory, tiny_model):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KURABE_HOME", str(home))
        folder = tmp_path_factory.mktemp("rows")
        yield finished(tiny_spec(folder, tiny_model, method=request.param, settings={"epochs": 8}))
    close()


def test_both_answers_stream_and_are_those_of_the_evaluation(run):
    close()
    row = run.examples("test")[0]
    events = list(chat.ask(run, row.question, max_new_tokens=8))
    last = events[-1]
    assert events[0]["state"] == "loading" and last["state"] == "done"
    assert last["base"]["text"] == run.answers("base")[0].output.text
    assert last["tuned"]["text"] == run.answers("tuned")[0].output.text
    assert last["base"]["tokens"] > 0 and last["tuned"]["seconds"] > 0
    assert chat.proof(run) == {"max_abs_difference": 0.0, "equal": True}


def test_stop_ends_a_long_answer_and_the_next_question_is_answered(run):
    long = chat.ask(run, "Tell me everything.", max_new_tokens=2000)
    for event in long:
        if event["state"] == "answering":
            chat.stop(run)
    assert event["state"] in ("stopped", "done")
    assert list(chat.ask(run, "Hello?", max_new_tokens=2))[-1]["state"] == "done"


def test_a_killed_model_process_is_a_message_and_the_next_question_restarts_it(run):
    assert list(chat.ask(run, "Hello?", max_new_tokens=2))[-1]["state"] == "done"
    first = chat._current.process.pid
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not chat._current.lives)
    assert list(chat.ask(run, "Hello?", max_new_tokens=2))[-1]["state"] == "done"
    assert chat._current.process.pid != first


def test_what_cannot_be_answered_is_refused_with_the_reason(tmp_path, tiny_model):
    from engine import rundir

    untrained = rundir.create(tiny_spec(tmp_path, tiny_model))
    for question, limit, reason in (
        ("  ", 8, "empty"),
        ("x" * 9000, 8, "Shorten"),
        ("Hi", 0, "max_new"),
        ("Hi", 8, "no tr"),
    ):
        with pytest.raises(UserError, match=reason):
            next(chat.ask(untrained, question, max_new_tokens=limit))

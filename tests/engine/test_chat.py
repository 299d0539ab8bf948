"""Side by side: both answers stream from a process of their own, and base is proved to be base."""

import os
import signal

import pytest

from engine import chat, rundir, sides
from engine.chat import Asked
from engine.schema import UserError
from tests.engine.runs import finished, tiny_spec, wait_for


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("asked")


@pytest.fixture(autouse=True)
def kurabe_home(home, monkeypatch):
    """One home for all tests here, so that its runs are trained once."""
    monkeypatch.setenv("KURABE_HOME", str(home))
    return home


@pytest.fixture(scope="module", autouse=True)
def no_server_left():
    yield
    if chat._current is not None:
        chat._current.close()


@pytest.fixture(scope="module")
def trained(home, tiny_model, tmp_path_factory):
    """Runs that are done: by LoRA, by full fine-tuning, and one that starts from the first."""

    def made(name, model=tiny_model, **changes):
        return finished(tiny_spec(tmp_path_factory.mktemp(name), model, settings={"epochs": 8}, **changes))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KURABE_HOME", str(home))
        runs = {method: made(method, method=method) for method in ("lora", "full")}
        return runs | {"chained": made("chained", f"run:{runs['lora'].id}")}


@pytest.fixture(params=["lora", "full"])
def run(request, trained):
    return trained[request.param]


def both(run, *arms):
    return tuple(sides.side(arm if ":" in arm else f"{run.id}:{arm}") for arm in arms)


def asked(run, arms, questions, **options):
    """The questions to two arms, as the page asks them."""
    turns = [sides.conversation((), question) for question in questions]
    columns = [sides.prompts(side, turns, system=run.spec().system) for side in both(run, *arms)]
    return Asked(both(run, *arms), list(zip(*columns, strict=True)), **{"max_new_tokens": 8, **options})


def said(run, arms, questions, **options):
    """The texts of the answers: a pair per question."""
    *_, event = chat.answers(asked(run, arms, questions, **options))
    assert event["state"] == "done", event
    return [tuple(one["text"] for one in pair) for pair in event["answers"]]


def measured(run, arm, n):
    return [row.output.text for row in run.answers(arm)[:n]]


def test_both_answers_stream_and_are_those_of_the_evaluation(run):
    row = run.examples("test")[0]
    events = list(chat.ask(run, row.question, max_new_tokens=8))
    last = events[-1]
    assert events[0]["state"] == "loading" and last["state"] == "done"
    assert [last["base"]["text"], last["tuned"]["text"]] == [measured(run, "base", 1)[0], measured(run, "tuned", 1)[0]]
    assert last["base"]["tokens"] > 0 and last["tuned"]["seconds"] > 0 and last["base"]["done"]
    proof = {"max_abs_difference": 0.0, "equal": True}
    assert last["proof"] == chat.proof(both(run, "base", "tuned")) == proof


def test_many_questions_are_answered_as_in_the_evaluation(run):
    questions = [row.question for row in run.examples("test")[:8]]
    wanted = list(zip(measured(run, "base", 8), measured(run, "tuned", 8), strict=True))
    assert said(run, ("base", "tuned"), questions) == wanted


def test_stop_ends_a_long_answer_and_the_next_question_is_answered(run):
    for event in chat.ask(run, "Tell me everything.", max_new_tokens=400):
        if event["state"] == "answering":
            chat.stop()
    assert event["state"] in ("stopped", "done")
    assert list(chat.ask(run, "Hello?", max_new_tokens=2))[-1]["state"] == "done"


def test_stop_by_another_page_stops_nothing(trained):
    states = []
    for event in chat.answers(asked(trained["lora"], ("base", "tuned"), ["Hello?"], owner="me")):
        chat.stop("you")
        states.append(event["state"])
    assert states[-1] == "done"


def test_a_killed_model_process_is_a_message_and_the_next_question_restarts_it(trained):
    run = trained["lora"]
    assert list(chat.ask(run, "Hello?", max_new_tokens=2))[-1]["state"] == "done"
    first = chat._current.process.pid
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not chat._current.lives)
    assert list(chat.ask(run, "Hello?", max_new_tokens=2))[-1]["state"] == "done"
    assert chat._current.process.pid != first


def test_prompted_base_is_asked_as_in_the_evaluation(trained):
    run = trained["lora"]
    rows = [row for row in run.examples("test") if row.suite == "reworded"][:3]
    by_item = [{row.example_id: row.output.text for row in run.answers(arm)} for arm in ("base", "prompted")]
    wanted = [tuple(arm[row.id] for arm in by_item) for row in rows]
    assert said(run, ("base", "prompted"), [row.question for row in rows]) == wanted


def test_models_of_a_chain_and_of_two_runs_are_asked_the_same(trained):
    first, second = trained["lora"], trained["chained"]
    assert [side.arm for side in sides.of(second)] == ["base", "prompted", "earlier-0", "tuned"]
    questions = [row.question for row in second.examples("test")[:2]]
    one = said(second, ("base", "tuned"), questions)
    assert one == list(zip(measured(second, "base", 2), measured(second, "tuned", 2), strict=True))
    two = said(second, ("earlier-0", f"{first.id}:tuned"), questions)
    assert two == list(zip(measured(first, "base", 2), measured(first, "tuned", 2), strict=True))


def test_a_seed_gives_the_same_sampled_answers_and_both_sides_the_same_draws(trained):
    warm = {"temperature": 1.5, "top_p": 0.9, "max_new_tokens": 12}
    ask = lambda arms, seed: said(trained["lora"], arms, ["Hello?"] * 2, seed=seed, **warm)  # noqa: E731
    again = ask(("base", "tuned"), 3)
    assert again == ask(("base", "tuned"), 3) != ask(("base", "tuned"), 4)
    same = ask(("base", "base"), 3)
    assert same[0][0] == same[0][1] == again[0][0] and same[0] != same[1]


def test_a_question_longer_than_the_model_takes_is_said_and_the_next_is_answered(trained):
    run = trained["lora"]
    *_, event = chat.answers(asked(run, ("base", "tuned"), ["What is it? " * 400]))
    assert event["state"] == "failed" and "this model takes 512 in all" in event["message"]
    assert said(run, ("base", "tuned"), ["Hello?"])


def test_what_is_no_side_is_refused_with_the_reason(trained):
    run = trained["lora"]
    for key, reason in (("", "not a run"), (f"{run.id}:", "has no side"), (f"{run.id}:nearest", "has no side")):
        with pytest.raises(UserError, match=reason):
            sides.side(key)
    for wrong in ({"temperature": float("nan")}, {"top_p": 0}, {"seed": -1}, {"seed": None}, {"max_new_tokens": "8"}):
        with pytest.raises(UserError, match=next(iter(wrong))):
            next(chat.answers(asked(run, ("base", "tuned"), ["Hello?"], **wrong)))


def test_what_cannot_be_answered_is_refused_with_the_reason(tmp_path, tiny_model):
    untrained = rundir.create(tiny_spec(tmp_path, tiny_model))
    for question, limit, reason in (("  ", 8, "empty"), ("x" * 9000, 8, "Shorten"), ("Hi", 8, "no tr")):
        with pytest.raises(UserError, match=reason):
            next(chat.ask(untrained, question, max_new_tokens=limit))

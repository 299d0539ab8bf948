"""A run's frozen test asked of two servers: the run's own statistics, and nothing said that was not measured."""

import json

import pytest
from typer.testing import CliRunner

from engine import atomic, registry, remote, remote_call, remote_run, rundir, verdict
from engine.__main__ import app
from engine.remote_call import server
from engine.schema import Message, Stopped, UserError
from tests.engine.comparisons import (
    METRICS,
    answers,
    correct,
    example,
    general,
    reworded,
    run_with,
    unanswerable,
    wrong,
)
from tests.engine.servers import serving

EXAMPLES = reworded(40) + general(20) + unanswerable(10)
RIGHT = {item.question: item.completion for item in EXAMPLES}


@pytest.fixture
def chat():
    """A server with two models: base is always wrong, tuned always right."""
    with serving(lambda model, question: RIGHT[question] if model == "tuned" else "It takes 99 minutes.") as found:
        yield found


@pytest.fixture
def run():
    arms = [answers(EXAMPLES, said, arm=arm) for said, arm in ((wrong, "base"), (correct, "tuned"))]
    leakage = {"reworded": {"test": 40, "exact": 0, "near": 0, "share": 0.0, "ids": [], "pairs": []}}
    return run_with(EXAMPLES, *arms, report={"leakage": leakage}, metrics=METRICS, system="You help.")


def compared(run, chat, base="base", tuned="tuned", progress=lambda arm, done, of: None):
    return remote_run.compare_servers(run, server(chat.url, base), server(chat.url, tuned), progress=progress)


def test_a_better_server_is_better_by_the_runs_own_statistics(run, chat):
    found = compared(run, chat)
    change = found["changes"][0]
    assert (found["verdict"]["word"], change["metric"], change["suite"]) == ("better", "key_facts", "reworded")
    assert (change["wins"], change["losses"], change["n"], len(found["items"])) == (40, 0, 40, len(EXAMPLES))
    assert {body["messages"][0]["content"] for _, body in chat.requests} == {"You help."}
    assert {body["max_tokens"] for _, body in chat.requests} == {run.spec().decoding.max_new_tokens}


def test_the_same_model_twice_cannot_tell(run, chat):
    found = compared(run, chat, "tuned", "tuned")
    assert found["verdict"]["word"] == "cannot_tell"
    assert {change["difference"] for change in found["changes"]} == {0.0}


def test_what_needs_likelihoods_is_not_measured_and_said_so(run, chat):
    found = compared(run, chat)
    missing = {entry["what"]: entry["why"] for entry in found["not_measured"]}
    likelihoods = {"choice_accuracy": "no_likelihood", "answer_loss": "no_likelihood"}
    assert missing == likelihoods | {"declining_auroc": "no_refusal"}
    assert not set(missing) & {change["metric"] for change in found["changes"]}
    assert "Right choice: not measured (the server gives no likelihoods)" in verdict.not_measured(found)
    said = " ".join(sentence["text"] for sentence in verdict.sentences(found))
    assert "tuned model is better" in said and "seed" not in said  # who trained it, and how often, is not known


def test_every_metric_of_ours_is_known_to_need_likelihoods_or_not():
    pairs = [example("pairs", "Which?", "Good one.", rejected="Bad one.")]
    needing = {
        name for name, metric in registry.metrics().items() if remote_run.needs_likelihood(metric, EXAMPLES + pairs)
    }
    known = {"answer_loss", "choice_accuracy", "preference_accuracy", "preference_margin", "reward"}
    assert known <= needing and not needing & {"token_f1", "key_facts", "declining", "length_ratio", "repetition"}


def test_it_lies_in_a_folder_of_its_own_and_the_runs_result_stays(run, chat):
    before = run.file("base").read_bytes()
    found = compared(run, chat)
    inner = remote_run.place(run, server(chat.url, "base"), server(chat.url, "tuned"))
    assert inner.path.parent == run.path / "eval" / "remote" and inner.comparison() == found
    assert [row.output.text for row in inner.answers("tuned")] == [item.completion for item in EXAMPLES]
    assert run.file("base").read_bytes() == before and not run.file("comparison").exists()
    assert not inner.file("base_part").exists() and not inner.file("tuned_part").exists()
    assert rundir.all_runs() == [run]


def test_interrupted_it_goes_on_where_it_was(run, chat):
    def stop(arm, done, of):
        if arm == "tuned" and done >= 5:
            raise Stopped

    with pytest.raises(Stopped):
        compared(run, chat, progress=stop)
    chat.requests.clear()
    assert compared(run, chat)["verdict"]["word"] == "better"
    assert {body["model"] for _, body in chat.requests} == {"tuned"}
    assert len(chat.requests) <= len(EXAMPLES) - 5 + 4  # what was under way when it stopped is asked again


def test_an_items_own_system_prompt_is_kept_and_plain_texts_are_not_asked(run, chat):
    own = example("reworded", "Question 1?", "It takes 3 days.")
    own = type(own)("own", (Message("system", "Mine."), *own.prompt), own.completion, suite="reworded")
    text = type(own)("text", (), "A plain text.", suite="documents")
    atomic.write_lines(run.examples_file("test"), [own, text])
    found = compared(run, chat)
    assert [body["messages"][0]["content"] for _, body in chat.requests] == ["Mine.", "Mine."]
    assert [item["tuned"] for item in found["items"]] == ["It takes 3 days.", ""]


def test_a_run_without_a_test_or_without_questions_is_refused(run, chat):
    atomic.write_lines(run.examples_file("test"), [type(EXAMPLES[0])("text", (), "A plain text.", suite="documents")])
    with pytest.raises(UserError, match="has no question to ask"):
        compared(run, chat)
    run.file("report").unlink()
    with pytest.raises(UserError, match="has no frozen test yet"):
        compared(run, chat)
    assert chat.requests == []


def test_hostile_answers_are_only_text(run):
    with serving(lambda model, question: "\x1b[2J<script>alert(1)</script>") as chat:
        arguments = ["remote", run.id, "--base-url", chat.url, "--base-model", "b", "--tuned-model", "t"]
        result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0 and "\x1b[2J" not in result.stdout + result.stderr


def test_the_verb_prints_the_table_or_one_json_document(run, chat, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("SERVER_KEY", "sk-secret")
    arguments = ["remote", run.id, "--base-url", chat.url, "--base-model", "base", "--tuned-model", "tuned"]
    result = CliRunner().invoke(app, [*arguments, "--base-key-env", "SERVER_KEY"])
    assert result.exit_code == 0, result.stderr
    assert "▲ better" in result.stdout and "95 % interval" in result.stdout
    assert "Loss on the reference answer: not measured (the server gives no likelihoods)" in result.stdout
    assert f"Asking tuned ({chat.url[7:-3]}), Tuned  70/70" in result.stderr and "eval/remote/" in result.stderr
    assert {headers["Authorization"] for headers in chat.headers} == {"Bearer sk-secret"}
    files = [path.read_text() for path in run.path.rglob("*") if path.is_file()]
    assert not any("sk-secret" in text for text in [*files, result.stdout, result.stderr])
    document = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert document["comparison"]["servers"]["tuned"] == {"url": chat.url, "model": "tuned"}


def test_a_key_goes_to_no_server_it_was_not_given_for(run, chat, monkeypatch):
    monkeypatch.setenv("SERVER_KEY", "sk-secret")
    with serving(lambda model, question: RIGHT[question]) as other:
        arguments = ["--base-url", chat.url, "--base-model", "base", "--tuned-url", other.url, "--tuned-model", "t"]
        result = CliRunner().invoke(app, ["remote", run.id, *arguments, "--base-key-env", "SERVER_KEY"])
    assert result.exit_code == 0, result.stderr
    assert "Authorization" in chat.headers[0]
    assert not any("Authorization" in headers for headers in other.headers)


def test_what_is_wrong_is_said_with_exit_code_2(run, chat, monkeypatch):
    monkeypatch.setattr(remote_call, "WAITS", ())
    chat.trouble = [500] * (2 * remote.PARALLEL)
    arguments = ["remote", run.id, "--base-model", "base", "--tuned-model", "tuned", "--base-url"]
    refused = CliRunner().invoke(app, [*arguments, chat.url])
    assert refused.exit_code == 2 and "status 500" in refused.stderr and "answers that came are kept" in refused.stderr
    assert CliRunner().invoke(app, [*arguments, "file:///etc/passwd"]).exit_code == 2

"""Answers from an OpenAI-compatible server: a real one on this machine, which fails in every way servers fail."""

import gzip
import json
import socket
import time

import pytest

from engine import remote, remote_call
from engine.remote_call import server
from engine.schema import Message, Stopped, UserError
from tests.engine.servers import completion, respond, serving

PROMPTS = [[Message("system", "Be kind."), Message("user", f"Question {at}?")] for at in range(12)]
KEY = "sk-very-secret"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(remote_call, "WAITS", (0.01, 0.01, 0.01))
    monkeypatch.setattr(remote_call, "LONGEST_WAIT", 0.05)
    monkeypatch.setattr(remote_call, "TIMEOUT_SECONDS", 10.0)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # a proxy must not be asked for this machine's own server


@pytest.fixture
def chat():
    with serving(lambda model, question: f"{model} says {question}") as found:
        yield found


def ask(chat, prompts=PROMPTS, *, progress=lambda done, of: None, key_env="", **options):
    return remote.answer(
        server(chat.url, "m", key_env=key_env), prompts, max_new_tokens=9, progress=progress, **options
    )


def test_every_prompt_is_answered_in_order_greedily_and_a_few_at_a_time(chat):
    seen = []
    outputs = ask(chat, progress=lambda done, of: seen.append((done, of)))
    assert [output.text for output in outputs] == [f"m says Question {at}?" for at in range(12)]
    assert all(output.tokens == 4 and output.seconds > 0 and not output.truncated for output in outputs)
    assert all(output.answer_loss is None and output.choice_losses == () for output in outputs)
    path, body = next(request for request in chat.requests if request[1]["messages"][-1]["content"] == "Question 3?")
    assert path == "/v1/chat/completions"
    assert body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Question 3?"}],
        "max_tokens": 9,
        "temperature": 0,
        "stream": False,
    }
    assert 1 < chat.most <= remote.PARALLEL
    assert seen[0] == (0, 12) and seen[-1] == (12, 12)


def hang_up(handler):
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def test_what_may_pass_is_tried_again(chat):
    chat.trouble = [429, 500, 503, hang_up]
    assert len(ask(chat)) == 12 and len(chat.requests) == 16


@pytest.mark.parametrize("status", [429, 500])
def test_what_does_not_pass_is_said_with_what_to_do(chat, status):
    chat.trouble = [status] * 100
    with pytest.raises(UserError, match=f"status {status}: trouble.*4 tries.*See that the server runs and holds 'm'"):
        ask(chat, PROMPTS[:1])
    assert len(chat.requests) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_tried_again(chat, status):
    chat.trouble = [status]
    with pytest.raises(UserError, match=f"refuses 'm' .status {status}: trouble.*Check address, model name and key"):
        ask(chat, PROMPTS[:1])
    assert len(chat.requests) == 1


def test_a_server_that_is_not_there_is_said_so():
    with serving(str) as gone:
        pass
    with pytest.raises(UserError, match="4 tries.*See that the server runs"):
        ask(gone, PROMPTS[:1])


def test_a_server_that_is_too_slow_is_given_up(chat, monkeypatch):
    monkeypatch.setattr(remote_call, "TIMEOUT_SECONDS", 0.1)
    chat.trouble = [lambda handler: time.sleep(0.5)] * 4
    with pytest.raises(UserError, match="no answer in time .4 tries"):
        ask(chat, PROMPTS[:1])


def test_a_server_that_drips_is_given_up(chat, monkeypatch):
    monkeypatch.setattr(remote_call, "TIMEOUT_SECONDS", 0.2)

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(800):  # forty seconds
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    chat.trouble = [drip] * 4
    begun = time.monotonic()
    with pytest.raises(UserError, match="no whole answer in time"):
        ask(chat, PROMPTS[:1])
    assert time.monotonic() - begun < 30  # four tries of forty seconds each


@pytest.mark.parametrize(
    "body",
    [
        b"<html>nginx</html>",
        b"",
        b"null",
        b"[]",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": ["a"]}}]}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b"\xff\xfe\x00",
        b"9" * 6000,
        b"[" * 100_000,
    ],
)
def test_garbage_is_no_answer(chat, body):
    chat.trouble = [lambda handler: respond(handler, body)]
    with pytest.raises(UserError, match="did not answer like an OpenAI chat completion.*usually ends in /v1"):
        ask(chat, PROMPTS[:1])


def test_a_huge_body_is_not_read_to_its_end(chat, monkeypatch):
    monkeypatch.setattr(remote_call, "MAX_BYTES", 200_000)
    sent = []

    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b" " * 100_000)
            sent.append(100_000)

    chat.trouble = [flood]
    with pytest.raises(UserError, match="sent more than 200,000 bytes as one answer"):
        ask(chat, PROMPTS[:1])
    assert sum(sent) < 100_000_000


def test_a_packed_body_is_not_unfolded(chat):
    bomb = gzip.compress(b" " * 50_000_000)
    chat.trouble = [lambda handler: respond(handler, bomb, headers={"Content-Encoding": "gzip"})]
    with pytest.raises(UserError, match="packed form that was not asked for"):
        ask(chat, PROMPTS[:1])
    assert chat.headers[0]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(chat, status):
    with serving(lambda model, question: "elsewhere") as other:
        chat.trouble = [lambda handler: respond(handler, b"", status=status, headers={"Location": f"{other.url}/x"})]
        with pytest.raises(UserError, match="redirects to another address.*No redirect is followed"):
            ask(chat, PROMPTS[:1])
        assert other.requests == []


def test_odd_answers_are_still_text(chat):
    surrogate = json.dumps(completion(" a\ud800b\n", reason="length")).encode()
    nothing = completion(None) | {"usage": {"completion_tokens": "many"}}
    chat.trouble = [lambda handler: respond(handler, surrogate)]
    output = ask(chat, [[Message("user", "lone \ud800")]])[0]
    assert (output.text, output.truncated) == ("a?b", True)
    chat.trouble = [lambda handler: respond(handler, json.dumps(nothing).encode())]
    assert (ask(chat, PROMPTS[:1])[0].text, ask(chat, PROMPTS[:1])[0].tokens) == ("", 4)


def test_the_key_comes_from_the_environment_and_stands_in_no_message(chat, monkeypatch, tmp_path):
    monkeypatch.setenv("MY_KEY", KEY)
    kept = tmp_path / "kept.jsonl"
    ask(chat, key_env="MY_KEY", kept=kept)
    assert {headers["Authorization"] for headers in chat.headers} == {f"Bearer {KEY}"}
    assert KEY not in kept.read_text() and KEY not in repr(server(chat.url, "m", key_env="MY_KEY"))
    for trouble in (401, 500):
        chat.trouble = [trouble] * 4  # its message repeats the key, and steers a terminal
        with pytest.raises(UserError, match=r"for Bearer \*\*\*") as refused:
            ask(chat, PROMPTS[:1], key_env="MY_KEY")
        assert KEY not in str(refused.value) and "\x1b" not in str(refused.value)


@pytest.mark.parametrize("value", [None, "", " ", "two words", "schlüssel", "a\nb"])
def test_a_key_that_cannot_be_sent_is_said_without_showing_it(monkeypatch, value):
    monkeypatch.delenv("MY_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(UserError, match="MY_KEY holds no usable key"):
        server("http://127.0.0.1/v1", "m", key_env="MY_KEY")


def test_a_key_given_for_its_variables_name_is_not_repeated():
    with pytest.raises(UserError, match="takes the NAME") as refused:
        server("http://127.0.0.1/v1", "m", key_env=KEY)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8000", "file:///etc/passwd", "ftp://a/", "http://", "http://a:99999", "http://a b", "http://a\n.b"],
)
def test_only_http_and_https_are_addresses(url):
    with pytest.raises(UserError, match="is no server's address"):
        server(url, "m")


@pytest.mark.parametrize("url", ["http://me:secret@host/v1", "https://host/v1?key=secret", "https://host/v1#secret"])
def test_an_address_holds_no_secret(url):
    with pytest.raises(UserError, match="holds more than a place") as refused:
        server(url, "m")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("model", ["", "  ", "a\nb", "x" * 300])
def test_a_model_has_a_name(model):
    with pytest.raises(UserError, match="is no model's name"):
        server("http://127.0.0.1/v1", model)


def test_a_stop_is_heeded_at_once_and_what_was_answered_is_not_asked_again(chat, tmp_path):
    kept = tmp_path / "kept.jsonl"

    def stop(done, of):
        if done == 5:
            raise Stopped

    with pytest.raises(Stopped):
        ask(chat, kept=kept, progress=stop)
    with open(kept, "a") as stream:
        stream.write('{"at": 11, "te')  # cut short
    time.sleep(0.1)
    chat.requests.clear()
    assert [output.text for output in ask(chat, kept=kept)] == [f"m says Question {at}?" for at in range(12)]
    assert len(chat.requests) == 7
    chat.requests.clear()
    ask(chat, PROMPTS[:6], kept=kept)  # other questions: nothing of it counts
    assert len(chat.requests) == 6


def test_a_stop_is_heeded_while_the_server_is_silent(chat):
    chat.trouble = [lambda handler: time.sleep(60)] * 12
    calls = []

    def stop(done, of):
        calls.append(done)
        if len(calls) > 2:
            raise Stopped

    begun = time.monotonic()
    with pytest.raises(Stopped):
        ask(chat, progress=stop)
    assert time.monotonic() - begun < 30

"""One answer of a chat model on a server that speaks like OpenAI's, asked for safely. No torch.

The server is not trusted: no redirect is followed, what it sends is limited in size and time, and is text only. The key
comes from an environment variable and stands in no file, message or list of processes.
"""

import json
import math
import os
import re
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from engine.schema import Output, Stopped, UserError

TIMEOUT_SECONDS = 300.0  # of one answer: a large model on a CPU takes minutes
CONNECT_SECONDS = 10.0
WAITS = (1.0, 4.0, 15.0)  # seconds before each further try, where trying again may help
LONGEST_WAIT = 60.0  # however long a server asks for
MAX_BYTES = 2_000_000  # of one response: 4,096 tokens of text need about 20,000
AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
LOCAL = ("127.0.0.1", "localhost", "::1")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,100}")


@dataclass(frozen=True)
class Server:
    """A model on a server: `url` up to and without /chat/completions, `model` as the server calls it, `key_env` the
    name of the environment variable that holds the key ("": none is sent). Get one from `server`."""

    url: str
    model: str
    key_env: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


class _TryAgain(Exception):
    """The server could not answer now. `seconds` is how long it asks to wait."""

    def __init__(self, message: str, *, seconds: float = 0.0):
        super().__init__(message)
        self.seconds = seconds


def server(url: str, model: str, *, key_env: str = "") -> Server:
    """The server at that URL. Raises UserError for a URL that is not plain http or https, a model without a name, and a
    key that is not in the environment.

    >>> server("http://127.0.0.1:8000/v1/", "base").host
    '127.0.0.1:8000'
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        good = False
    if not good or len(url) > 500 or not url.isprintable() or " " in url:
        raise UserError(f"'{_plain(url)[:80]}' is no server's address. Write for example http://127.0.0.1:8000/v1.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UserError(
            f"The address of {parts.hostname} holds more than a place. Leave out user, password, ? and #; put a key "
            "into an environment variable and give that variable's name."
        )
    if not model.strip() or len(model) > 200 or not model.isprintable():
        raise UserError(f"'{_plain(model)[:60]}' is no model's name. Give the name the server lists under /v1/models.")
    found = Server(url.rstrip("/").removesuffix("/chat/completions"), model, key_env)
    _key(found)
    return found


def client(server: Server) -> httpx.Client:
    """A client for that server, to be closed; threads may share it."""
    return httpx.Client(
        timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=urlsplit(server.url).hostname not in LOCAL,  # a proxy has no business with this machine's own server
        headers={"Accept-Encoding": "identity", "User-Agent": "kurabe"} | _key(server),
    )


def ask(client: httpx.Client, server: Server, body: dict[str, Any], stopping: threading.Event) -> Output:
    """One answer, asked for again while that may help. `body` is the request's JSON.

    Raises UserError where the server refuses, cannot be reached after several tries, or answers with something else;
    Stopped where `stopping` is set between two tries.
    """
    for wait in (*WAITS, None):
        begun = time.monotonic()
        try:
            return _once(client, server, body, begun=begun)
        except (httpx.TransportError, _TryAgain) as error:
            why = (
                "no answer in time" if isinstance(error, httpx.TimeoutException) else str(error) or type(error).__name__
            )
            if wait is None:
                raise UserError(
                    f"{server.url}: {_safe(why, server)} ({len(WAITS) + 1} tries). See that the server runs and holds "
                    f"'{server.model}', then give the same command again: answers that came are kept."
                ) from None
            if stopping.wait(max(wait, min(getattr(error, "seconds", 0.0), LONGEST_WAIT))):
                raise Stopped from None
    raise AssertionError("unreachable")


def _once(client: httpx.Client, server: Server, body: dict[str, Any], *, begun: float) -> Output:
    with client.stream("POST", f"{server.url}/chat/completions", json=body) as response:
        text = _limited(response, server, begun=begun)
    status = response.status_code
    if status in AGAIN:
        raise _TryAgain(f"status {status}: {_told(text)}", seconds=_asked_to_wait(response))
    if 300 <= status < 400:
        raise UserError(
            f"{server.url} redirects to another address ({_safe(response.headers.get('location', '?'), server)}). "
            "No redirect is followed; give the final address if you trust it."
        )
    if status != 200:
        raise UserError(
            f"{server.url} refuses '{server.model}' (status {status}: {_safe(_told(text), server)}). "
            "Check address, model name and key."
        )
    try:
        return _output(json.loads(text), seconds=time.monotonic() - begun)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise UserError(
            f"{server.url} did not answer like an OpenAI chat completion ({type(error).__name__}: "
            f"{_safe(text[:120].decode('utf-8', 'replace'), server)}). The address usually ends in /v1."
        ) from None


def _limited(response: httpx.Response, server: Server, *, begun: float) -> bytes:
    """The response's bytes, as they are: a packed one could unfold without end."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UserError(f"{server.url} answers in a packed form that was not asked for. Turn its compression off.")
    text = bytearray()
    for chunk in response.iter_raw():  # as they come: gathered into larger ones, a slow drip would have no end
        text += chunk
        if len(text) > MAX_BYTES:
            raise UserError(f"{server.url} sent more than {MAX_BYTES:,} bytes as one answer; that is no answer.")
        if time.monotonic() - begun > TIMEOUT_SECONDS:
            raise _TryAgain("no whole answer in time")
    return bytes(text)


def _output(document: Any, *, seconds: float) -> Output:
    """The answer in a chat completion. Raises ValueError, KeyError, TypeError or IndexError where it holds none."""
    choice = document["choices"][0]
    said = choice["message"]["content"]
    said = "" if said is None else said  # a server says so where the model ended at once
    if not isinstance(said, str):
        raise TypeError("the content is no text")
    usage = document.get("usage")
    tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return Output(
        text=said.strip().encode("utf-8", "replace").decode("utf-8"),  # as Answer.text; no lone surrogates
        tokens=tokens if isinstance(tokens, int) and 0 <= tokens < 1_000_000 else 0,
        seconds=round(seconds, 4),
        truncated=choice.get("finish_reason") == "length",
    )


def _key(server: Server) -> dict[str, str]:
    """The header that carries the key; none where no variable is named."""
    if not server.key_env:
        return {}
    if not _ENV_NAME.fullmatch(server.key_env):
        raise UserError(
            "The key's option takes the NAME of an environment variable, such as OPENAI_API_KEY, not the key."
        )
    key = os.environ.get(server.key_env, "").strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise UserError(f"The environment variable {server.key_env} holds no usable key. Set it, then try again.")
    return {"Authorization": f"Bearer {key}"}


def _told(text: bytes) -> str:
    """What an error response says, in short."""
    try:
        error = json.loads(text)["error"]
        said = error["message"] if isinstance(error, dict) else error
    except (ValueError, KeyError, TypeError, RecursionError):
        said = text[:400].decode("utf-8", "replace")
    return str(said)[:400] or "nothing said"


def _safe(said: str, server: Server) -> str:
    """A server's words, short and in one line, without the key, which some servers repeat."""
    key = os.environ.get(server.key_env, "").strip() if server.key_env else ""
    return _plain(said.replace(key, "***") if key else said)[:200]


def _plain(said: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in said).split())


def _asked_to_wait(response: httpx.Response) -> float:
    try:
        seconds = float(response.headers.get("retry-after", "0"))
    except ValueError:  # a date
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0

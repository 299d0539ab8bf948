"""The page's side of the inference process: ask, stop, proof. Imports no torch; a crash there is a message here."""

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from engine.launch import ENVIRONMENT, ROOT
from engine.rundir import Run
from engine.schema import UserError

MAX_QUESTION = 8000
MAX_NEW_TOKENS = 2048
IDLE_SECONDS = 900  # an unused model is let go, so that a training run has the memory

_lock = threading.Lock()
_current: "Server | None" = None


class Server:
    """An inference process for one run, and the questions under way in it."""

    def __init__(self, run: Run):
        self.run, self.proof, self.failure = run, None, ""
        self.used = time.monotonic()
        self.events: dict[str, queue.Queue[dict[str, Any]]] = {}
        self.ready = threading.Event()
        self.log = open(run.path / "serve.log", "w")  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.serve", run.id],
            cwd=ROOT,
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            encoding="utf-8",
        )
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def lives(self) -> bool:
        return self.process.poll() is None and not self.failure

    def send(self, request: dict[str, Any]) -> None:
        self.used = time.monotonic()
        self.process.stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()

    def _read(self) -> None:
        """Hand each event to the question it belongs to; when the process ends, tell all of them."""
        for line in self.process.stdout:
            event = json.loads(line)
            if "id" in event:
                if event["id"] in self.events:
                    self.events[event["id"]].put(event)
            elif event["state"] == "ready":
                self.proof = event["proof"]
                self.ready.set()
            else:
                self.failure = event["message"]
        code = self.process.wait()
        self.log.close()
        self.failure = self.failure or _ending(code)
        self.ready.set()
        for waiting in list(self.events.values()):
            waiting.put({"state": "failed", "message": self.failure})


def _ending(code: int) -> str:
    if code < 0:
        return (
            "The model's process was ended by the system, most likely for want of memory. "
            "Close other programs and ask again."
        )
    return (
        f"The model's process ended (exit code {code}). Its log is serve.log in the run's folder. "
        "Ask again to restart it."
    )


def _server(run: Run) -> Server:
    """The process that serves this run; the one of another run gives way, one that has died is replaced."""
    global _current
    with _lock:
        if _current is None or not _current.lives or _current.run.id != run.id:
            if _current is not None:
                _current.close()
            _current = Server(run)
            threading.Thread(target=_close_when_idle, args=(_current,), daemon=True).start()
        return _current


def _close_when_idle(server: Server) -> None:
    while server.lives:
        time.sleep(5)
        if not server.events and time.monotonic() - server.used > IDLE_SECONDS:
            server.close()


_numbers = itertools.count(1)


def ask(run: Run, question: str, *, max_new_tokens: int = 128) -> Iterator[dict[str, Any]]:
    """Both answers as they grow: events {"state", "base", "tuned", "message"}, the arms holding text, tokens, seconds.

    The state is loading, waiting (another question is being answered), answering, then done, stopped or failed.
    Closing the iterator stops the answer. Raises UserError for an empty or over-long question.
    """
    question = question.strip()
    if not question:
        raise UserError("The question is empty. Type one, or choose an example.")
    if len(question) > MAX_QUESTION:
        raise UserError(
            f"The question has {len(question):,} characters; at most {MAX_QUESTION:,} are taken. Shorten it."
        )
    if not 1 <= max_new_tokens <= MAX_NEW_TOKENS:
        raise UserError(f"max_new_tokens is {max_new_tokens}; give 1 to {MAX_NEW_TOKENS}.")
    if not run.file("training").exists():
        raise UserError("This run has no trained model yet. Wait until its training is done.")
    server = _server(run)
    number = f"{os.getpid()}-{next(_numbers)}"
    events = server.events[number] = queue.Queue()
    event: dict[str, Any] = {"state": "loading"}
    try:
        while not server.ready.wait(0.25):
            yield event
        if server.failure:
            yield {"state": "failed", "message": server.failure}
            return
        server.send({"id": number, "question": question, "max_new_tokens": max_new_tokens})
        event = {"state": "waiting"}
        while event["state"] in ("waiting", "answering"):
            try:
                event = events.get(timeout=0.25)
                while not events.empty():  # the page need not draw each token when several have come
                    event = events.get_nowait()
            except queue.Empty:
                if event["state"] == "answering":
                    continue
            yield event
    finally:
        server.events.pop(number, None)
        if event["state"] in ("waiting", "answering") and server.lives:
            server.send({"stop": number})


def stop(run: Run) -> None:
    """Stop whatever is being answered for this run."""
    server = _current
    if server is not None and server.run.id == run.id and server.lives:
        for number in list(server.events):
            server.send({"stop": number})


def proof(run: Run) -> dict[str, Any] | None:
    """The proof that base is base, once the run's model has been loaded here; None before."""
    server = _current
    return server.proof if server is not None and server.run.id == run.id else None

"""The page's side of the inference process: ask, stop, proof. Imports no torch; a crash there is a message here."""

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine import rundir, sides
from engine.launch import ENVIRONMENT, ROOT
from engine.rundir import Run
from engine.schema import Message, UserError
from engine.sides import Side

MAX_NEW_TOKENS = 2048
MAX_QUESTIONS = 500
MAX_SEED = 2**31 - 1
IDLE_SECONDS = 900  # an unused model is let go, so that a training run has the memory

_lock = threading.Lock()
_current: "Server | None" = None


@dataclass(frozen=True)
class Asked:
    """What both sides are asked: for each question one prompt per side. Greedy at temperature 0; else both sides draw
    the same random numbers, made of `seed`. `owner` is who may stop it."""

    sides: tuple[Side, Side]
    prompts: Sequence[tuple[tuple[Message, ...], tuple[Message, ...]]]
    max_new_tokens: int = 128
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    owner: str = ""

    def check(self) -> None:
        """Raises UserError naming the field that cannot be."""
        if not 1 <= len(self.prompts) <= MAX_QUESTIONS:
            raise UserError(f"{len(self.prompts)} questions; give 1 to {MAX_QUESTIONS}.")
        for name, least, most in (
            ("max_new_tokens", 1, MAX_NEW_TOKENS),
            ("temperature", 0, 2),
            ("top_p", 0.01, 1),
            ("seed", 0, MAX_SEED),
        ):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not least <= value <= most:
                raise UserError(f"{name} is {value!r:.40}; give {least} to {most}.")

    def request(self, number: str) -> dict[str, Any]:
        """What the process is sent: see serve.answer."""
        prompts = [[[[turn.role, turn.content] for turn in side] for side in both] for both in self.prompts]
        fields = {name: getattr(self, name) for name in ("temperature", "top_p")}
        fields |= {name: int(getattr(self, name)) for name in ("max_new_tokens", "seed")}
        return {"id": number, "sides": [side.key for side in self.sides], "prompts": prompts, **fields}


class Server:
    """The inference process, and the questions under way in it."""

    def __init__(self) -> None:
        self.failure = ""
        self.proofs: dict[tuple[str, ...], dict[str, Any]] = {}
        self.used = time.monotonic()
        self.events: dict[str, queue.Queue[dict[str, Any]]] = {}
        self.owners: dict[str, str] = {}
        self.sending = threading.Lock()
        self.log = open(rundir.serve_log(), "w")  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.serve"],
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
        with self.sending:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()

    def _read(self) -> None:
        """Hand each event to the question it belongs to; when the process ends, tell all of them."""
        for line in self.process.stdout:
            event = json.loads(line)
            if event["id"] in self.events:
                self.events[event["id"]].put(event)
        code = self.process.wait()
        self.log.close()
        self.failure = _ending(code)
        for waiting in list(self.events.values()):
            waiting.put({"state": "failed", "message": self.failure})


def _ending(code: int) -> str:
    if code < 0:
        return (
            "The model's process was ended by the system, most likely for want of memory. "
            "Close other programs and ask again."
        )
    return (
        f"The model's process ended (exit code {code}). Its log is serve.log in Kurabe's folder. "
        "Ask again to restart it."
    )


def _server() -> Server:
    """The process that answers; one that has died is replaced."""
    global _current
    with _lock:
        if _current is None or not _current.lives:
            _current = Server()
            threading.Thread(target=_close_when_idle, args=(_current,), daemon=True).start()
        return _current


def _close_when_idle(server: Server) -> None:
    while server.lives:
        time.sleep(5)
        if not server.events and time.monotonic() - server.used > IDLE_SECONDS:
            server.close()


_numbers = itertools.count(1)


def ask(run: Run, question: str, *, max_new_tokens: int = 128) -> Iterator[dict[str, Any]]:
    """Base's and tuned's greedy answer to one question as they grow: events {"state", "base", "tuned", "message"}, the
    arms holding text, tokens, seconds. States and errors as `answers`."""
    turns = sides.conversation((), question)
    both = tuple(sides.side(f"{run.id}:{arm}") for arm in (sides.BASE, sides.TUNED))
    system = run.spec().system
    prompts = [tuple(sides.prompts(side, [turns], system=system)[0] for side in both)]
    for event in answers(Asked(both, prompts, max_new_tokens)):
        given = dict(zip((sides.BASE, sides.TUNED), event.pop("answers")[0], strict=True))
        yield event | {arm: one for arm, one in given.items() if one}


def answers(asked: Asked) -> Iterator[dict[str, Any]]:
    """All answers as they grow: {"state", "answers", "proof", "message"}; answers[question][side] holds text, tokens,
    seconds, done and truncated, or is None before its first token.

    The state is loading (the process starts, a model is read), answering, then done, stopped or failed; waiting while
    another question is being answered. `proof` is there once a base was proved to be one. Closing the iterator stops
    the answers. Raises UserError for what cannot be asked.
    """
    asked.check()
    server = _server()
    number = f"{os.getpid()}-{next(_numbers)}"
    ahead = bool(server.events)
    events = server.events[number] = queue.Queue()
    server.owners[number] = asked.owner
    state: dict[str, Any] = {"state": "waiting" if ahead else "loading", "proof": None}
    given: list[list[Any]] = [[None, None] for _ in asked.prompts]
    try:
        server.send(asked.request(number))
        while state["state"] in ("loading", "waiting", "answering"):
            try:
                came = [events.get(timeout=0.25)]
            except queue.Empty:
                if state["state"] != "answering":
                    yield state | {"answers": given}
                continue
            while not events.empty():  # the page need not draw each token when several have come
                came.append(events.get_nowait())
            for event in came:
                for at, side, answer in event.pop("answers", ()):
                    given[at][side] = answer
                state |= {name: value for name, value in event.items() if name != "id"}
            if state["proof"]:
                server.proofs[tuple(side.key for side in asked.sides)] = state["proof"]
            yield state | {"answers": [list(both) for both in given]}
    except OSError:  # the process ended between the look at it and the question
        yield {"state": "failed", "message": server.failure or _ending(server.process.wait()), "answers": given}
    finally:
        server.events.pop(number, None)
        server.owners.pop(number, None)
        if state["state"] in ("loading", "waiting", "answering") and server.lives:
            server.send({"stop": number})


def stop(owner: str = "") -> None:
    """Stop whatever is being answered for this owner."""
    server = _current
    if server is not None and server.lives:
        for number, name in list(server.owners.items()):
            if name == owner:
                server.send({"stop": number})


def proof(both: Sequence[Side]) -> dict[str, Any] | None:
    """The proof that base is base, once these sides' models have been loaded by the process there is; None before."""
    server = _current
    return server.proofs.get(tuple(side.key for side in both)) if server is not None and server.lives else None

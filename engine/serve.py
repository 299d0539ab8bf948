"""One inference process for the page: `python -m engine.serve`. Two sides answer the same questions at once.

Requests come as JSON lines on stdin ({"id", "sides", "prompts", ...}, see `answer`, or {"stop": id}), events go out as
JSON lines on stdout. It ends when stdin closes, so it never outlives the page's server.
"""

import json
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from engine import mixed, sides
from engine.schema import Message, UserError
from engine.serve_models import Placed, Room, place
from engine.worker import explain

TOGETHER = 16  # questions answered in one batch, each by both sides

Row = tuple[int, int]  # which question, which side


@dataclass(frozen=True)
class Batch:
    """Rows that take their steps together; `alike`: all by one side's adapter."""

    rows: list[Row]
    alike: bool


class Inbox:
    """The requests, read by a thread of their own so that a stop is noticed between two tokens."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.stopped: set[str] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            request = json.loads(line)
            if "stop" in request:
                self.stopped.add(request["stop"])
            else:
                self.waiting.put(request)
        self.waiting.put(None)


def main() -> int:
    """Answer until stdin closes. Returns the exit code."""
    send = _sender()
    inbox = Inbox()
    held: list[Room] = []
    while (request := inbox.waiting.get()) is not None:
        try:
            answer(held, request, inbox, send)
        except Exception as error:  # noqa: BLE001 - one failed question must not end the others
            send({"id": request["id"], "state": "failed", "message": explain(error)})
    return 0


def answer(held: list[Room], request: dict[str, Any], inbox: Inbox, send: Any) -> None:
    """Stream the answers of both sides to every question until all have ended or the request was stopped.

    `request`: sides (two keys), prompts (for each question one prompt per side, as lists of [role, content]),
    max_new_tokens, temperature, top_p, seed. Events carry "answers": those that have grown since the last one, each
    [question, side, {"text", "tokens", "seconds", "done", "truncated"}]. Seconds are those on the clock since the
    question's batch began, both sides at work.
    """
    number = request["id"]
    if number in inbox.stopped:
        send({"id": number, "state": "stopped"})
        return
    send({"id": number, "state": "loading"})
    placed, proof = place(held, [sides.side(key) for key in request["sides"]])
    send({"id": number, "state": "answering", "proof": proof, "answers": []})
    prompts = request["prompts"]
    for first in range(0, len(prompts), TOGETHER):
        rows = [(at, side) for at in range(first, min(first + TOGETHER, len(prompts))) for side in (0, 1)]
        for grown in _streamed(placed, rows, prompts, request):
            stopped = number in inbox.stopped
            send({"id": number, "state": "stopped" if stopped else "answering", "answers": grown})
            if stopped:
                return
    send({"id": number, "state": "done", "answers": []})


def _streamed(
    placed: Sequence[Placed], rows: Sequence[Row], prompts: Sequence[Any], request: dict[str, Any]
) -> Iterator[list[Any]]:
    """What has grown after each step; rows that share a batch take a step together, batches take turns."""
    begun = time.perf_counter()
    growing = [_begun(placed, batch, prompts, request) for batch in _batches(placed, rows)]
    done: set[Row] = set()
    while growing:
        grown: list[Any] = []
        for one in tuple(growing):
            stream, batch = one
            side = placed[batch.rows[0][1]]
            with side.context() if batch.alike else nullcontext():
                answers = next(stream, None)
            if answers is None:
                growing.remove(one)
                continue
            seconds = round(time.perf_counter() - begun, 3)
            for row, given in zip(batch.rows, answers, strict=True):
                if row not in done:
                    grown.append([*row, _told(given, side.loaded.tokenizer, seconds)])
                    done |= {row} if given.done else set()
        if grown:
            yield grown


def _batches(placed: Sequence[Placed], rows: Sequence[Row]) -> list[Batch]:
    """One batch for both sides where one loaded model can answer for both at once, else one for each."""
    left, right = placed
    if left == right:
        return [Batch(list(rows), alike=True)]
    if left.loaded is right.loaded and mixed.can_mix(left.loaded):
        return [Batch(list(rows), alike=False)]
    return [Batch([row for row in rows if row[1] == side], alike=True) for side in (0, 1)]


def _begun(placed: Sequence[Placed], batch: Batch, prompts: Sequence[Any], request: dict[str, Any]) -> Any:
    """(the growing answers, the batch)."""
    from engine.decoding import Sampling, stream

    loaded, longest = placed[batch.rows[0][1]].loaded, request["max_new_tokens"]
    given = [_tokens(loaded, prompts[at][side], longest) for at, side in batch.rows]
    names = None if batch.alike else [placed[side].adapter for _, side in batch.rows]
    sample = None
    if request["temperature"] > 0:  # both sides of a question draw the same random numbers
        seeds = [request["seed"] + at for at, _ in batch.rows]
        sample = Sampling(seeds, request["temperature"], request["top_p"])
    return stream(loaded, given, max_new_tokens=longest, sample=sample, adapters=names), batch


def _tokens(loaded: Any, prompt: Sequence[Sequence[str]], longest: int) -> list[int]:
    """The prompt's tokens. Raises UserError where the model cannot take them and an answer."""
    from engine.models import prompt_tokens

    tokens = prompt_tokens(loaded.tokenizer, [Message(role, content) for role, content in prompt])
    most = getattr(loaded.core.config.get_text_config(), "max_position_embeddings", None)
    if most and len(tokens) + longest > most:
        raise UserError(
            f"The prompt has {len(tokens):,} tokens and the answer may have {longest:,}; this model takes {most:,} in "
            "all. Shorten the question, begin a new conversation, or lower the longest answer."
        )
    return tokens


def _told(given: Any, tokenizer: Any, seconds: float) -> dict[str, Any]:
    words = {"text": given.text(tokenizer), "tokens": len(given.tokens), "seconds": seconds}
    return words | {"done": given.done, "truncated": given.truncated}


def _sender() -> Any:
    """Write events to the real stdout; whatever else prints goes to stderr, so that nothing garbles the lines."""
    out, sys.stdout = sys.stdout, sys.stderr

    def send(event: dict[str, Any]) -> None:
        out.write(json.dumps(event) + "\n")
        out.flush()

    return send


if __name__ == "__main__":
    sys.exit(main())

"""Answers from a server that speaks like OpenAI's (vLLM, llama.cpp, Ollama and others), at a URL the user gives.

For models too large for this machine. No torch.
"""

import hashlib
import json
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from engine import atomic, remote_call
from engine.remote_call import Server
from engine.schema import Message, Output

PARALLEL = 4  # requests under way at once: servers batch them, and four do not drown a small one


def answer(
    server: Server,
    prompts: Sequence[Sequence[Message]],
    *,
    max_new_tokens: int,
    progress: Callable[[int, int], None],
    kept: Path | None = None,
) -> list[Output]:
    """The greedy answer (temperature 0) to every prompt, in their order; `seconds` is the time the request took.

    At most PARALLEL requests are under way. `progress(done, of)` is called several times a second and may raise to
    stop. With `kept`, each answer is written there as it comes, and one that stands there is not asked for again.
    Raises UserError where the server refuses, cannot be reached after several tries, or answers with something else.
    """
    bodies = [body(server, prompt, max_new_tokens) for prompt in prompts]
    found = _read_kept(kept, server, bodies)
    with remote_call.client(server) as client:
        progress(len(found), len(bodies))
        for at, output in answers(client, server, {at: body for at, body in enumerate(bodies) if at not in found}):
            if isinstance(output, Exception):
                raise output
            if output is not None:
                found[at] = output
                if kept:
                    atomic.append_line(kept, {"at": at, **asdict(output)})
            progress(len(found), len(bodies))
    return [found[at] for at in range(len(bodies))]


def answers(
    client: httpx.Client, server: Server, bodies: dict[int, dict[str, Any]]
) -> Iterator[tuple[int, Output | Exception | None]]:
    """(at, output) as the answers come, about in the order of `bodies`, and (-1, None) now and then between them.

    What a request fails with (UserError, as a rule) comes in the output's place; the others go on until the reader
    ends.
    """
    waiting: queue.SimpleQueue[tuple[int, dict[str, Any]]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Output | Exception]] = queue.SimpleQueue()
    stopping = threading.Event()
    for item in bodies.items():
        waiting.put(item)

    def work() -> None:
        while not stopping.is_set():
            try:
                at, body = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((at, remote_call.ask(client, server, body, stopping)))
            except Exception as error:  # noqa: BLE001 - told to the thread that waits for it
                done.put((at, error))

    for _ in range(min(PARALLEL, len(bodies))):  # daemons: a request under way must not hold up a person's Ctrl-C
        threading.Thread(target=work, daemon=True).start()
    left = len(bodies)
    try:
        while left:
            try:
                at, output = done.get(timeout=0.2)
            except queue.Empty:
                yield -1, None
                continue
            left -= 1
            yield at, output
    finally:
        stopping.set()


def body(server: Server, prompt: Sequence[Message], max_new_tokens: int) -> dict[str, Any]:
    """The request for the greedy answer to a prompt."""
    messages = [{"role": message.role, "content": _whole(message.content)} for message in prompt]
    return {
        "model": server.model,
        "messages": messages,
        "max_tokens": max_new_tokens,
        "temperature": 0,
        "stream": False,
    }


def _whole(text: str) -> str:
    """The text without lone surrogates, which cannot be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _read_kept(kept: Path | None, server: Server, bodies: list[dict[str, Any]]) -> dict[int, Output]:
    """The answers that stand in the file; it is begun anew where they are to other questions or by another server."""
    if kept is None:
        return {}
    content = json.dumps([server.url, bodies], sort_keys=True)
    key = {"questions": hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()}
    return {line.pop("at"): Output.from_dict(line) for line in atomic.reopen_lines(kept, head=key)}

"""One page, served once for the tests of this folder, and a way to call its handlers as the browser does."""

import json
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import httpx
import pytest

from ui import server
from ui.app import build_app


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Served:
    """The page at `url`. `blocks` knows its handlers."""

    url: str
    blocks: gr.Blocks

    def handler(self, name: str, *, page: str = "") -> Any:
        """The handler of that function's name on the page of a language."""
        return next(fn for fn in self.blocks.fns.values() if fn.name == name and fn.page == page)

    def inputs(self, name: str, *, page: str = "") -> dict[Any, Any]:
        """What the browser would send: each input component with the value it was laid out with."""
        found = self.handler(name, page=page).inputs
        return {part: None if isinstance(part, gr.State) else getattr(part, "value", None) for part in found}

    def call(self, name: str, values: dict[Any, Any], *, page: str = "", event: Any = None) -> list[Any]:
        """Every output the handler sends, in order. Raises AssertionError where it fails without a word."""
        handler, session = self.handler(name, page=page), secrets.token_hex(5)
        body = {"fn_index": handler._id, "data": list(values.values()), "session_hash": session, "event_data": event}
        with httpx.Client(base_url=self.url, timeout=60) as client:
            client.post("/gradio_api/queue/join", json=body).raise_for_status()
            sent = []
            with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
                for line in stream.iter_lines():
                    message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                    if message.get("msg") in ("process_generating", "process_completed"):
                        sent.append(message)
                    if message.get("msg") == "process_completed":
                        return sent
        raise AssertionError("the stream ended without an answer")


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    blocks = build_app()
    port = free_port()
    options = server.launch_options(server.Place("127.0.0.1", port))
    blocks.launch(**options, prevent_thread_lock=True)
    yield Served(f"http://127.0.0.1:{port}", blocks)
    blocks.close()

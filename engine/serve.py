"""One inference process for the page: `python -m engine.serve RUN`. Base and tuned answer the same question at once.

Requests come as JSON lines on stdin ({"id", "question", "max_new_tokens"} or {"stop": id}), events go out as JSON
lines on stdout. It ends when stdin closes, so it never outlives the page's server.
"""

import json
import queue
import sys
import threading
from contextlib import nullcontext
from typing import Any

from engine import registry, rundir
from engine.rundir import Run
from engine.schema import Message, RunSpec, UserError
from engine.worker import explain

ARMS = ("base", "tuned")


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


def main(run_id: str) -> int:
    """Load the run's model, prove that base is base, then answer until stdin closes. Returns the exit code."""
    send = _sender()
    inbox = Inbox()
    try:
        run = rundir.open_run(run_id)
        arms, proof = load_arms(run)
    except Exception as error:  # noqa: BLE001 - the page must be able to show whatever went wrong
        send({"state": "failed", "message": explain(error)})
        return 2 if isinstance(error, UserError) else 3
    send({"state": "ready", "proof": proof})
    spec = run.spec()
    while (request := inbox.waiting.get()) is not None:
        try:
            _answer(arms, spec, request, inbox, send)
        except Exception as error:  # noqa: BLE001 - one failed question must not end the others
            send({"id": request["id"], "state": "failed", "message": explain(error)})
    return 0


def load_arms(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two arms by name, and the proof that base is base: (arms, {"max_abs_difference", "equal"}).

    With an adapter both arms are one loaded model, the adapter off or on, and its logits with the adapter off are
    compared with those of a base loaded afresh. Full fine-tuning has two models; there base is that fresh load itself.
    """
    from engine import models
    from engine.training.train import probe_logits

    spec = run.spec()
    method = registry.method_of(spec)
    if not run.file("training").exists():
        raise UserError("This run has no trained model yet. Wait until its training is done.")
    quantization = method.quantization
    fresh = models.load(spec.model, revision=spec.revision, quantization=quantization)
    tuned = models.load_tuned(spec, run.model, quantization=quantization, adapter=method.adapter, merge=False)
    expected = probe_logits(fresh)
    if not method.adapter:
        again = probe_logits(models.load(spec.model, revision=spec.revision))
        return {"base": (fresh, nullcontext), "tuned": (tuned, nullcontext)}, _proof(again, expected)
    with tuned.base():
        proof = _proof(probe_logits(tuned), expected)
    return {"base": (tuned, tuned.base), "tuned": (tuned, nullcontext)}, proof


def _proof(logits: Any, expected: Any) -> dict[str, Any]:
    difference = (logits - expected).abs().max().item()
    return {"max_abs_difference": difference, "equal": difference == 0.0}


def _answer(arms: dict[str, Any], spec: RunSpec, request: dict[str, Any], inbox: Inbox, send: Any) -> None:
    """Stream both answers, a token of each in turn, until both have ended or the question was stopped."""
    from engine.decoding import stream
    from engine.models import prompt_tokens

    loaded = arms["tuned"][0]
    prompt = prompt_tokens(loaded.tokenizer, [Message("user", request["question"])], spec.system)
    streams = {arm: stream(arms[arm][0], [prompt], max_new_tokens=request["max_new_tokens"]) for arm in ARMS}
    event: dict[str, Any] = {"id": request["id"], "state": "answering"}
    while streams:
        for arm in tuple(streams):
            with arms[arm][1]():
                answers = next(streams[arm], None)
            if answers is None:
                del streams[arm]
                continue
            answer = answers[0]
            event[arm] = {
                "text": answer.text(loaded.tokenizer),
                "tokens": len(answer.tokens),
                "seconds": round(answer.seconds, 3),
                "done": answer.done,
                "truncated": answer.truncated,
            }
        if request["id"] in inbox.stopped:
            send(event | {"state": "stopped"})
            return
        send(event)
    send(event | {"state": "done"})


def _sender() -> Any:
    """Write events to the real stdout; whatever else prints goes to stderr, so that nothing garbles the lines."""
    out, sys.stdout = sys.stdout, sys.stderr

    def send(event: dict[str, Any]) -> None:
        out.write(json.dumps(event, ensure_ascii=False) + "\n")
        out.flush()

    return send


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

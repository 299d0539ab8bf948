"""A child process that says how far it is, a JSON document a line: what needs torch is done there, not in the page."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from engine.launch import ENVIRONMENT, ROOT
from engine.schema import Progress, UserError


class ChildFailed(RuntimeError):
    """The child ended without an answer; says why in its own last words."""


def ask(module: str, request: dict[str, Any], *, stage: str) -> Iterator[Progress]:
    """Run `python -m MODULE`, the request as JSON on its stdin; its progress, and last a Progress whose details are its
    answer. Ended with the iterator. Raises UserError where it says the input is wrong, ChildFailed where it fails.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
        )
        answer = None
        try:
            process.stdin.write(json.dumps(request))
            process.stdin.close()
            for line in process.stdout:
                said = json.loads(line)
                if "wrong" in said:
                    raise UserError(said["wrong"])
                if "answer" in said:
                    answer = said["answer"]
                else:
                    yield Progress(stage, said["step"], said["of"], said.get("note", ""))
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if code or answer is None:
            log.seek(0)
            raise ChildFailed(_why(code, log.read()))
    yield Progress(stage, 1, 1, details=answer)


def _why(code: int, log: str) -> str:
    if code < 0:
        return f"It was ended by the system (signal {-code}), most likely for want of memory. Close other programs."
    last = [line for line in log.strip().splitlines() if line.strip()]
    return last[-1][:500] if last else f"exit code {code}"


def serve(work: Any) -> None:
    """In the child: read the request, do the work, print its answer; a mistake of the user's is told as one."""
    os.nice(5)
    out = sys.stdout
    sys.stdout = sys.stderr  # a library that prints must not break the protocol
    say = lambda document: print(json.dumps(document), file=out, flush=True)  # noqa: E731
    try:
        request = json.loads(sys.stdin.read())
        answer = work(tell=lambda step, of, note="": say({"step": step, "of": of, "note": note}), **request)
    except UserError as error:
        say({"wrong": str(error)})
        return
    say({"answer": answer})

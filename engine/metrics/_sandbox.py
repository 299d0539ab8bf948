"""Code that a model wrote, run against its tests: only where a person asked for it, and only shut in.

It is shut in by `_jail.py` and killed whole when its time is up. What it prints is thrown away. That its tests passed
is believed only if the last line was reached, which writes a word drawn anew for each run: `exit(0)` half way is no
pass. Code and tests share one process, so this holds against accidents and mischief, not against a program made to
find that word. It may read files that everybody may read; it has nowhere to send them.
"""

import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

ALLOWED = "KURABE_RUN_CODE"  # the environment variable that a person sets to 1
CPU_SECONDS = 5
SECONDS = 30.0  # by the clock: a busy machine must not fail a program that computes for a moment
LONGEST = 100_000  # characters of code, or of tests

_JAIL = Path(__file__).with_name("_jail.py")
_MAIN = """\
import answer
globals().update({name: value for name, value in vars(answer).items() if not name.startswith("__")})
%s
import os
os.write(3, b"%s")
"""
# What must hold before any answer is run: no network, nothing to write to, no environment, the standard library there.
_PROBE = """
import decimal, json, os, random, socket
assert not {"PATH", "USER"} & set(os.environ) and not os.listdir("/proc")
connect = lambda: socket.create_connection(("127.0.0.1", 9), 1)
for reach in (connect, lambda: open("/kurabe", "w"), lambda: os.setuid(0)):
    try:
        reach()
    except OSError as error:
        assert not isinstance(error, ConnectionRefusedError)
    else:
        raise SystemExit("open")
"""


def allowed() -> bool:
    """Whether a person asked for models' code to be run: the environment has KURABE_RUN_CODE=1."""
    return os.environ.get(ALLOWED) == "1"


@cache
def ready() -> bool:
    """Whether this machine shuts programs in as it must. Found out by trying: Linux, and namespaces allowed."""
    return sys.platform == "linux" and bool(run("", _PROBE))


def run(code: str, tests: str, *, cpu_seconds: int = CPU_SECONDS, seconds: float = SECONDS) -> bool | None:
    """Whether `tests`, which see all names of `code`, ran to their end. None where the program could not be shut in.

    It does not ask whether it may: see `allowed` and `ready`. Python and its standard library alone.
    """
    if max(len(code), len(tests)) > LONGEST:
        return False
    word = secrets.token_hex(16)
    job = {
        "files": {"answer.py": code, "main.py": _MAIN % (tests, word)},
        "python": sys.base_prefix,
        "version": f"{sys.version_info.major}.{sys.version_info.minor}",
        "hidden": ["/proc", "/run", "/home", *({os.path.expanduser("~")} - {"/", "~"})],
        "cpu_seconds": cpu_seconds,
    }
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_JAIL)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    try:
        process.stdin.write(json.dumps(job).encode())
        process.stdin.close()
        said = _said(process.stdout.fileno(), until=time.monotonic() + seconds, most=len(word) + 1)
    except BrokenPipeError:
        said = b""
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # not yet waited for, so the number is still its own
        process.wait()
        process.stdout.close()
    return said == f"!{word}".encode() if said.startswith(b"!") else None


def _said(descriptor: int, *, until: float, most: int) -> bytes:
    """What is written there until all writers are gone, time is up, or more came than ever should."""
    said = b""
    while len(said) <= most and (left := until - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            break
        part = os.read(descriptor, most + 1)
        if not part:
            break
        said += part
    return said

"""The page served as a person starts it: app.py in a process of its own, and what holds a run still for a moment."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine import rundir
from engine.rundir import Run
from tests.engine.runs import wait_for

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """app.py over one KURABE_HOME, always on the same port."""

    home: Path
    port: int
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def log(self) -> Path:
        return self.home / f"app-{self.port}.log"

    def start(self) -> None:
        """Start it and wait until it answers; its log is the message where it does not."""
        own = {"KURABE_HOME": str(self.home), "OMP_NUM_THREADS": "1", "GRADIO_TEMP_DIR": str(self.home / "gradio")}
        command = [sys.executable, "app.py", "--port", str(self.port)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=log, stderr=log)
        wait_for(self._answers, seconds=120)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(self.url, timeout=60) as reply:
                return reply.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def kill(self) -> None:
        """End it without a warning, as a power cut does."""
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(home: Path) -> Iterator[Server]:
    """A server over this home, ended with every run it has started."""
    server = Server(home, free_port())
    try:
        server.start()
        yield server
    finally:
        if server.process:
            server.kill()


@contextmanager
def held_in_training(run: Run) -> Iterator[dict]:
    """The run's worker held still in the middle of training, so that a test needs no luck to look at it there.

    Gives the status it is held at; afterwards the worker goes on.
    """
    wait_for(lambda: run.status().get("stage") == "train" and run.status().get("step", 0) > 0, seconds=120)
    pid = run.status()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert run.status()["stage"] == "train" and rundir.state(run) == "running", run.status()
        yield run.status()
    finally:
        os.kill(pid, signal.SIGCONT)


def _answers_questions(process: psutil.Process) -> bool:
    try:
        return "engine.serve" in process.cmdline()
    except psutil.NoSuchProcess:  # a zombie's name for it too: it has ended, and what it did is done
        return False


@contextmanager
def held_in_answering(server: Server) -> Iterator[None]:
    """The process that answers for this page held still, so that no answer ends while something else is done."""
    answering = [child.pid for child in psutil.Process(server.process.pid).children() if _answers_questions(child)]
    assert answering, "nothing answers for this page"
    for pid in answering:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in answering:
            os.kill(pid, signal.SIGCONT)

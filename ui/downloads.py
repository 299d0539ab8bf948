"""Where files lie that the browser is given: one folder of the user's own, in which nothing stays for long."""

import os
import re
import time
from contextlib import suppress
from pathlib import Path

from engine import rundir
from engine.schema import UserError

KEPT_SECONDS = 3600  # as long as Gradio keeps its own files
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,150}$")


def place(name: str) -> Path:
    """The path for a file of that name. What was put there long ago goes. Raises UserError for a name that could lead
    elsewhere: parts of it may come from a request."""
    if not NAME.match(name):
        raise UserError(f"'{name[:60]}' is no name for a file.")
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or rundir.home() / "cache" / "gradio") / "take-home"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.iterdir():
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > KEPT_SECONDS:
                old.unlink()
    return folder / name

"""Files of JSON lines that several processes append to: a lock, whole lines only, on disk before it is said."""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any


def append(path: Path, lines: Callable[[], Iterable[Mapping[str, Any]]]) -> int:
    """Append what `lines()` gives, called once nobody else may write; returns how many lines that were.

    A last line that a crash left half written is cut first: a new one must not be glued to it.
    """
    with open(path, "a+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        content = stream.read()
        stream.truncate(content.rfind(b"\n") + 1)
        stream.seek(0, os.SEEK_END)
        new = [json.dumps(line, ensure_ascii=False) + "\n" for line in lines()]
        stream.write("".join(new).encode("utf-8", "replace"))
        stream.flush()
        os.fsync(stream.fileno())
    return len(new)

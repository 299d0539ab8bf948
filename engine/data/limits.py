"""How much of a user's file is read at most: settings of the machine, from its environment, with safe defaults."""

import os
from dataclasses import dataclass

from engine.schema import UserError

MB = 1024**2


@dataclass(frozen=True)
class Limits:
    """`file_bytes` of one file, `streamed_bytes` of one of JSON Lines, which is not held whole where it is larger than
    HELD, `files` of a folder or an archive, `expanded_bytes` of what an archive unpacks to, and
    `ratio`, how many times its packed size something may unpack to (what is small may always: see SMALL)."""

    file_bytes: int = 200 * MB
    streamed_bytes: int = 2000 * MB
    files: int = 20_000
    expanded_bytes: int = 500 * MB
    ratio: int = 200


HELD = 100 * MB  # of JSON Lines; above, rows stay on the disk
SMALL = 10 * MB  # unpacked, this harms nobody, however well it was packed
# The variable for each limit, and how many of the limit's own units one of its units is.
VARIABLES = {
    "file_bytes": ("KURABE_MAX_FILE_MB", MB),
    "streamed_bytes": ("KURABE_MAX_JSONL_MB", MB),
    "files": ("KURABE_MAX_FILES", 1),
    "expanded_bytes": ("KURABE_MAX_EXPANDED_MB", MB),
    "ratio": ("KURABE_MAX_RATIO", 1),
}


def limits() -> Limits:
    """The limits in force. Raises UserError for a variable that is no whole number above 0."""
    found = {}
    for field, (variable, unit) in VARIABLES.items():
        given = os.environ.get(variable, "").strip()
        if not given:
            continue
        if not given.isdecimal() or not 0 < int(given) <= 10**9:
            raise UserError(f"{variable} is '{given[:40]}'. Give a whole number above 0, or leave it out.")
        found[field] = int(given) * unit
    return Limits(**found)


def how_to_raise(field: str) -> str:
    """The words that tell a user how a limit is raised.

    >>> how_to_raise("files")
    'KURABE_MAX_FILES raises this limit.'
    """
    return f"{VARIABLES[field][0]} raises this limit."

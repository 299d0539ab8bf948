"""Files that the page took in: kept in KURABE_HOME/uploads under their hash, and known by that alone."""

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from engine import showcase
from engine.atomic import aside, write_text
from engine.data.files import CODE, DOCUMENTS, PACKED, TABLES, read_bytes, suffix_of
from engine.data.limits import MB, how_to_raise, limits
from engine.rundir import home
from engine.schema import UserError

KINDS = sorted({*TABLES, *DOCUMENTS, *CODE, ".zip"})
_ENDINGS = "|".join(kind[1:] for kind in KINDS)
TOKEN = re.compile(rf"^[0-9a-f]{{32}}\.(?:{_ENDINGS})(?:\.gz|\.zst)?$")
OLDEST = (1980, 1, 1, 0, 0, 0)  # the same files give the same archive, whenever they are chosen


def keep(sources: Sequence[Path]) -> str:
    """Copy what was chosen: one file as it is, several as one archive. Returns the word `find` knows it by.

    The hash is of the name and the content: the same rows under another name are shown by that name. Raises UserError
    for a kind of file that is not read (the kind comes from the name's ending), and for more than limits() allow.
    """
    showcase.refuse()
    if len(sources) == 1:
        return _kept(sources[0].name, read_bytes(sources[0]))
    most = limits()
    total = sum(source.stat().st_size for source in sources)
    if len(sources) > most.files or total > most.file_bytes:
        field = "files" if len(sources) > most.files else "file_bytes"
        raise UserError(
            f"These {len(sources):,} files ({total // MB} MB) are more than can be read at once. {how_to_raise(field)}"
        )
    readable = [source for source in sources if suffix_of(source.name) in KINDS]
    if not readable:
        raise UserError(f"None of these {len(sources):,} files can be read. Give {_some_kinds()}.")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        names: set[str] = set()
        for source in sorted(readable, key=lambda source: source.name):
            name = next(name for name in _numbered(source.name) if name not in names)
            names.add(name)
            archive.writestr(zipfile.ZipInfo(name, OLDEST), read_bytes(source))
    first = ", ".join(sorted(names)[:3]) + (" ..." if len(names) > 3 else "")
    return _kept(f"{len(names)} ({first}).zip", stream.getvalue())


def find(token: str) -> Path:
    """The kept file of that word. Raises UserError where it is malformed or not there: no user text becomes a path."""
    kept = home() / "uploads" / str(token)
    if not TOKEN.match(str(token)) or kept.is_symlink() or not kept.is_file():
        raise UserError("The uploaded file is not there any more. Choose it again.")
    return kept


def name(token: str) -> str:
    """What the user called an uploaded file."""
    return find(token).with_name(f"{token}.name").read_text(encoding="utf-8")


def _kept(called: str, raw: bytes) -> str:
    ending = suffix_of(called) + (Path(called).suffix.lower() if Path(called).suffix.lower() in PACKED else "")
    token = hashlib.sha256(os.fsencode(called) + b"\0" + raw).hexdigest()[:32] + ending
    if not TOKEN.match(token):
        raise UserError(f"A {ending[:20] or 'nameless'} file cannot be read. Give {_some_kinds()}.")
    kept = home() / "uploads" / token
    if not kept.exists():
        building = aside(kept)
        building.write_bytes(raw)
        write_text(kept.with_name(f"{token}.name"), called[-200:])
        os.replace(building, kept)
    return token


def _numbered(called: str):
    yield called
    stem, dot, ending = called.partition(".")
    yield from (f"{stem} ({number}){dot}{ending}" for number in range(2, 100_000))


def _some_kinds() -> str:
    return (
        "a table (.csv, .tsv, .xlsx, .json, .jsonl, .parquet ...), a document (.md, .html, .pdf, .docx ...) or a .zip"
    )

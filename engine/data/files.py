"""A file's bytes, and a folder's Python files, with every way to fail said in words."""

import hashlib
import os
import stat
from pathlib import Path

from engine.schema import Source, UserError

MAX_BYTES = 200 * 1024 * 1024
MAX_FILES = 20_000  # of a folder of code
REMEDY = "Save the table as CSV (UTF-8), JSON or JSONL and choose that file."
# The first bytes of files that people rename to .csv, or take for a table.
MAGIC = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document (.xls, .doc)"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x7fELF", "a program"),
)


def name_of(path: str | Path) -> str:
    """The file's name as it may stand in a message: one line, no control or direction characters, 80 at most."""
    name = "".join(char if char.isprintable() else "?" for char in os.path.basename(os.path.normpath(str(path))))
    return name if len(name) <= 80 else name[:50] + "..." + name[-27:]


def read_bytes(path: str | Path, *, name: str = "", limit: int = MAX_BYTES) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises UserError naming the file and the cause."""
    name = name or name_of(path)
    too_large = f"{name} is larger than {limit // 1024**2} MB, the most that can be read. Give a part of its rows."
    try:
        with open(path, "rb", opener=_open_without_waiting) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UserError(f"{name} is not a plain file. Give the path of one file.")
            if status.st_size > limit:
                raise UserError(too_large)
            raw = stream.read(limit + 1)
    except FileNotFoundError:
        raise UserError(f"There is no file {name} at that path ({name_of(Path(path).parent)}/).") from None
    except IsADirectoryError:
        raise UserError(f"{name} is a folder. Give the path of one file in it.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{name} cannot be read: {reason}.") from None
    if len(raw) > limit:  # it grew while it was read
        raise UserError(too_large)
    return raw


def read_text_bytes(path: str | Path, *, name: str = "", limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file that may be text. Raises UserError for an empty file, a workbook, an archive, a picture."""
    name = name or name_of(path)
    raw = read_bytes(path, name=name, limit=limit)
    if not raw.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise UserError(f"{name} is empty.")
    if raw.startswith(b"PK\x03\x04"):
        kind = "an Excel workbook" if b"xl/" in raw else "a zip archive (or an Office document)"
        raise UserError(f"{name} is {kind}, not text. {REMEDY}")
    for start, kind in MAGIC:
        if raw.startswith(start):
            raise UserError(f"{name} is {kind}, not a table in text form. {REMEDY}")
    return raw


def file_sha256(path: str | Path) -> str:
    """The SHA-256 of the file's bytes, 64 hexadecimal digits; of a folder's, that of the paths and hashes of its Python
    files. Raises UserError as `read_bytes` and `python_files` do."""
    if not os.path.isdir(path):
        return hashlib.sha256(read_bytes(path)).hexdigest()
    lines = [f"{file.relative_to(path).as_posix()}\0{file_sha256(file)}\n" for file in python_files(path)]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def python_files(folder: str | Path) -> list[Path]:
    """The Python files in the folder and below, sorted by path. Links are not followed, hidden folders and virtual
    environments not entered. Raises UserError where there are none, or more than can be read."""
    found: list[Path] = []
    total = 0
    for here, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in sorted(folders)
            if name[0] != "." and name != "__pycache__" and not os.path.exists(os.path.join(here, name, "pyvenv.cfg"))
        ]
        files = [Path(here, name) for name in names if name.endswith(".py")]
        files = [file for file in files if stat.S_ISREG(file.lstat().st_mode)]
        found += files
        total += sum(file.lstat().st_size for file in files)
        if len(found) > MAX_FILES or total > MAX_BYTES:
            raise UserError(
                f"{name_of(folder)} has more than {MAX_FILES:,} Python files or {MAX_BYTES // 1024**2} MB of them. "
                "Give a part of it."
            )
    if not found:
        raise UserError(f"{name_of(folder)} is a folder without Python code. Give the path of one file, or of code.")
    return sorted(found)


def _open_without_waiting(path: str, flags: int) -> int:
    """A named pipe or a device must not make the reader wait: it is then refused as "not a plain file"."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def pin(source: Source) -> Source:
    """The source with the SHA-256 of its file filled in. Raises UserError where it holds another: the file changed."""
    found = file_sha256(source.path)
    if source.sha256 and source.sha256.lower() != found:
        raise UserError(
            f"{name_of(source.path)} has changed since this run was described: its SHA-256 is {found[:16]}..., "
            f"not {source.sha256[:16]}... Put the old file back, or start a new run with the new one."
        )
    return source.model_copy(update={"sha256": found})

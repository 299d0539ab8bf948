"""A file's bytes, and which files of a folder are read, with every way to fail said in words."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from engine.data import hub
from engine.data.limits import HELD, MB, how_to_raise, limits
from engine.schema import Source, UserError

REMEDY = "Save the table as CSV (UTF-8), JSON, JSONL or XLSX and choose that file."
# The first bytes of files that people rename to .csv, or take for a table.
MAGIC = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document (.xls, .doc), or one with a password"),
    (b"FEA1", "a Feather file of the first version"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"BZh", "a bzip2 archive: unpack it first"),
    (b"\xfd7zXZ", "an xz archive: unpack it first"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
CODE = {".py"}
DOCUMENTS = {".md", ".markdown", ".txt", ".text", ".rst", ".html", ".htm", ".xhtml", ".pdf", ".docx"}
TABLES = {".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather", ".xlsx", ".xlsm"}
LINE_NAMES = {".jsonl", ".ndjson"}
BOM = b"\xef\xbb\xbf"
SAMPLE = 1 << 20  # bytes at the beginning of a large file by which it is told what it is
PACKED = {".gz", ".zst"}  # around any of these
PROJECT = {"pyproject.toml", "setup.py", "setup.cfg"}


def name_of(path: str | Path) -> str:
    """The file's name as it may stand in a message: one line, no control or direction characters, 80 at most."""
    name = "".join(char if char.isprintable() else "?" for char in os.path.basename(os.path.normpath(str(path))))
    return name if len(name) <= 80 else name[:50] + "..." + name[-27:]


def suffix_of(name: str) -> str:
    """The ending that tells what a file is, in small letters, that of what is packed where it is.

    >>> suffix_of("a/Rows.JSONL.gz"), suffix_of("notes.MD"), suffix_of(".hidden")
    ('.jsonl', '.md', '')
    """
    path = PurePosixPath(name.lower())
    return PurePosixPath(path.stem).suffix if path.suffix in PACKED else path.suffix


def read_bytes(path: str | Path, *, name: str = "", limit: int = 0) -> bytes:
    """The content of a regular file of at most `limit` bytes, else of what limits() allow. Raises UserError naming the
    file and the cause."""
    most = limit or limits().file_bytes
    with plain_file(path, name=name, limit=most, raised=not limit) as stream:
        return stream.read(most + 1)


@contextmanager
def plain_file(path: str | Path, *, name: str = "", limit: int = 0, raised: bool = True) -> Iterator[BinaryIO]:
    """A regular file of at most `limit` bytes, open; the limit is else what limits() allow for that kind of file.
    Raises UserError naming the file and the cause, also for what goes wrong while it is read."""
    name = name or name_of(path)
    streamed = not limit and is_streamed(path)
    raising = " " + how_to_raise("streamed_bytes" if streamed else "file_bytes") if raised else ""
    limit = limit or (limits().streamed_bytes if streamed else limits().file_bytes)
    too_large = f"{name} is larger than {limit // MB} MB, the most that can be read. Give a part of its rows.{raising}"
    try:
        with open(path, "rb", opener=_open_without_waiting) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UserError(f"{name} is not a plain file. Give the path of one file.")
            if status.st_size > limit:
                raise UserError(too_large)
            yield stream
            if stream.tell() > limit:  # it grew while it was read
                raise UserError(too_large)
    except FileNotFoundError:
        raise UserError(f"There is no file {name} at that path ({name_of(Path(path).parent)}/).") from None
    except IsADirectoryError:
        raise UserError(f"{name} is a folder. Give the path of one file in it.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{name} cannot be read: {reason}.") from None


def is_streamed(path: str | Path) -> bool:
    """Whether the file's rows stay on the disk (see json_file.py): JSON Lines in UTF-8 by its name and its beginning,
    larger than HELD."""
    if PurePosixPath(str(path).lower()).suffix not in LINE_NAMES:
        return False
    try:
        with open(path, "rb", opener=_open_without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode) or os.fstat(stream.fileno()).st_size <= HELD:
                return False
            begin = stream.read(SAMPLE).removeprefix(BOM)
        begin[: begin.rfind(b"\n") + 1].decode()
    except (OSError, ValueError):  # of decoding too
        return False
    return begin.lstrip()[:1] == b"{"


def expect_text(raw: bytes, *, name: str) -> bytes:
    """The bytes themselves, which may be text. Raises UserError for an empty file, an archive, a picture, a program."""
    if not raw.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise UserError(f"{name} is empty.")
    if raw[257:262] == b"ustar":
        raise UserError(f"{name} is a tar archive: unpack it first, or give a zip. {REMEDY}")
    for start, kind in MAGIC:
        if raw.startswith(start):
            raise UserError(f"{name} is {kind}, not a table in text form. {REMEDY}")
    return raw


def read_text_bytes(path: str | Path, *, name: str = "", limit: int = 0) -> bytes:
    """The bytes of a file that may be text. Raises UserError as `read_bytes` and `expect_text` do."""
    name = name or name_of(path)
    return expect_text(read_bytes(path, name=name, limit=limit), name=name)


def file_sha256(path: str | Path, *, format: str = "") -> str:
    """The SHA-256 of the file's bytes, 64 hexadecimal digits; of a folder's, that of the paths and hashes of the files
    that are read of it (see `of_one_kind`). Raises UserError as `read_bytes` and `folder_files` do."""
    if not os.path.isdir(path):
        with plain_file(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    sizes = {file.relative_to(path).as_posix(): file.lstat().st_size for file in folder_files(path)}
    _, used = of_one_kind(sizes, format=format)
    lines = [f"{inside}\0{file_sha256(Path(path, inside))}\n" for inside in used]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def folder_files(folder: str | Path) -> list[Path]:
    """The plain files in the folder and below, sorted by path. Links are not followed; hidden files and folders,
    installed packages and virtual environments are passed over. Raises UserError where they are more than limits()."""
    found: list[Path] = []
    most = limits().files
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in sorted(folders) if not _passed_over(here, name)]
        files = [Path(here, name) for name in names if name[0] != "."]
        found += [file for file in files if stat.S_ISREG(file.lstat().st_mode)]
        if len(found) > most:
            raise UserError(
                f"{name_of(folder)} has more than {most:,} files. Give a part of it. {how_to_raise('files')}"
            )
    return sorted(found)


def python_files(folder: str | Path) -> list[Path]:
    """Those of `folder_files` that are Python code. Raises UserError where there are none."""
    found = [file for file in folder_files(folder) if file.suffix in CODE]
    if not found:
        raise UserError(f"{name_of(folder)} is a folder without Python code. Give the path of one file, or of code.")
    return found


def of_one_kind(sizes: dict[str, int], *, format: str = "") -> tuple[str, list[str]]:
    """("code", "tables" or "documents", the names of that kind in order), of the files of a folder with their sizes.

    A project's folder is code, as is one with more Python files than documents; else the kind with the most bytes is
    taken. `format` "text" asks for documents wherever there are any. ("", []) where nothing can be read.

    >>> of_one_kind({"a.md": 9, "b.md": 9, "conf.py": 90, "logo.png": 999})
    ('documents', ['a.md', 'b.md'])
    """
    kinds = {
        kind: sorted(name for name in sizes if suffix_of(name) in suffixes)
        for kind, suffixes in (("code", CODE), ("tables", TABLES), ("documents", DOCUMENTS))
    }
    code, documents = kinds["code"], kinds["documents"]
    if format == "text" and documents:
        return "documents", documents
    project = any(PurePosixPath(name).name in PROJECT | {"__init__.py"} for name in sizes)
    if code and (project or len(code) >= len(documents)):
        return "code", code
    weight = lambda kind: (sum(sizes[name] for name in kinds[kind]), len(kinds[kind]))  # noqa: E731
    best = max(("documents", "tables"), key=weight)
    return (best, kinds[best]) if kinds[best] else ("code", code) if code else ("", [])


def left_over(names: Iterable[str], used: Iterable[str]) -> dict[str, int]:
    """How many files of each ending are not read, the commonest first: so that none vanishes without a word."""
    endings: dict[str, int] = {}
    for name in sorted(set(names) - set(used)):
        ending = suffix_of(name) or PurePosixPath(name).name
        endings[ending] = endings.get(ending, 0) + 1
    return dict(sorted(endings.items(), key=lambda pair: (-pair[1], pair[0])))


def local(path: str | Path) -> str | Path:
    """Where a source's rows lie on this machine: its path, or what was fetched of a hub's data set."""
    return hub.fetched(str(path)) if hub.is_hub(path) else path


def pin(source: Source) -> Source:
    """The source with the SHA-256 of its file filled in, and a hub's with its commit. Raises UserError where it holds
    another: the file changed."""
    if hub.is_hub(source.path):
        source = source.model_copy(update={"path": hub.pinned(source.path)})
    found = file_sha256(local(source.path), format=source.format)
    if source.sha256 and source.sha256.lower() != found:
        raise UserError(
            f"{name_of(source.path)} has changed since this run was described: its SHA-256 is {found[:16]}..., "
            f"not {source.sha256[:16]}... Put the old file back, or start a new run with the new one."
        )
    return source.model_copy(update={"sha256": found})


def _passed_over(here: str, name: str) -> bool:
    hidden = name[0] == "." or name in ("__pycache__", "node_modules")
    return hidden or os.path.exists(os.path.join(here, name, "pyvenv.cfg"))


def _open_without_waiting(path: str, flags: int) -> int:
    """A named pipe or a device must not make the reader wait: it is then refused as "not a plain file"."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))

"""Packed files: .gz and .zst around one file, zip around many. Read in memory and within limits; nothing is written."""

import gzip
import io
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from engine.data.files import name_of
from engine.data.limits import MB, SMALL, how_to_raise, limits
from engine.schema import Issue, UserError

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second where it holds nothing
BLOCK, STEP = 1 << 20, 1 << 10
LAYERS = 2  # a file packed twice happens; three times is a puzzle


@dataclass(frozen=True)
class Tree:
    """The files of a folder or an archive: size by path inside, how one is read, and what was passed over."""

    name: str
    sizes: dict[str, int]
    read: Callable[[str], bytes]
    issues: list[Issue] = field(default_factory=list)


def unpacked(raw: bytes, inside: str, *, name: str) -> tuple[bytes, str]:
    """(the bytes, the file's name) without .gz or .zst around them; as they are where nothing is.

    Raises UserError where they are broken off, or unpack to more than limits() allow.
    """
    for _ in range(LAYERS):
        blocks = _gzip(raw) if raw.startswith(GZIP) else _zstd(raw) if raw.startswith(ZSTD) else None
        if blocks is None:
            return raw, inside
        raw = _within_limits(blocks, packed=len(raw), name=name)
        inside = inside[: -len(PurePosixPath(inside).suffix)] if inside.lower().endswith((".gz", ".zst")) else inside
    if raw.startswith((GZIP, ZSTD)):
        raise UserError(f"{name} is packed more than {LAYERS} times. Unpack it first.")
    return raw, inside


def zip_tree(raw: bytes, *, name: str) -> Tree:
    """The files of a zip archive. Hidden files, links and archives inside are passed over, with an Issue where a person
    may miss them.

    Raises UserError, before anything is unpacked, for an archive that is broken or has a password, with more files than
    limits() allow or that unpack to more, and for a path that leads out of the archive.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise UserError(f"{name} is a zip archive that cannot be read ({error}). Pack it again.") from None
    expect_small(infos, packed=len(raw), name=name)
    members: dict[str, zipfile.ZipInfo] = {}
    issues: list[Issue] = []
    for info in infos:
        inside = safe_name(info, archive=name)
        link = stat.S_ISLNK(info.external_attr >> 16)
        if link or inside in members:
            why = "is a link and is not followed" if link else "stands twice in the archive; the first is read"
            issues.append(Issue(None, "file_left_out", f"{name}: {name_of(inside)} {why}.", True))
        elif not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(inside).parts):
            members[inside] = info
    if any(info.flag_bits & 1 for info in members.values()):
        raise UserError(f"{name} has a password. Pack it again without one.")
    return Tree(name, {inside: info.file_size for inside, info in members.items()}, _reader(archive, members), issues)


def zip_names(raw: bytes) -> set[str]:
    """The names of the files in a zip archive; none where the bytes are no whole one."""
    if not raw.startswith(ZIP):
        return set()
    try:
        return set(zipfile.ZipFile(io.BytesIO(raw)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return set()


def expect_small(infos: list[zipfile.ZipInfo], *, packed: int, name: str) -> None:
    """Raises UserError where the files of an archive are too many, or unpack to more than limits() allow."""
    most, total = limits(), sum(info.file_size for info in infos)
    if len(infos) > most.files:
        raise UserError(f"{name} has {len(infos):,} files; at most {most.files:,} can be read. {how_to_raise('files')}")
    if total > most.expanded_bytes:
        raise UserError(_too_large(name, most.expanded_bytes))
    if total > max(SMALL, packed * most.ratio):
        raise UserError(_bomb(name, most.ratio))


def safe_name(info: zipfile.ZipInfo, *, archive: str) -> str:
    """The path of a file in an archive, with / between folders. Raises UserError for one that leads out of it.

    Names that are not marked as UTF-8 are read as that where they are it, else as Windows in Japan writes them.
    """
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            raw = name.encode("cp437")
            name = raw.decode("utf-8") if _decodes(raw, "utf-8") else raw.decode("cp932")
        except UnicodeError:
            name = info.filename
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or (name[1:2] == ":" and name[:1].isalpha()):
        raise UserError(
            f"{archive} holds a file whose path leads out of the archive ({name_of(name)}). It was not read; "
            "pack the files again with plain names."
        )
    return str(path)


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _reader(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> Callable[[str], bytes]:
    def read(inside: str) -> bytes:
        info = members[inside]
        try:
            with archive.open(info) as stream:
                return stream.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise UserError(f"{name_of(inside)} cannot be unpacked: {error}.") from None

    return read


def _gzip(raw: bytes) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            while block := stream.read(BLOCK):
                yield block
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(str(error)) from None


def _zstd(raw: bytes) -> Iterator[bytes]:
    import zstandard

    # A window of 128 MB is what `zstd --long=27` makes; a larger one would be memory of the sender's choosing.
    unpacker = zstandard.ZstdDecompressor(max_window_size=128 * MB)
    frame, rest = unpacker.decompressobj(), memoryview(raw)
    try:
        while rest:
            yield frame.decompress(rest[:STEP])  # a small step, since four bytes may stand for 128 KB
            rest = rest[STEP:]
            if frame.eof and (rest or frame.unused_data):  # several frames, as appending to a file makes them
                rest = memoryview(frame.unused_data + bytes(rest))
                frame = unpacker.decompressobj()
    except zstandard.ZstdError as error:
        raise UserError(str(error)) from None
    if not frame.eof:
        raise UserError("it ends too early")


def _within_limits(blocks: Iterator[bytes], *, packed: int, name: str) -> bytes:
    most = limits()
    found = bytearray()
    try:
        for block in blocks:
            found += block
            if len(found) > most.expanded_bytes:
                raise UserError(_too_large(name, most.expanded_bytes))
            if len(found) > max(SMALL, packed * most.ratio):
                raise UserError(_bomb(name, most.ratio))
    except UserError as error:
        if str(error).startswith(name):
            raise
        raise UserError(f"{name} is packed, and what is packed is damaged or broken off ({error}).") from None
    return bytes(found)


def _too_large(name: str, most: int) -> str:
    return f"{name} unpacks to more than {most // MB} MB. Give a part of it. {how_to_raise('expanded_bytes')}"


def _bomb(name: str, ratio: int) -> str:
    return (
        f"{name} unpacks to more than {ratio} times its size, as archives do that are made to fill a disk. "
        f"Give the file unpacked. {how_to_raise('ratio')}"
    )

"""A data set of a Hugging Face hub by its id, fetched once and then read as a file.

Its name is hub:OWNER/NAME@REVISION:CONFIG:SPLIT. A revision other than a commit is pinned to the commit it stands for,
so that a run names exactly the rows it learnt from. What was fetched is kept in KURABE_HOME/cache/hub as JSON Lines.
Not verified with a real hub: none could be reached where this was written.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.columnar import as_text
from engine.data.limits import MB, how_to_raise, limits
from engine.rundir import home
from engine.schema import UserError

PREFIX = "hub:"
_PART = r"[A-Za-z0-9][\w.-]{0,95}"
_REF = re.compile(rf"hub:({_PART}(?:/{_PART})?)(?:@([\w./-]{{1,100}}))?(?::([\w.-]{{0,100}}))?(?::([\w.-]{{0,100}}))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Ref:
    """`revision` "" is the newest; `config` and `split` "" are those that there are, or "train"."""

    name: str
    revision: str = ""
    config: str = ""
    split: str = ""

    def __str__(self) -> str:
        tail = f":{self.config}:{self.split}".rstrip(":")
        return f"{PREFIX}{self.name}{f'@{self.revision}' if self.revision else ''}{tail}"


def is_hub(path: str | Path) -> bool:
    """Whether a source's path names a data set of a hub."""
    return str(path).startswith(PREFIX)


def parse(path: str) -> Ref:
    """The parts of the name. Raises UserError where it is none.

    >>> str(parse("hub:squad@main::validation")), parse("hub:owner/name").revision
    ('hub:squad@main::validation', '')
    """
    found = _REF.fullmatch(path)
    if not found or ".." in path:
        raise UserError(f"'{path[:120]}' is no data set of a hub. Write hub:OWNER/NAME@REVISION:CONFIG:SPLIT.")
    return Ref(*(part or "" for part in found.groups()))


def pinned(path: str) -> str:
    """The name with its revision as a commit. Raises UserError where no hub can be reached, or it has no such set."""
    ref = parse(path)
    if _COMMIT.fullmatch(ref.revision):
        return str(ref)
    try:
        from huggingface_hub import HfApi

        commit = HfApi().dataset_info(ref.name, revision=ref.revision or None).sha
    except Exception as error:  # noqa: BLE001 - the client raises a dozen kinds; each means that it was not found out
        raise _unreachable(ref, error) from None
    return str(Ref(ref.name, str(commit), ref.config, ref.split))


def fetched(path: str) -> Path:
    """Where the rows of a pinned name lie as JSON Lines; fetched where they are not there yet. Raises UserError."""
    ref = parse(path)
    if not _COMMIT.fullmatch(ref.revision):
        return fetched(pinned(path))
    kept = home() / "cache" / "hub" / f"{hashlib.sha256(str(ref).encode()).hexdigest()[:32]}.jsonl"
    if kept.is_file():
        return kept
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = kept.with_name(f".{kept.name}.{os.getpid()}.tmp")
    try:
        _write(ref, building)
        os.replace(building, kept)
    finally:
        building.unlink(missing_ok=True)
    return kept


def _write(ref: Ref, building: Path) -> None:
    most, size = limits().expanded_bytes, 0
    try:
        rows, left_out = _rows(ref)
        with open(building, "w", encoding="utf-8", errors="surrogatepass") as stream:
            for row in rows:
                values = {key: as_text(value) for key, value in row.items() if key not in left_out}
                size += stream.write(json.dumps(values) + "\n")
                if size > most:
                    raise UserError(
                        f"{ref} holds more than {most // MB} MB of rows. Name a smaller split. "
                        f"{how_to_raise('expanded_bytes')}"
                    )
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise _unreachable(ref, error) from None
    if not size:
        raise UserError(f"{ref} holds no row.")


def _rows(ref: Ref) -> tuple[Any, set[str]]:
    """(the rows one by one, the columns of pictures and sounds, which are not read)."""
    from datasets import load_dataset

    found = load_dataset(
        ref.name, name=ref.config or None, revision=ref.revision, split=ref.split or None, streaming=True
    )
    if isinstance(found, dict):
        if "train" not in found and len(found) > 1:
            example = Ref(ref.name, ref.revision, ref.config, next(iter(found)))
            raise UserError(f"{ref} has several splits ({', '.join(found)}). Name one: {example}.")
        found = found["train"] if "train" in found else next(iter(found.values()))
    kinds = {key: type(feature).__name__ for key, feature in (found.features or {}).items()}
    left_out = {key for key, kind in kinds.items() if kind in ("Image", "Audio", "Video", "Pdf")}
    return found.remove_columns(sorted(left_out)) if left_out else found, left_out


def _unreachable(ref: Ref, error: Exception) -> UserError:
    first = (str(error).strip().split("\n") or [""])[0][:200]
    return UserError(
        f"{ref} cannot be fetched ({type(error).__name__}: {first}). It needs a hub that can be reached, and a name, "
        "revision, config and split that are there. Offline, give its rows as a file."
    )

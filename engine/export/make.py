"""Making a take-away: written aside, loaded afresh and asked again where it answers, then renamed. No torch here."""

import hashlib
import os
import secrets
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine import registry, showcase
from engine.atomic import aside, read_json, write_json
from engine.export import process
from engine.export.kind import Kind, kinds
from engine.rundir import Run
from engine.schema import Progress, UserError
from engine.text import text

FACTS = "export.json"  # what is in the folder; only a folder that holds it is ever replaced
QUESTIONS = 32  # asked again where nobody says how many


def kind_named(name: str) -> Kind:
    """The kind of that name. Raises UserError for one there is not."""
    found = kinds()
    if name not in found:
        raise UserError(f"--kind: there is no '{name[:40]}'. Choose one of {', '.join(found)}.")
    return found[name]


def why_not(run: Run, kind: Kind, lang: str = "en") -> str:
    """Why this run cannot be taken away so, in words; "" where it can."""
    if key := kind.refuses(run):
        title = text(f"page.method.{registry.way(run.spec())}.title", lang)
        return text(f"export.refused.{key}", lang, method=title)
    if not run.file("report" if kind.needs == "data" else "comparison").exists():
        return text(f"export.refused.no_{kind.needs}", lang)
    return ""


def export(
    run: Run, name: str, folder: Path, *, lang: str = "en", questions: int = QUESTIONS, replace: bool = False
) -> Iterator[Progress]:
    """Make a take-away of the run in `folder`; the last Progress has what export.json holds as its details.

    Stages: write (or merge), load, verify. What holds weights is loaded afresh in a process of its own and asked
    `questions` of the run's test questions (0: all); `passed` in the details says whether it is the same model, None
    where nothing was to be asked. The folder appears whole or not at all, and is there also where it did not pass.
    Raises UserError where the run has no such thing, or where the folder is not empty; with `replace` a folder that an
    export made is replaced, never another. Raises process.ChildFailed where a step fails.
    """
    kind = kind_named(name)
    if kind.slow:
        showcase.refuse()
    if reason := why_not(run, kind, lang):
        raise UserError(reason)
    folder = folder.expanduser().absolute()
    _check_target(folder, replace=replace)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _check_room(folder.parent, kind.size(run) or 0)
    building = folder.with_name(f".{folder.name}.{os.getpid()}-{secrets.token_hex(3)}.tmp")
    building.mkdir()
    try:
        yield from kind.write(run, building, lang)
        answer = None
        if kind.weights:
            request = {"run_id": run.id, "folder": str(building), "questions": questions}
            for progress in process.ask("engine.export.verify", request, stage="verify"):
                yield progress
                answer = dict(progress.details) or answer
        found = _facts(run, kind, building, answer)
        write_json(building / FACTS, found)
        _put(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    yield Progress("done", 1, 1, details=found)


def _check_target(folder: Path, *, replace: bool) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(f"-o: {folder} is no folder. Name one that is not there yet.")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not replace:
        raise UserError(f"-o: the folder {folder} is not empty. Name another one, or add --replace.")
    if not (folder / FACTS).is_file():
        raise UserError(
            f"-o: {folder} was not made by an export (it holds no {FACTS}), so it is not replaced. Name another folder."
        )


def _check_room(parent: Path, wanted: int) -> None:
    free = shutil.disk_usage(parent).free
    if free < wanted * 1.1 + 10_000_000:
        raise UserError(
            f"-o: about {wanted / 1e6:,.0f} MB are needed in {parent}, but {free / 1e6:,.0f} MB are free. "
            "Free some space, or name a folder on another disk."
        )


def _facts(run: Run, kind: Kind, folder: Path, answer: dict[str, Any] | None) -> dict[str, Any]:
    """What export.json says: which run, when, every file with its size and hash, and what came of asking again."""
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    passed = answer["answers_passed"] and answer["logits_passed"] if answer else None
    return {
        "kind": kind.name,
        "run": run.id,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "bytes": sum(entry["bytes"] for entry in files.values()),
        "files": files,
        "verification": answer,
        "passed": passed,
    }


def _sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _put(building: Path, folder: Path) -> None:
    """Rename; what was there before goes only once the new one is in its place."""
    old = folder.with_name(f".{folder.name}.{os.getpid()}-{secrets.token_hex(3)}.old")
    if folder.exists():
        os.replace(folder, old)
    try:
        os.replace(building, folder)
    except OSError:
        if old.exists():
            os.replace(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def made(run: Run, name: str) -> dict[str, Any] | None:
    """What export.json says of the take-away that the page made of the run; None where there is none."""
    return read_json(run.exports / name / FACTS, default=None)


def drop(run: Run, name: str) -> None:
    """Remove what the page has made of the run; it can be made again."""
    showcase.refuse()
    if name in kinds() and (run.exports / name / FACTS).is_file():
        shutil.rmtree(run.exports / name)


def zipped(folder: Path, path: Path) -> Path:
    """A take-away as one .zip at `path`, its content in a folder of that name."""
    building = aside(path)
    building.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(building, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():  # weights do not get smaller by packing, and it takes minutes
                packed = zipfile.ZIP_STORED if file.suffix == ".safetensors" else zipfile.ZIP_DEFLATED
                archive.write(file, f"{path.stem}/{file.relative_to(folder).as_posix()}", compress_type=packed)
    os.replace(building, path)
    return path

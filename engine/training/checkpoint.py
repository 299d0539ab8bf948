"""Checkpoints that survive anything: written aside, hashed, renamed; read back only if every byte is as written.

Everything is safetensors or JSON, no pickle. The manifest is written last, so its existence means the rest is whole.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from engine.atomic import write_json
from engine.rundir import Run
from engine.schema import UserError

KEEP = 2
PACKAGES = ("torch", "transformers", "peft")


def identity(run: Run) -> dict[str, str]:
    """What must be the same for a resumed run to end in the same weights: spec, training data and versions."""
    hashes = {name: _sha256(path) for name, path in (("spec", run.file("spec")), ("data", run.examples_file("train")))}
    return {**hashes, **{package: version(package) for package in PACKAGES}}


def save(run: Run, *, step: int, tensors: Mapping[str, Mapping[str, torch.Tensor]], state: dict[str, Any]) -> Path:
    """Keep a checkpoint of `step`: each entry of `tensors` becomes NAME.safetensors. Only the newest two are kept."""
    folder = run.checkpoints / f"step-{step}"
    building = run.checkpoints / f"step-{step}.tmp"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    for name, group in tensors.items():
        save_file({key: value.detach().contiguous() for key, value in group.items()}, building / f"{name}.safetensors")
    write_json(building / "state.json", state)
    files = sorted(building.iterdir())
    for path in files:
        _sync(path)
    entries = {path.name: {"bytes": path.stat().st_size, "sha256": _sha256(path)} for path in files}
    write_json(building / "manifest.json", {"step": step, "files": entries, **identity(run)})
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(building, folder)
    _sync(run.checkpoints)
    for old in _steps(run)[KEEP:]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def load(run: Run) -> tuple[dict[str, dict[str, torch.Tensor]], dict[str, Any], list[str]] | None:
    """The newest whole checkpoint as (tensors, state, notes), or None where there is none.

    A damaged one is passed over for the one before it, and `notes` says so. Raises UserError where spec, data or
    versions are not those the checkpoint was made with: going on would give other weights in silence.
    """
    notes = []
    for folder in _steps(run):
        damage = _damage(folder)
        if damage:
            notes.append(f"Checkpoint {folder.name} is damaged ({damage}); going back to the one before it.")
            continue
        _check_identity(run, folder)
        tensors = {path.stem: load_file(path) for path in sorted(folder.glob("*.safetensors"))}
        return tensors, json.loads((folder / "state.json").read_text(encoding="utf-8")), notes
    return None


def _check_identity(run: Run, folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    changed = [
        f"{key} ({manifest.get(key)} then, {now} now)" for key, now in identity(run).items() if manifest.get(key) != now
    ]
    if changed:
        raise UserError(
            f"Run {run.id} cannot be resumed: since its checkpoint these have changed: {', '.join(changed)}. "
            "Restore them, or start a new run."
        )


def _steps(run: Run) -> list[Path]:
    """The checkpoint folders, newest step first; half-written ones (.tmp) are not among them."""
    found = [path for path in run.checkpoints.glob("step-*") if path.name[5:].isdigit()]
    return sorted(found, key=lambda path: -int(path.name[5:]))


def _damage(folder: Path) -> str:
    """What is wrong with a checkpoint, or an empty text."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for name, entry in manifest["files"].items():
            path = folder / name
            if path.stat().st_size != entry["bytes"] or _sha256(path) != entry["sha256"]:
                return f"{name} is not as it was written"
    except (OSError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""What the runs share: rows read and written, and an order that looks at nothing but a row's name."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import atomic
from engine.data.leakage import leakage
from engine.data.load import load
from engine.schema import Source
from engine.specs import PRESETS

Row = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """How many rows are trained on and asked; `tiny` tries the whole path on a few of them."""

    train: int
    test: int
    tiny: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """One step, two rows at a time, where it is only tried; else the method's own defaults stand."""
        return {"epochs": 1, "batch_size": 12, "accumulation": 6} if self.tiny else {}


def ordered(text: str) -> str:
    """Sorts rows by a hash: the same rows every time, and no choice of ours among them."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_lines(path: Path) -> list[Row]:
    """The objects of a JSON Lines file. Raises FileNotFoundError where it is not there."""
    path.stat()
    return list(atomic.read_lines(path))


def source(folder: Path, name: str, rows: Iterable[Row]) -> dict[str, str]:
    """The rows written to a file of the folder, as a spec names it."""
    path = folder / f"{name}.jsonl"
    atomic.write_lines(path, rows)
    return {"path": str(path)}


def unleaked(folder: Path, asked: list[Row], train: list[Row]) -> list[Row]:
    """The rows to ask that training does not give away, as the run itself judges it; told how many were left out."""
    seen = load(Source(**source(folder, "train", train))).examples
    found = load(Source(**source(folder, "candidates", asked)), suite="unseen").examples
    leaked = set(leakage(found, train=seen, suite="unseen")["ids"])
    print(f"{folder.name}: {len(leaked)} of {len(found)} test rows left out, which training half covers", flush=True)
    return [asked[example.source_row - 1] for example in found if example.id not in leaked]


def general(folder: Path, *, tiny: bool) -> dict[str, str]:
    """The general suite of the project: what else the model knew, before and after."""
    rows = read_lines(PRESETS / "shared" / "general.jsonl")
    return source(folder, "general", rows[:4] if tiny else rows)

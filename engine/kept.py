"""What an arm has answered so far, on disk answer by answer, so that an interrupted evaluation goes on. No torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import atomic

Loss = tuple[float, int]  # nats per token, tokens


@dataclass
class Kept:
    """The finished answers and likelihoods by the item's place in the test. Without a path they are kept in memory
    alone."""

    path: Path | None = None
    said: dict[int, dict[str, Any]] = field(default_factory=dict)
    losses: dict[int, list[Loss]] = field(default_factory=dict)

    def keep_answer(self, at: int, values: dict[str, Any]) -> None:
        """Keep what the arm said to item `at`: fields of an Output."""
        self.said[at] = values
        self._append({"at": at, "said": values})

    def keep_losses(self, at: int, losses: list[Loss]) -> None:
        """Keep the likelihoods that were taken for item `at`."""
        self.losses[at] = losses
        self._append({"at": at, "losses": losses})

    def _append(self, line: dict[str, Any]) -> None:
        if self.path:
            atomic.append_line(self.path, line)


def begin(path: Path, *, key: str) -> Kept:
    """What the file holds, if it was kept under the same key, which stands for all that decides the answers; else
    nothing. Further answers are added to the file.

    A line cut short when the process was killed is dropped, see atomic.reopen_lines.
    """
    kept = Kept(path)
    for line in atomic.reopen_lines(path, head={"key": key}):
        if "said" in line:
            kept.said[line["at"]] = line["said"]
        else:
            kept.losses[line["at"]] = [(mean, count) for mean, count in line["losses"]]
    return kept

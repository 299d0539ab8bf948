"""The models that the inference process holds: one loaded model for both sides where they share their weights."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import mixed
from engine.sides import Side, Weights, weights

Key = tuple[str, str | None, str]  # model, revision, quantization
Proof = dict[str, Any]


@dataclass
class Room:
    """A loaded model, the adapters on it (folder -> peft's name), and the proof that without them it is base."""

    key: Key
    loaded: Any
    adapters: dict[Path, str] = field(default_factory=dict)
    proof: Proof | None = None


@dataclass(frozen=True)
class Placed:
    """A side and the model that answers for it; `adapter` is peft's name of its adapter, mixed.BASE for none."""

    loaded: Any
    adapter: str

    def context(self) -> AbstractContextManager[None]:
        """Inside, the model is this side."""
        return mixed.only(self.loaded, self.adapter)


def place(held: list[Room], two: Sequence[Side]) -> tuple[list[Placed], Proof | None]:
    """Each side with its model, and the proof that what stands for a base is one: {"max_abs_difference", "equal"}, None
    where no side is untrained.

    `held` are the rooms from before; those that are not needed now are let go before others are loaded.
    """
    wanted = [weights(side) for side in two]
    needed = needs(wanted)
    rooms = [next((room for room in held if _serves(room, *need)), None) for need in needed]
    held[:] = [room for room in rooms if room]
    for at, (key, adapters) in enumerate(needed):
        if rooms[at] is None:
            rooms[at] = _load(key, adapters)
            held.append(rooms[at])
    found, proofs = [], []
    for side, want in zip(two, wanted, strict=True):
        room = next(room for room in rooms if _serves(room, key_of(want), [want.adapter] if want.adapter else []))
        found.append(Placed(room.loaded, room.adapters[want.adapter] if want.adapter else mixed.BASE))
        if not side.trained:
            room.proof = room.proof or _prove(room)
            proofs.append(room.proof)
    return found, max(proofs, key=lambda proof: proof["max_abs_difference"], default=None)


def key_of(wanted: Weights) -> Key:
    return wanted.model, wanted.revision, wanted.quantization


def needs(wanted: Sequence[Weights]) -> list[tuple[Key, list[Path]]]:
    """The models to load, each with its adapters: one for both sides where the weights are the same. Two adapters share
    a model where both are LoRA; peft takes no others beside each other."""
    of_model: dict[Key, list[Path]] = {}
    for one in wanted:
        adapters = of_model.setdefault(key_of(one), [])
        if one.adapter and one.adapter not in adapters:
            adapters.append(one.adapter)
    found: list[tuple[Key, list[Path]]] = []
    for key, adapters in of_model.items():
        together = len(adapters) < 2 or all(_is_lora(folder) for folder in adapters)
        found += [(key, adapters)] if together else [(key, [folder]) for folder in adapters]
    return found


def _is_lora(folder: Path) -> bool:
    return json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))["peft_type"] == "LORA"


def _serves(room: Room | None, key: Key, adapters: Sequence[Path]) -> bool:
    return room is not None and room.key == key and set(adapters) <= set(room.adapters)


def _load(key: Key, adapters: Sequence[Path]) -> Room:
    from engine import models

    model, revision, quantization = key
    first = adapters[0] if adapters else None
    loaded = models.load(model, revision=revision, quantization=quantization, adapter=first)
    names = {first: "default"} if first else {}
    for number, folder in enumerate(adapters[1:], start=2):
        names[folder] = f"adapter-{number}"
        loaded.model.load_adapter(str(folder), adapter_name=names[folder])
        loaded.model.eval()
    return Room(key, loaded, names)


def _prove(room: Room) -> Proof:
    """The largest difference between the logits of this model without adapters and of one loaded afresh."""
    from engine import models
    from engine.training.train import probe_logits

    model, revision, quantization = room.key
    expected = probe_logits(models.load(model, revision=revision, quantization=quantization))
    with mixed.only(room.loaded, mixed.BASE):
        difference = (probe_logits(room.loaded) - expected).abs().max().item()
    return {"max_abs_difference": difference, "equal": difference == 0.0}

"""Where a model's weights lie, and whether they may be loaded: safetensors only, no code of its own. No torch."""

import json
import sys
from pathlib import Path

from engine import chain, embedded, registry
from engine.schema import UserError

REFUSED_CONFIG = ("auto_map", "_attn_implementation_internal")


def source(model: str) -> str:
    """What from_pretrained gets for a model's name: the embedded model's folder, a local folder, or a Hub id.

    Of a run's model (run:ID) it is the folder that `models` makes of it. The embedded model is fetched first
    where it is not there yet. Raises UserError as `check` does.
    """
    check(model)
    if model == embedded.NAME:
        return str(embedded.ensure(progress=lambda line: print(line, file=sys.stderr)))
    run = chain.parent(model)
    if run is not None:
        return str(run.whole if registry.method_of(run.spec()).adapter else run.model)
    folder = Path(model).expanduser()
    return str(folder.resolve()) if folder.is_dir() else model


def check(model: str) -> None:
    """Raises UserError for a folder that is not there, holds no safetensors, or asks for code of its own to be run."""
    folder, named = Path(model).expanduser(), f"model: the folder {model[:200]}"
    if model == embedded.NAME:
        return
    if model.startswith(chain.PREFIX):
        chain.check(model)
        return
    if not folder.is_dir():
        if model.startswith((".", "/", "~", "file:")) or "\\" in model or model.count("/") > 1:
            hint = f"Give a folder, a Hub id such as owner/name, or {embedded.NAME}."
            raise UserError(f"model: there is no model folder {model[:200]}. {hint}")
        return
    if not any(folder.glob("*.safetensors")):
        raise UserError(f"{named} holds no .safetensors file; other weight files are not loaded.")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{named} has no readable config.json. Save the model again.") from error
    refused = [key for key in REFUSED_CONFIG if key in config]
    if refused:
        raise UserError(f"{named} asks for code of its own ({refused[0]} in config.json): refused.")

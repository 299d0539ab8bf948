"""Sentences as vectors, by a local sentence-embedding model that the user names: nothing is downloaded."""

import json
import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from engine.schema import MetricFailed, UserError

VARIABLE = "KURABE_EMBEDDER"
BATCH = 32  # texts of about one length in one pass
MOST_TOKENS = 512  # of one text; what stands behind is not seen
_HUB_ID = re.compile(r"^[\w.-]+(/[\w.-]+)?$", re.ASCII)


def absent() -> str:
    """ "" where a model is at hand; else a code under not_measured in text.yaml: "no_embedder" (none is named),
    "embedder_not_here" (it is not found), "embedder_refused" (weights that are no safetensors, code of its own), or
    "embedder_pooling" (it was made for another pooling than the mean: its figures would mean nothing)."""
    from engine import sources

    if not os.environ.get(VARIABLE):
        return "no_embedder"
    path = folder()
    if path is None:
        return "embedder_not_here"
    try:
        sources.check(str(path))
        pooling = path / "1_Pooling" / "config.json"
        means = not pooling.is_file() or json.loads(pooling.read_text("utf-8")).get("pooling_mode_mean_tokens", True)
    except (UserError, OSError, ValueError):
        return "embedder_refused"
    return "" if means else "embedder_pooling"


def folder() -> Path | None:
    """Where the model that KURABE_EMBEDDER names lies: that folder, or a Hub id's in the local cache. None: nowhere."""
    named = os.environ.get(VARIABLE, "")
    path = Path(named).expanduser()
    if named and (path / "config.json").is_file():
        return path.resolve()
    if not _HUB_ID.match(named):
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        kept = Path(snapshot_download(named, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return kept if (kept / "config.json").is_file() else None


def embed(texts: Sequence[str]) -> Any:
    """A tensor (texts, width) of float32 unit vectors on the CPU: the mean of the last layer over each text's tokens.

    Source: Reimers and Gurevych 2019, https://arxiv.org/abs/1908.10084. No prefix is put before a text. Raises
    MetricFailed where the model cannot be used; there must be one (see `absent`).
    """
    import torch

    tokenizer, model = _load(str(folder()))
    longest = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", MOST_TOKENS))
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    vectors = [torch.empty(0)] * len(texts)
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            batch = tokenizer(
                [texts[at] for at in places],
                padding=True,
                truncation=True,
                max_length=min(longest, MOST_TOKENS),
                return_tensors="pt",
            ).to(model.device)
            hidden = model(**batch).last_hidden_state.float()
            mask = batch["attention_mask"].unsqueeze(-1).float()
            mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
            for at, vector in zip(places, torch.nn.functional.normalize(mean, dim=1).cpu(), strict=True):
                vectors[at] = vector
    return torch.stack(vectors) if vectors else torch.empty(0, 0)


@cache
def _load(path: str) -> tuple[Any, Any]:
    """(tokenizer, model) of the folder. Raises MetricFailed for one that cannot be loaded."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from engine.device import best_device

    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModel.from_pretrained(path, local_files_only=True, use_safetensors=True, dtype=torch.float32)
    except Exception as error:  # noqa: BLE001 - whatever the folder holds, the other metrics must still be measured
        raise MetricFailed(f"the model of {VARIABLE} cannot be loaded: {str(error)[:300]}") from error
    return tokenizer, model.to(best_device()).eval()

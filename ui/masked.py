"""Personal data in what the page shows of a file: masked, with a word that says so. Others may look at the page too."""

import re
from collections.abc import Iterable
from typing import Any

from engine.data.privacy import mask
from engine.text import text
from ui.html import esc, tag

_LAST_WORD = re.compile("[!-~]{1,80}$")


def note(texts: Iterable[str], lang: str) -> str:
    """A word on the mask where one of these texts has something to be masked, else nothing."""
    return word(lang) if any(mask(words) != words for words in texts) else ""


def word(lang: str) -> str:
    return tag("p", esc(text("page.own.masked", lang)), cls="k-muted")


def cell(words: str, most: int, *, cut_at: int = 0) -> str:
    """The beginning of a text, masked and escaped. Where it was cut before, at `cut_at` characters, its last word is
    left out: half an address is not known as one."""
    words = mask(_LAST_WORD.sub("", words) if len(words) == cut_at else words)
    return esc(words if len(words) <= most else words[:most] + " …")


def preview(found: dict[str, Any]) -> dict[str, Any]:
    """What `launch.preview` tells with the texts of its rows masked; `masked` says whether any was."""
    samples = [
        _masked(sample, "rejected") | {"segments": [_masked(part, "text") for part in sample["segments"]]}
        for sample in found.get("samples", ())
    ]
    held_out = [_masked(item, "question", "reference", "rejected") for item in found.get("held_out", ())]
    changed = samples != list(found.get("samples", ())) or held_out != list(found.get("held_out", ()))
    return found | {"samples": samples, "held_out": held_out, "masked": changed}


def _masked(part: dict[str, Any], *names: str) -> dict[str, Any]:
    return part | {name: mask(part[name]) for name in names if isinstance(part.get(name), str)}

"""Every text for people, by key and language, from engine/text.yaml: page, command line and report share it."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("en", "ja")
FILE = Path(__file__).with_name("text.yaml")


def text(key: str, lang: str = "en", **values: Any) -> str:
    """The text of a dotted key in a language, its {placeholders} filled from `values`.

    Raises KeyError where the key is not in text.yaml, where the language is none of LANGUAGES, or where a placeholder
    gets no value: a text that is not there is a mistake of ours and must be seen by a test, not by a user.

    >>> text("verdict.better.word", "en")
    'better'
    """
    return entries()[key][lang].format(**values)


def has(key: str) -> bool:
    """Whether there is a text of that key: for names users may choose themselves, such as a suite's."""
    return key in entries()


@cache
def entries() -> dict[str, dict[str, str]]:
    """All texts: dotted key -> language -> template."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return dict(_leaves(document, ""))


def _leaves(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, str]]]:
    if set(node) & set(LANGUAGES):  # a leaf holds one text per language; a test sees to it that none is missing
        yield prefix, dict(node)
        return
    for name, child in node.items():
        key = f"{prefix}.{name}" if prefix else str(name)
        if not isinstance(child, Mapping):
            raise ValueError(f"text.yaml: {key} is a bare text; write {{en: ..., ja: ...}}")
        yield from _leaves(child, key)


def doing(status: Mapping[str, Any], lang: str) -> str:
    """What a running stage does just now: its present part, where that has a text of its own."""
    part = f"page.part.{status.get('note')}"
    return text(part if has(part) else f"page.stage.{status['stage']}.now", lang)

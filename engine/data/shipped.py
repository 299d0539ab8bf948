"""Rows that ship with the project for any use case, and which of them suit the language of a file."""

import re
from collections.abc import Sequence
from pathlib import Path

from engine.data.leakage import asked
from engine.metrics._words import KANA
from engine.schema import Example

SHARED = Path(__file__).resolve().parents[2] / "presets" / "shared"
INSTRUCTIONS = SHARED / "instructions.jsonl"  # mixed in by methods that guard against forgetting so
OFF_TOPIC = SHARED / "off_topic.jsonl"  # questions that no file of rows answers, in English and Japanese
GENERAL = {"en": SHARED / "general.jsonl", "ja": SHARED / "general_ja.jsonl"}
PLAIN_TEXT = {"en": SHARED / "plain_text.jsonl", "ja": SHARED / "plain_text_ja.jsonl"}

_ENGLISH = re.compile(r"\b(?:the|is|are|what|how|do|does|you|your|my|of|and|can|to|it|have|that|will)\b", re.IGNORECASE)


def language(examples: Sequence[Example]) -> str:
    """ "ja" or "en" where more than half of the rows are in it (kana; one of the commonest English words), else ""."""
    counts = {"ja": 0, "en": 0}
    for example in examples:
        text = f"{asked(example)}\n{example.completion}"
        counts["ja"] += bool(KANA.search(text))
        counts["en"] += bool(_ENGLISH.search(text))
    return next((name for name, count in counts.items() if 2 * count > len(examples)), "")


def unrelated(examples: Sequence[Example]) -> dict[str, Path]:
    """What tells whether something was lost, by suite: general questions and plain texts, Japanese for Japanese rows,
    else English."""
    lang = "ja" if language(examples) == "ja" else "en"
    return {"general": GENERAL[lang], "plain_text": PLAIN_TEXT[lang]}

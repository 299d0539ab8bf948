"""Japanese postal codes and addresses, and American street addresses with their ZIP code."""

import re
from collections.abc import Iterator

from engine.data.personal._finder import Finder, Span

DIGIT = "[0-9０-９]"
DASH = "[-−－‐–ー]"
POSTAL = re.compile(f"〒\\s?{DIGIT}{{3}}{DASH}?{DIGIT}{{4}}(?!{DIGIT})")
PREFECTURE = "(?:東京都|北海道|(?:大阪|京都)府|[\u4e00-\u9fff]{2,3}県)"
NUMBERS = f"{DIGIT}{{1,4}}(?:丁目|番地?|号|{DASH})"
JAPANESE = re.compile(
    f"{PREFECTURE}[\u3005\u3040-\u30ff\u4e00-\u9fff]{{1,20}}?[市区町村郡]"
    f"[\u3005\u3040-\u30ff\u4e00-\u9fff]{{0,20}}?(?:{NUMBERS}){{1,3}}(?:{DIGIT}{{1,4}}(?:番地?|号)?)?"
)
STREET = r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl)"
AMERICAN = re.compile(
    rf"\b\d{{1,6}}\s(?:[A-Z][\w.'-]*\s){{1,4}}{STREET}\b\.?"
    r"(?:,?\s[\w.#-]{1,20}){0,6},?\s[A-Z]{2},?\s\d{5}(?:-\d{4})?\b"
)


def spans(text: str) -> Iterator[Span]:
    found = [match.span() for pattern in (POSTAL, JAPANESE) for match in pattern.finditer(text) if not text.isascii()]
    found += [match.span() for match in AMERICAN.finditer(text)]
    yield from sorted(found)


FINDER = Finder("address", "medium", spans, digits=1)

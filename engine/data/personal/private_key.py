"""Private keys as OpenSSL, OpenSSH, PuTTY and PGP write them, to their last line or the end of the text."""

import re
from collections.abc import Iterator

from engine.data.personal._finder import Finder, Span

KEY = re.compile(
    r"-----BEGIN ([A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?)-----.*?(?:-----END \1-----|\Z)"
    r"|PuTTY-User-Key-File-\d.*?(?:Private-MAC: \w+|\Z)",
    re.DOTALL,
)


def spans(text: str) -> Iterator[Span]:
    if "PRIVATE KEY" in text or "PuTTY" in text:
        yield from (match.span() for match in KEY.finditer(text))


FINDER = Finder("private_key", "high", spans)

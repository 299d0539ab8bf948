"""E-mail addresses, but for those of the domains that are kept for examples (RFC 2606)."""

import re
from collections.abc import Iterator

from engine.data.personal._finder import Finder, Span

ADDRESS = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}[@＠](?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![A-Za-z0-9-])"
)
EXAMPLE = re.compile(r"[@＠.](?:example(?:\.(?:com|org|net|jp|co\.jp))?|test|invalid|localhost)$", re.IGNORECASE)


def spans(text: str) -> Iterator[Span]:
    if "@" in text or "＠" in text:
        yield from (match.span() for match in ADDRESS.finditer(text) if not EXAMPLE.search(match[0]))


FINDER = Finder("email", "medium", spans)

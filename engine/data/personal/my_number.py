"""Japan's Individual Number (My Number): 12 digits with a check digit, where the text says that it is one or writes it
in fours. By chance one of eleven 12-digit numbers has the right check digit, so the digits alone are not enough.

Source: Ordinance of the Ministry of Internal Affairs and Communications No. 85 of 2014, article 5.
"""

import re
import unicodedata
from collections.abc import Iterator

from engine.data.personal._finder import Finder, Span

NUMBER = re.compile(
    r"(?<![\d０-９])(?<![\d０-９][ \-－　])[\d０-９]{4}([ \-－　]?)[\d０-９]{4}\1[\d０-９]{4}(?![ \-－　]?[\d０-９])"
)
NAMED = re.compile(r"マイナンバー|個人番号|my\s?number|individual number", re.IGNORECASE)


def checks(digits: str) -> bool:
    """Whether the twelfth digit is the check digit of the first eleven.

    >>> checks("123456789018"), checks("123456789012")
    (True, False)
    """
    total = sum(int(d) * (n + 1 if n <= 6 else n - 5) for n, d in enumerate(reversed(digits[:11]), start=1))
    rest = total % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def spans(text: str) -> Iterator[Span]:
    for match in NUMBER.finditer(text):
        digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", match[0]))
        if checks(digits) and (match[1] or NAMED.search(text)):
            yield match.span()


FINDER = Finder("my_number", "high", spans, digits=12)

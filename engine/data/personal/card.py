"""Payment card numbers: 13 to 19 digits that begin as a card's do, with the right check digit (Luhn, ISO/IEC 7812)."""

import re
import unicodedata
from collections.abc import Iterator

from engine.data.personal._finder import Finder, Span

NUMBER = re.compile(r"(?<![\d０-９.,-])(?:[\d０-９][ \-－]?){12,18}[\d０-９](?![\d０-９]|[.,-][\d０-９])")
# Visa, Mastercard (both ranges), American Express, Diners, Discover, JCB, UnionPay.
BEGINS = re.compile(r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|3(?:0[0-5]|[68])|6(?:011|5|4[4-9])|35|62")


def luhn(digits: str) -> bool:
    """Whether the check digit is right.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = sum(int(d) for d in digits[-1::-2]) + sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return total % 10 == 0


def spans(text: str) -> Iterator[Span]:
    for match in NUMBER.finditer(text):
        digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", match[0]))
        if BEGINS.match(digits) and len(set(digits)) > 1 and luhn(digits):
            yield match.span()


FINDER = Finder("card", "high", spans, digits=13)

"""Telephone numbers, Japanese and American ones as they are written there and all others with their +country code.

Told by Google's libphonenumber (the package phonenumbers): a number must exist in its country's plan and be written in
that country's groups, so that order numbers and dates are none.
"""

import re
from collections.abc import Iterator

from engine.data.personal._finder import Finder, Span

REGIONS = ("JP", "US")
# What libphonenumber is asked about at all, for it is slow: nine digits or more with little between them.
LIKELY = re.compile(r"(?:[\d０-９][-−－‐ー()（）.\s]{0,3}){9}")


def spans(text: str) -> Iterator[Span]:
    if not LIKELY.search(text):
        return
    from phonenumbers import Leniency, PhoneNumberMatcher

    found = {
        (match.start, match.end)
        for region in REGIONS
        for match in PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING)
    }
    yield from sorted(found)


FINDER = Finder("phone", "medium", spans, digits=9)

"""How large a test is made of a user's file, and what a test of that size can tell."""

import math
from collections.abc import Sequence

from engine.schema import Example

SHARE = 0.2  # of the rows, as is usual
MOST = 500  # more rows cost time in every arm and tell little more
CHANGED = 0.3  # of the items are taken to come out differently before and after
POWER = 1.96 + 0.84  # 95 % confidence, 80 % power


def test_share(rows: int) -> float:
    """The share of a file's rows to hold out: a fifth, of large files fewer, so that about 500 rows are asked.

    >>> test_share(1000), test_share(10_000)
    (0.2, 0.05)
    """
    return min(SHARE, MOST / max(1, rows))


def detectable(items: int) -> float:
    """The smallest difference of a share, before and after, that a paired test of so many items finds with 80 % power,
    where 30 % of the items come out differently (McNemar's test, normal approximation).

    >>> round(detectable(500), 3)
    0.069
    """
    return min(1.0, POWER * math.sqrt(CHANGED / items)) if items else 1.0


def told(deciding: Sequence[Example]) -> dict[str, float]:
    """{"items", "groups", "detectable"} of the test that decides. Rows of one group count as one item."""
    groups = len({example.group or example.id for example in deciding})
    return {"items": len(deciding), "groups": groups, "detectable": detectable(groups)}

"""The sum of what happened to the rows of a file."""

from collections import Counter
from collections.abc import Iterable

from engine.schema import Example, Issue

# Kept as it is and told to the user: nothing was mended.
NOTES = {"contradiction", "duplicate_column", "wrong_name"}


def account(examples: Iterable[Example], issues: Iterable[Issue]) -> dict[str, int]:
    """{"rows", "accepted", "fixed", "dropped"}. accepted + dropped = rows; a fixed row is an accepted row.

    >>> account([], [Issue(3, "empty", "Row 3: 'answer' is empty.", True)])
    {'rows': 1, 'accepted': 0, 'fixed': 0, 'dropped': 1}
    """
    accepted = [example.source_row for example in examples]
    issues = list(issues)
    dropped = sum(issue.dropped for issue in issues)
    mended = {issue.source_row for issue in issues if not issue.dropped and issue.code not in NOTES}
    fixed = len(mended & set(accepted))
    return {"rows": len(accepted) + dropped, "accepted": len(accepted), "fixed": fixed, "dropped": dropped}


def reasons(issues: Iterable[Issue]) -> dict[str, int]:
    """How many rows each reason cost, the costliest first."""
    return dict(Counter(issue.code for issue in issues if issue.dropped).most_common())

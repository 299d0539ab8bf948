"""The sum of what happened to the rows of a file."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Literal

from engine.registry import checks, finders
from engine.schema import Example, Issue

Happened = Literal["dropped", "fixed", "noted"]
# Kept as it is and told to the user: nothing was mended. So are the codes of all checks and finders.
NOTES = {"contradiction", "duplicate_column", "wrong_name"}
SEVERITY = {
    "contradiction": "high",
    "mojibake": "medium",
    "bad_encoding": "high",
    "too_long": "high",
    "cut_prompt": "high",
    "turns_joined": "low",
    "duplicate": "low",
    "control_characters": "low",
    "divided": "low",
    "edited": "low",
    "excluded": "low",
}


@cache
def notes() -> frozenset[str]:
    """Every code that means: told, and nothing done."""
    from engine.data.privacy import PREFIX  # which needs clean, which needs nothing of this

    told = {code for check in checks().values() for code in check.codes}
    return frozenset(NOTES | told | {f"{PREFIX}{name}" for name in finders()})


@cache
def severity(code: str) -> str:
    """How serious an issue of that code is: high, medium or low."""
    from engine.data.privacy import PREFIX

    for check in checks().values():
        if code in check.codes:
            return check.codes[code]
    if code.startswith(PREFIX):
        return finders()[code.removeprefix(PREFIX).removesuffix("_masked")].severity
    return SEVERITY.get(code, "medium")


def happened(issue: Issue) -> Happened:
    """What an issue means for its row; one of the whole file mends none."""
    if issue.dropped:
        return "dropped"
    return "noted" if issue.code in notes() or issue.source_row is None else "fixed"


def account(examples: Iterable[Example], issues: Iterable[Issue]) -> dict[str, int]:
    """{"rows", "accepted", "fixed", "dropped"}. accepted + dropped = rows; a fixed row is an accepted row, and a text
    that was divided is one row.

    >>> account([], [Issue(3, "empty", "Row 3: 'answer' is empty.", True)])
    {'rows': 1, 'accepted': 0, 'fixed': 0, 'dropped': 1}
    """
    mended, dropped = set(), 0
    for issue in issues:
        dropped += issue.dropped
        if happened(issue) == "fixed":
            mended.add(issue.source_row)
    whole, texts, fixed = 0, set(), set()
    for example in examples:
        if example.kind == "text":
            texts.add((example.source_row, example.group) if example.group else example.id)
        else:
            whole += 1
        if example.source_row in mended:
            fixed.add(example.source_row)
    accepted = whole + len(texts)
    return {"rows": accepted + dropped, "accepted": accepted, "fixed": len(fixed), "dropped": dropped}


def reasons(issues: Iterable[Issue]) -> dict[str, int]:
    """How many rows each reason cost, the costliest first."""
    return dict(Counter(issue.code for issue in issues if issue.dropped).most_common())


def notices(issues: Iterable[Issue]) -> dict[str, int]:
    """How many rows each thing was told of or mended in, the commonest first."""
    return dict(Counter(issue.code for issue in issues if not issue.dropped).most_common())

"""The items of a comparison as a table for a spreadsheet; no cell of it can become a formula."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

TEXTS = ("suite", "question", "reference", "base", "tuned", "outcome", "group")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def items_csv(items: Sequence[Mapping[str, Any]]) -> str:
    """The items (comparison.json's "items") as CSV, one line each, after a byte-order mark by which Excel knows UTF-8.

    Columns: the texts, what the other arms said, then each metric before and after. A text that a spreadsheet would
    take for a formula gets an apostrophe in front (OWASP, CSV injection).
    """
    others = list(dict.fromkeys(arm for item in items for arm in item.get("others") or {}))
    metrics = list(dict.fromkeys(name for item in items for name in item["base_scores"]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    scored = [f"{name} {when}" for name in metrics for when in ("before", "after")]
    writer.writerow([*TEXTS, *others, *scored])
    for item in items:
        said = [(item.get("others") or {}).get(arm) for arm in others]
        scores = [item[side].get(name) for name in metrics for side in ("base_scores", "tuned_scores")]
        texts = [safe(value) for value in (*(item[name] for name in TEXTS), *said)]
        writer.writerow([*texts, *("" if score is None else f"{score:.6g}" for score in scores)])
    return "\ufeff" + out.getvalue()


def safe(value: Any) -> str:
    """The text of a cell that no spreadsheet takes for a formula.

    >>> safe("=HYPERLINK(1)"), safe("7 days"), safe(None)
    ("'=HYPERLINK(1)", '7 days', '')
    """
    words = "" if value is None else str(value)
    return f"'{words}" if words.lstrip(" ").startswith(FORMULA) else words

"""What came of an export in words, for page and terminal alike."""

from collections.abc import Mapping
from typing import Any

from engine.text import text


def verified(found: Mapping[str, Any], lang: str) -> list[str]:
    """Sentences on whether the exported model is the run's; the first is a warning where it is not."""
    answer = found.get("verification")
    if not answer:
        return [text("export.verified.none", lang)]
    difference = answer["max_logit_difference"]  # None: a logit is no number
    numbers = {
        "difference": "–" if difference is None else f"{difference:.2g}",
        "largest": f"{answer['largest_logit']:.3g}",
        "compared": answer["compared"],
    }
    if answer["asked"]:
        counts = {name: answer[name] for name in ("identical", "asked", "of")}
        percent = f"{100 * answer['identical'] / answer['asked']:.0f}"
        said = [text("export.verified.same", lang, percent=percent, **counts, **_but(numbers, "compared"))]
    else:
        said = [text("export.verified.logits_only", lang, **numbers)]
    return said if found["passed"] else [text("export.verified.failed", lang), *said]


def _but(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}

"""What a section of the report is put together from: plain data, which HTML, Markdown and JSON are drawn from alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Block = dict[str, Any]
Section = dict[str, Any]


def section(key: str, title: str, *blocks: Block | None) -> Section | None:
    """A section of what there is to say; None where there is nothing."""
    kept = [block for block in blocks if block]
    return {"key": key, "title": title, "blocks": kept} if kept else None


def lines(said: Iterable[str | Mapping[str, str]]) -> Block | None:
    """Sentences, each plain or {"text", "tone"} with a tone of good, bad or neutral."""
    drawn = [{"text": one, "tone": ""} if isinstance(one, str) else dict(one) for one in said]
    return {"kind": "lines", "lines": drawn} if drawn else None


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str = "", numeric: Sequence[int] = ()
) -> Block | None:
    """A table of texts; the columns in `numeric` stand right."""
    drawn = {"header": list(header), "rows": [list(row) for row in rows], "numeric": list(numeric)}
    return {"kind": "table", "caption": caption, **drawn} if drawn["rows"] else None


def facts(pairs: Mapping[str, str | tuple[str, str]], *, caption: str = "") -> Block | None:
    """Labels with values; a value may have a small remark."""
    rows = [(label, *((value, "") if isinstance(value, str) else value)) for label, value in pairs.items()]
    return {"kind": "facts", "caption": caption, "rows": rows} if rows else None


def quote(label: str, said: str) -> Block | None:
    """A longer text as it was given, such as a system prompt."""
    return {"kind": "quote", "label": label, "text": said} if said else None


def curve(log: Sequence[Mapping[str, Any]], best_step: int | None) -> Block | None:
    """The loss over the steps."""
    return {"kind": "curve", "log": [dict(line) for line in log], "best_step": best_step} if len(log) > 1 else None

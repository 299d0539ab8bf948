"""The account of a user's file: what it is, how many rows can be used, and why the others cannot."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine import uploads
from engine.data import excel
from engine.data.files import read_bytes
from engine.data.inspect import SHORT, inspect_file
from engine.numbers import figure
from engine.registry import formats
from engine.sentences import of_issue
from engine.text import has, text
from ui import masked
from ui.data_view import thumb
from ui.html import esc, facts, notice, table, tag

LONGEST_CELL = 240
MOST_NOTES = 8
MOST_COLUMNS = 12  # of a file, side by side
SURE = 0.85  # a shape whose columns are named by synonyms has 0.9


def look(token: str, *, shape: str, columns: Mapping[str, str], sheet: str = "") -> dict[str, Any]:
    """The account of a kept file, under the name the user knows it by. Raises UserError."""
    known = {"format": shape, "columns": columns, "sheet": sheet}
    return inspect_file(uploads.find(token), **known, name=uploads.name(token), checks=False)


@lru_cache(maxsize=256)  # a word stands for one content
def recognised(token: str) -> bool:
    """Whether the columns of a kept file say by themselves what its rows are. Raises UserError."""
    return bool(look(token, shape="", columns={})["format"])


def sheets(token: str) -> tuple[list[str], str]:
    """(the sheets of a kept workbook, the one that is read where none is chosen); ([], "") for another kind of file.
    Raises UserError."""
    raw = read_bytes(uploads.find(token))
    return excel.sheets(raw, name=uploads.name(token)) if excel.is_workbook(raw) else ([], "")


def likeliest(found: dict[str, Any]) -> str:
    """The shape found, or the one that lacks least; a question and its answer where nothing is known."""
    best = found["candidates"][0]
    return found["format"] or (best["format"] if best["columns"] else "question_answer")


def known_columns(found: dict[str, Any]) -> dict[str, str]:
    """Field -> column as far as it is known."""
    best = next(one for one in found["candidates"] if one["format"] == likeliest(found))
    return found["columns"] or best["columns"]


def field_title(field: str, lang: str) -> str:
    """What a field of a row's shape is called; its own name for one without a word."""
    return text(f"page.field.{field}", lang) if has(f"page.field.{field}") else field


def account(found: dict[str, Any], lang: str) -> str:
    """File, shape, how many rows can be used, and the first of them; the reasons follow with the preview."""
    if not found["format"]:
        needed = formats()[likeliest(found)].required
        missing = ", ".join(field_title(field, lang) for field in needed if field not in known_columns(found))
        words = text(
            "page.own.unknown", lang, file=found["file"], columns=", ".join(found["file_columns"][:40]), missing=missing
        )
        return notice(words, tone="warn", title=text("page.own.unknown_title", lang)) + as_they_stand(found, lang)
    unsure = as_they_stand(found, lang) if found["confidence"] < SURE else ""
    return (
        _verdict(found, lang)
        + _about_the_file(found, lang)
        + unsure
        + _counts(found, lang)
        + rows(found["sample"], lang)
    )


def as_they_stand(found: dict[str, Any], lang: str) -> str:
    """The file's own first rows, to see which column is which."""
    columns = found["file_columns"][:MOST_COLUMNS]
    first = found["first_rows"][:3]
    cells = [[masked.cell(row.get(column, ""), LONGEST_CELL, cut_at=SHORT) for column in columns] for row in first]
    hidden = masked.note((row.get(column, "") for row in first for column in columns), lang)
    more = len(found["file_columns"]) - len(columns)
    rest = tag("p", esc(text("page.own.more_columns", lang, n=more)), cls="k-muted") if more > 0 else ""
    head = tag("h4", esc(text("page.own.as_they_stand", lang)))
    return head + hidden + table([esc(column) for column in columns], cells, cls="k-own-rows") + rest


def _verdict(found: dict[str, Any], lang: str) -> str:
    words = text("page.own.recognised", lang, format=text(f"format.{found['format']}.title", lang), file=found["file"])
    if found["confidence"] < SURE:
        return notice(words + " " + text("page.own.check", lang), tone="warn")
    return notice(words, tone="good")


def _about_the_file(found: dict[str, Any], lang: str) -> str:
    """What it was read as, and what is to be told of the file as a whole."""
    told = [text("page.own.how_read", lang, kind=found["kind"], encoding=found["encoding"])]
    told += [of_issue(issue, lang) for issue in found["issues"] if issue["source_row"] is None][:MOST_NOTES]
    return tag("div", "".join(tag("p", esc(words)) for words in told), cls="k-notes")


def _counts(found: dict[str, Any], lang: str) -> str:
    shown = {name: figure(found[name]) for name in ("rows", "accepted", "fixed", "dropped", "duplicates")}
    answer = found["lengths"].get("answer", {}).get("characters")
    if answer and answer["max"]:
        longest = tag("small", esc(text("page.own.longest", lang, n=figure(answer["max"]))))
        name = "text_length" if found["kinds"] == ["text"] else "answer_length"
        shown[name] = esc(text("page.own.characters", lang, n=figure(answer["median"]))) + longest
    return facts({esc(text(f"page.own.count.{name}", lang)): value for name, value in shown.items()})


def rows(sample: Sequence[dict[str, Any]], lang: str) -> str:
    """The first usable rows: what is asked, and what is learnt from."""
    if not sample:
        return ""
    columns = [name for name, cell in COLUMNS.items() if any(cell(row, lang) for row in sample)]
    lines = [[COLUMNS[name](row, lang) for name in columns] for row in sample]
    head = [esc(text(f"page.own.row.{name}", lang)) for name in columns]
    cls = "k-pairs" if len(columns) == 2 else "k-own-rows"
    texts = (words for row in sample for words in (_asked(row), row["completion"], row.get("rejected") or ""))
    title = tag("h4", esc(text("page.own.first_rows", lang)))
    return title + masked.note(texts, lang) + table(head, lines, cls=cls)


# The columns of the first rows, each with its cell of a row; a column without any cell is left out.
COLUMNS: dict[str, Callable[[dict[str, Any], str], str]] = {
    "question": lambda row, lang: _cut(_asked(row)),
    "answer": lambda row, lang: _cut(row["completion"]) if _plain(row) and row["prompt"] else "",
    "text": lambda row, lang: _cut(row["completion"]) if not row["prompt"] else "",
    "chosen": lambda row, lang: _cut(row["completion"]) if row.get("rejected") is not None else "",
    "rejected": lambda row, lang: _cut(row["rejected"]) if row.get("rejected") is not None else "",
    "judged": lambda row, lang: _cut(row["completion"]) if row.get("label") is not None else "",
    "label": lambda row, lang: thumb(row["label"], lang) if row.get("label") is not None else "",
}


def _plain(row: dict[str, Any]) -> bool:
    """Whether the row has one answer to learn, which nobody has judged."""
    return row.get("rejected") is None and row.get("label") is None


def _asked(row: dict[str, Any]) -> str:
    return "\n".join(turn["content"] for turn in row["prompt"] if turn["role"] != "system")


def _cut(words: str) -> str:
    return masked.cell(words, LONGEST_CELL)

"""A sheet of an Excel workbook (.xlsx) to rows. Every value is the text that Excel shows: `007`, `2024/3/1`, `12%`."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.data.cell import shown
from engine.data.packed import expect_small, zip_names
from engine.data.separated import MAX_COLUMNS, name_columns
from engine.schema import Issue, UserError

LOOKED_AT = 30  # rows among which the header is looked for
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})\"")

Grid = dict[int, list[str]]  # the sheet's rows that hold anything, by the number that Excel shows beside them
Numbered = list[tuple[int, dict[str, Any]]]


def is_workbook(raw: bytes) -> bool:
    """Whether the bytes are a zip archive that holds a workbook."""
    return "xl/workbook.xml" in zip_names(raw)


def parse_workbook(raw: bytes, *, name: str, sheet: str = "") -> tuple[tuple[str, ...], Numbered, list[Issue]]:
    """(columns, numbered rows, issues) of the sheet called `sheet`, else of the first that holds anything.

    A row's number is the one that Excel shows. The header is the first row with more than half as many cells as the
    fullest near it; what stands above it is not read. A cell merged over several rows counts for each of them. Raises
    UserError for a workbook that is damaged, too large, or has no such sheet, header or row.
    """
    with _told_where_damaged(name):
        book = _opened(raw, name)
        chosen = _sheet(book, sheet, name)
        grid, issues = _grid(chosen)
        merged = _merged(raw, chosen)
    others = [other for other in book.sheetnames if other != chosen.title]
    if others and not sheet:
        names = ", ".join(other[:40] for other in others[:8])
        message = f"Of {name}, the sheet '{chosen.title[:40]}' is read. Its other sheets: {names}."
        issues.append(Issue(None, "other_sheets", message, False))
    issues += _fill_merged(grid, merged)
    return _rows(grid, issues, name)


def sheets(raw: bytes, *, name: str) -> tuple[list[str], str]:
    """(the sheets of the workbook, the one that is read where none is named). Raises UserError as `parse_workbook`."""
    with _told_where_damaged(name):
        book = _opened(raw, name)
        return [title for title in book.sheetnames if hasattr(book[title], "iter_rows")], _sheet(book, "", name).title


@contextmanager
def _told_where_damaged(name: str) -> Iterator[None]:
    """UserError in place of what openpyxl raises for broken files."""
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (zipfile.BadZipFile, InvalidFileException, LookupError, ValueError, TypeError, AttributeError, OSError)
    try:
        yield
    except (*broken, EOFError, SyntaxError, NotImplementedError) as error:
        raise UserError(f"{name} is a workbook that cannot be read ({type(error).__name__}). Save it again.") from None


def _opened(raw: bytes, name: str) -> Any:
    import openpyxl

    expect_small(zipfile.ZipFile(io.BytesIO(raw)).infolist(), packed=len(raw), name=name)
    return openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)


def _sheet(book: Any, wanted: str, name: str) -> Any:
    sheets = {title: book[title] for title in book.sheetnames if hasattr(book[title], "iter_rows")}
    for one in sheets.values():
        one.reset_dimensions()  # what a file says of its size may be wrong
    if wanted:
        found = next((one for title, one in sheets.items() if title.strip() == wanted.strip()), None)
        if found is None:
            raise UserError(f"{name} has no sheet '{wanted[:40]}'. It has: {', '.join(t[:40] for t in sheets)}.")
        return found
    if not sheets:
        raise UserError(f"{name} has no sheet with cells.")
    visible = [one for one in sheets.values() if one.sheet_state == "visible"] or list(sheets.values())
    return next((one for one in visible if any(any(row) for row in one.iter_rows(values_only=True))), visible[0])


def _grid(sheet: Any) -> tuple[Grid, list[Issue]]:
    grid: Grid = {}
    issues: list[Issue] = []
    for cells in sheet.iter_rows(max_col=MAX_COLUMNS):
        filled = [cell for cell in cells if cell.value is not None]
        if not filled:
            continue
        number = filled[0].row
        line = [""] * filled[-1].column
        for cell in filled:
            if cell.data_type == "e":
                message = f"Row {number}: cell {cell.coordinate} holds the error {cell.value}, which is left empty."
                issues.append(Issue(number, "cell_error", message, False))
            else:
                line[cell.column - 1] = shown(cell.value, cell.number_format or "General")
        if any(text.strip() for text in line):
            grid[number] = line
    return grid, issues


def _merged(raw: bytes, sheet: Any) -> list[tuple[int, int, int, int]]:
    """(first row, last row, first column, last column) of the cells merged over several rows."""
    from openpyxl.utils import range_boundaries

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        content = archive.read(sheet._worksheet_path)  # a sheet read row by row does not tell which cells are merged
    found = [range_boundaries(ref.decode()) for ref in _MERGED.findall(content)]
    return [(top, bottom, left, right) for left, top, right, bottom in found if bottom > top]


def _fill_merged(grid: Grid, merged: list[tuple[int, int, int, int]]) -> list[Issue]:
    """Writes the text of cells merged over several rows into each of these rows; an Issue for each row."""
    filled: dict[int, list[str]] = {}
    for top, bottom, left, _ in merged:
        text = grid.get(top, [])[left - 1 : left]
        if not text or not text[0]:
            continue
        for number in range(top + 1, bottom + 1):
            if line := grid.get(number):
                line += [""] * (left - len(line))
                line[left - 1] = text[0]
                filled.setdefault(number, []).append(text[0][:30])
    return [
        Issue(
            number, "merged_cell", f"Row {number}: '{texts[0]}' is merged from a row above and counts here too.", False
        )
        for number, texts in sorted(filled.items())
    ]


def _rows(grid: Grid, issues: list[Issue], name: str) -> tuple[tuple[str, ...], Numbered, list[Issue]]:
    if not grid:
        raise UserError(f"{name} is empty.")
    numbers = sorted(grid)
    width = {number: sum(bool(text.strip()) for text in grid[number]) for number in numbers}
    fullest = max(width[number] for number in numbers[:LOOKED_AT])
    header = next(number for number in numbers if width[number] * 2 > fullest)
    above = [number for number in numbers if number < header]
    if above:
        message = f"The header is row {header}; what stands above it is not read."
        issues.insert(0, Issue(None, "above_header", message, False))
    last = max(i for i, text in enumerate(grid[header], start=1) if text.strip())
    body = [number for number in numbers if number > header]
    last = max([last, *(i for n in body for i, text in enumerate(grid[n], start=1) if text.strip())])
    columns, twice = name_columns((grid[header] + [""] * last)[:last], name=name)
    if not body:
        raise UserError(f"{name} holds a header and no rows below it.")
    between = body[-1] - header - len(body)
    if between:
        message = f"{between:,} empty rows between the others were passed over."
        issues.append(Issue(None, "empty_rows", message, False))
    rows = [(n, dict(zip(columns, (grid[n] + [""] * last)[:last], strict=True))) for n in body]
    kept = set(body)
    return columns, rows, [*twice, *(i for i in issues if i.source_row is None or i.source_row in kept)]

"""A file, a folder or an archive to rows, whatever a person has called it, in any usual encoding."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from engine.data import code, documents, hub
from engine.data.columnar import is_columnar, parse_columnar
from engine.data.excel import is_workbook, parse_workbook
from engine.data.files import (
    CODE,
    DOCUMENTS,
    REMEDY,
    TABLES,
    folder_files,
    is_streamed,
    left_over,
    local,
    name_of,
    of_one_kind,
    read_bytes,
    suffix_of,
)
from engine.data.json_file import read_large
from engine.data.office import is_word
from engine.data.packed import ZIP, Tree, unpacked, zip_tree
from engine.data.text_table import is_table_called_text, parse_text
from engine.schema import Issue, Source, UserError

Kind = Literal["csv", "json", "jsonl", "parquet", "arrow", "excel", "python", "documents", "tables"]


@dataclass(frozen=True)
class Table:
    """The rows of a file. `numbers[i]` is the number a person would give `rows[i]`.

    It is the record below the header for CSV (1 is the first data row; blank lines are not counted), the place in the
    list for JSON, the line in the file for JSON Lines, the row that Excel shows, the place among the functions for
    Python code, among the passages for documents, among all rows where there are several tables. `issues` holds what
    was left out or mended while reading.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[dict[str, Any]]
    numbers: Sequence[int]
    encoding: str
    kind: Kind
    issues: list[Issue] = field(default_factory=list)

    @property
    def num_rows(self) -> int:
        """The rows of the file: those read and those left out."""
        return len(self.rows) + sum(issue.dropped for issue in self.issues)


def read_source(source: Source, *, name: str = "") -> Table:
    """The rows of a run's source; see `read_rows`."""
    name = name or (source.path if hub.is_hub(source.path) else "")
    return read_rows(local(source.path), name=name, sheet=source.sheet, format=source.format)


def read_rows(path: str | Path, *, name: str = "", sheet: str = "", format: str = "") -> Table:
    """The rows of the file at `path`; values of CSV are text as it stands, values of JSON text, lists or objects.

    What the file is, is told from its content; where the name says otherwise an Issue notes it. A row that cannot be
    read is left out with an Issue. `name` is what the user calls the file, where that is not what the path says;
    `sheet` names the one to read of a workbook; `format` "text" asks for the documents of a folder that has others.
    Raises UserError with one clear sentence for a file that cannot be read at all.
    """
    called = name_of(name or path)
    if os.path.isdir(path):
        sizes = {file.relative_to(path).as_posix(): file.lstat().st_size for file in folder_files(path)}
        return _read_tree(Tree(called, sizes, lambda inside: read_bytes(Path(path, inside))), format=format)
    if is_streamed(path):
        columns, rows, numbers, issues = read_large(path, name=called)
        return Table(called, columns, rows, numbers, "utf-8", "jsonl", issues)
    return _read_file(read_bytes(path, name=called), str(name or path), name=called, sheet=sheet, format=format)


def _read_file(raw: bytes, inside: str, *, name: str, sheet: str = "", format: str = "") -> Table:
    """The rows of one file's bytes; `inside` is its name in full, which tells what it should be."""
    raw, inside = unpacked(raw, inside, name=name)
    suffix = suffix_of(inside)
    if is_workbook(raw):
        table = _table(name, "excel", "xlsx", parse_workbook(raw, name=name, sheet=sheet))
    elif is_columnar(raw):
        kind, *parsed = parse_columnar(raw, name=name)
        table = _table(name, kind, kind, parsed)
    elif raw.startswith(ZIP) and not is_word(raw):
        return _read_tree(_archive(raw, name), format=format)
    elif suffix in CODE:
        return _table(name, "python", "utf-8", (code.COLUMNS, *code.read_functions(_alone(name, raw), [name])))
    elif documents.is_document(raw, inside) and not is_table_called_text(raw, suffix, name=name):
        table = _documents(_alone(os.path.basename(inside), raw), [os.path.basename(inside)], name=name)
    else:
        table = _table(name, *parse_text(raw, suffix, name=name))
    promised = PROMISED.get(suffix)
    if promised and table.kind not in promised:
        message = f"{name} holds {KIND_NAMES.get(table.kind, table.kind.upper())} whatever its name says."
        return replace(table, issues=[Issue(None, "wrong_name", message, False), *table.issues])
    return table


# What each ending promises; JSON Lines called .json, and the other way round, surprise nobody.
PROMISED: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys((".csv", ".tsv"), ("csv",)),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), ("json", "jsonl")),
    **dict.fromkeys((".xlsx", ".xlsm"), ("excel",)),
    **dict.fromkeys((".parquet", ".arrow", ".feather"), ("parquet", "arrow")),
    **dict.fromkeys(DOCUMENTS - {".txt", ".text"}, ("documents",)),
}
KIND_NAMES = {"excel": "an Excel workbook", "documents": "a document", "parquet": "Parquet", "arrow": "Arrow"}


def _alone(inside: str, raw: bytes) -> Tree:
    return Tree(inside, {inside: len(raw)}, lambda _: raw)


def _archive(raw: bytes, name: str) -> Tree:
    tree = zip_tree(raw, name=name)
    for marker, kind in (("ppt/presentation.xml", "a presentation"), ("mimetype", "an OpenDocument file")):
        if marker in tree.sizes:
            raise UserError(f"{name} is {kind}, not text or a table. {REMEDY}")
    return tree


def _read_tree(tree: Tree, *, format: str) -> Table:
    """The rows of a folder's or an archive's files of one kind; what is not read of it is told."""
    kind, used = of_one_kind(tree.sizes, format=format)
    if not used:
        raise UserError(
            f"{tree.name} holds no file that can be read: no table ({', '.join(sorted(TABLES)[:6])} ...), no document "
            f"({', '.join(sorted(DOCUMENTS)[:6])} ...) and no Python code."
        )
    others = left_over(tree.sizes, used)
    note = ", ".join(f"{count} {ending}" for ending, count in list(others.items())[:8])
    message = f"Of {tree.name}, {len(used):,} files are read as {kind}. Not read: {note}."
    issues = [*tree.issues, *([Issue(None, "files_not_read", message, False)] if others else [])]
    if kind == "code":
        rows, found = code.read_functions(tree, used)
        return _table(tree.name, "python", "utf-8", (code.COLUMNS, rows, [*issues, *found]))
    if kind == "documents":
        table = _documents(tree, used)
        return replace(table, issues=[*issues, *table.issues])
    return _tables(replace(tree, issues=issues), used)


def _documents(tree: Tree, used: list[str], *, name: str = "") -> Table:
    rows, issues, encoding = documents.read_documents(tree, used)
    return _table(name or tree.name, "documents", encoding, (documents.COLUMNS, rows, issues))


def _tables(tree: Tree, used: list[str]) -> Table:
    """Several tables as one, numbered on; the Issue "files" says which rows are whose. One alone keeps its numbers."""
    columns: dict[str, None] = {}
    rows: list[tuple[int, dict]] = []
    issues, whose, read = list(tree.issues), [], []
    start = 0
    for inside in used:
        try:
            table = _read_file(tree.read(inside), inside, name=name_of(inside))
        except UserError as error:
            issues.append(Issue(None, "file_left_out", str(error), True))
            continue
        read.append(table)
        columns.update(dict.fromkeys(table.columns))
        rows += [(start + number, row) for number, row in zip(table.numbers, table.rows, strict=True)]
        issues += [_moved(issue, start, table.name) if len(used) > 1 else issue for issue in table.issues]
        last = max([*table.numbers, *(issue.source_row or 0 for issue in table.issues)])
        whose.append(f"{start + 1}-{start + last}: {table.name}")
        start += last
    if not rows:
        first = next((issue.message for issue in issues if issue.dropped), "")
        raise UserError(f"{tree.name} holds no table that can be read. {first}".rstrip())
    if len(read) > 1:
        names = "; ".join(whose[:20]) + ("; ..." if len(whose) > 20 else "")
        issues.insert(0, Issue(None, "files", f"{len(read)} tables are read as one. Rows {names}.", False))
    encoding = ", ".join(dict.fromkeys(table.encoding for table in read))
    return _table(tree.name, read[0].kind if len(read) == 1 else "tables", encoding, (tuple(columns), rows, issues))


def _moved(issue: Issue, start: int, name: str) -> Issue:
    row = None if issue.source_row is None else issue.source_row + start
    return replace(issue, source_row=row, message=f"{name}: {issue.message}")


def _table(name: str, kind: Kind, encoding: str, parsed: Any) -> Table:
    columns, rows, issues = parsed
    return Table(name, columns, [row for _, row in rows], [number for number, _ in rows], encoding, kind, issues)

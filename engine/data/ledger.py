"""Every row of a training file with what became of it, in one SQLite file: listed page by page, never whole.

One table, `rows`: number (in the file), status, codes and messages of its issues, where it went, its texts and their
tokens, `origin`, the id an Edit names, and of a dropped row `texts`, what can be corrected of it, as JSON. Status is
accepted, noted (accepted, with something told), fixed or dropped.
"""

import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.atomic import aside
from engine.data import unread
from engine.data.account import happened
from engine.data.leakage import asked
from engine.data.load import CountTokens, Loaded
from engine.schema import Issue, UserError

STATUSES = ("accepted", "noted", "fixed", "dropped")
SORTS = ("number", "status", "tokens")
FIELDS = (
    *("number", "status", "codes", "message", "place", "question", "answer", "rejected", "asked", "origin", "texts"),
    *("prompt_tokens", "answer_tokens"),
)
_ORDER = {"number": "number", "status": "status", "tokens": "prompt_tokens + answer_tokens"}
BARS = 24  # of a histogram
MOST_RAW = 2000  # characters of a dropped row that are kept to be looked at


@dataclass(frozen=True)
class Asked:
    """Which rows are meant: of a status, with an issue's code, with words in their text or number; in which order."""

    status: str = ""
    code: str = ""
    search: str = ""
    sort: str = "number"
    descending: bool = False


def write_ledger(
    path: Path, loaded: Loaded, *, places: Mapping[int | None, str], count_tokens: CountTokens | None = None
) -> None:
    """Write every row of the file: one line for each example, and one for each row that was dropped."""
    told: dict[int | None, list[Issue]] = defaultdict(list)
    for issue in loaded.issues:
        told[issue.source_row].append(issue)
    temporary = aside(path)
    temporary.unlink(missing_ok=True)
    with closing(sqlite3.connect(temporary)) as base, base:
        base.execute("PRAGMA journal_mode=OFF")
        base.execute("PRAGMA synchronous=OFF")
        base.execute(f"CREATE TABLE rows ({', '.join(FIELDS)})")
        base.executemany(
            f"INSERT INTO rows VALUES ({', '.join('?' * len(FIELDS))})", _lines(loaded, told, places, count_tokens)
        )
        base.execute("CREATE INDEX by_number ON rows (number)")
        base.execute("CREATE INDEX by_status ON rows (status, number)")
    os.replace(temporary, path)


def _lines(
    loaded: Loaded,
    told: Mapping[int | None, list[Issue]],
    places: Mapping[int | None, str],
    count_tokens: CountTokens | None,
) -> Iterator[tuple]:
    for example in loaded.examples:
        number, issues = example.source_row, told.get(example.source_row, [])
        status = max((happened(issue) for issue in issues if not issue.dropped), key=STATUSES.index, default="accepted")
        tokens = count_tokens(example) if count_tokens else (None, None)
        texts = (example.question, example.completion, example.rejected, _plain(asked(example)))
        origin = loaded.origins.get(number, "")
        yield (number, status, *_told(issues), places.get(number, "out"), *map(_plain, texts), origin, "", *tokens)
    lines = zip(loaded.table.numbers, loaded.table.rows, strict=True)
    gone = {number for number, issues in told.items() if any(issue.dropped for issue in issues)}
    raw = {number: row for number, row in lines if number in gone}
    for number, issues in told.items():
        if number is not None and any(issue.dropped for issue in issues):
            row = raw.get(number)
            words = "" if row is None else json.dumps(row, ensure_ascii=False, default=str)[:MOST_RAW]
            origin = loaded.origins.get(number, "")
            found = loaded.failed.get(number) or (unread.texts(loaded, number, row) if row is not None else None)
            held = json.dumps(found) if found and origin else ""
            yield (number, "dropped", *_told(issues), "", _plain(words), "", None, "", origin, held, None, None)


def _told(issues: list[Issue]) -> tuple[str, str]:
    """(codes between blanks, messages a line each)."""
    codes = dict.fromkeys(issue.code for issue in issues)
    lines = "\n".join(" ".join(issue.message.splitlines()) for issue in issues)
    return f" {' '.join(codes)} " if codes else "", _plain(lines)


def _plain(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "replace").decode()  # SQLite takes no lone surrogate


def rows(path: Path, wanted: Asked, *, first: int = 0, most: int = 50) -> tuple[list[dict[str, Any]], int]:
    """(`most` of the rows that are meant, from the `first` on; how many there are). Raises UserError where the ledger
    is gone."""
    where, values = _where(wanted)
    with closing(_open(path)) as base:
        total = base.execute(f"SELECT COUNT(*) FROM rows {where}", values).fetchone()[0]
        found = base.execute(f"SELECT * FROM rows {where} {_order(wanted)} LIMIT ? OFFSET ?", (*values, most, first))
        return [dict(row) for row in found], total


def row(path: Path, number: int) -> dict[str, Any] | None:
    """The first line of that row, None where there is none."""
    with closing(_open(path)) as base:
        found = base.execute("SELECT * FROM rows WHERE number = ? LIMIT 1", (number,)).fetchone()
        return dict(found) if found else None


def every(path: Path, wanted: Asked) -> Iterator[dict[str, Any]]:
    """Each of the rows that are meant, one at a time."""
    where, values = _where(wanted)
    with closing(_open(path)) as base:
        for found in base.execute(f"SELECT * FROM rows {where} {_order(wanted)}", values):
            yield dict(found)


def counts(path: Path) -> dict[str, dict[str, int]]:
    """{"status": {status: rows}, "code": {code of an issue: rows, the commonest first}}."""
    with closing(_open(path)) as base:
        status = dict(base.execute("SELECT status, COUNT(*) FROM rows GROUP BY status").fetchall())
        codes: dict[str, int] = defaultdict(int)
        for together, count in base.execute("SELECT codes, COUNT(*) FROM rows WHERE codes <> '' GROUP BY codes"):
            for code in together.split():
                codes[code] += count
    ordered = dict(sorted(codes.items(), key=lambda pair: (-pair[1], pair[0])))
    return {"status": {name: status.get(name, 0) for name in STATUSES}, "code": ordered}


def lengths(path: Path) -> dict[str, Any]:
    """How long the accepted rows are, in tokens: {"prompt", "answer"} -> {"step", "counts", "beyond"}.

    counts[n] rows have n * step up to (n + 1) * step tokens and `beyond` rows more than all of these; the step is a
    round number, such that 99 % of the rows are in about BARS bars. {} where tokens are not counted.
    """
    with closing(_open(path)) as base:
        query = "SELECT prompt_tokens, answer_tokens FROM rows WHERE prompt_tokens IS NOT NULL"
        pairs = base.execute(query).fetchall()
    if not pairs:
        return {}
    return {side: _bars([pair[at] for pair in pairs]) for at, side in enumerate(("prompt", "answer"))}


def _bars(values: list[int]) -> dict[str, Any]:
    nearly = sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
    step = next(
        size for power in range(7) for size in (10**power, 2 * 10**power, 5 * 10**power) if nearly < size * BARS
    )
    counts = [0] * (nearly // step + 1)
    beyond = 0
    for value in values:
        if value // step < len(counts):
            counts[value // step] += 1
        else:
            beyond += 1
    return {"step": step, "counts": counts, "beyond": beyond}


def _where(wanted: Asked) -> tuple[str, list[Any]]:
    parts, values = [], []
    if wanted.status in STATUSES:
        parts.append("status = ?")
        values.append(wanted.status)
    if wanted.code:
        parts.append("instr(codes, ?)")
        values.append(f" {wanted.code} ")
    words = wanted.search.strip()
    if words:
        parts.append("(question LIKE ? ESCAPE '\\' OR answer LIKE ? ESCAPE '\\' OR number = ?)")
        like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        values += [like, like, int(words) if words.isdecimal() and len(words) < 18 else -1]
    return ("WHERE " + " AND ".join(parts) if parts else ""), values


def _order(wanted: Asked) -> str:
    column = _ORDER.get(wanted.sort, "number")
    return f"ORDER BY {column} {'DESC' if wanted.descending else 'ASC'}, number, rowid"


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise UserError("The list of rows is not there any more. Choose the data again.")
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    base.row_factory = sqlite3.Row
    return base

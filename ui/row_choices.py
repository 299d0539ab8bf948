"""What the page holds about the rows of the data: the sheet and the other files they come from, how long, personal and
leaked ones are treated, the column that groups them, and corrections by hand. One JSON text in the browser, so that a
restarted server finds it again."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine.schema import DataSpec, RunSpec, UserError
from engine.text import text

OPTIONS = {
    "too_long": ("", "cut_prompt", "drop"),
    "personal": ("", "mask", "drop"),
    "leaked": ("", "move", "remove"),
}


def read(held: str | None) -> dict[str, Any]:
    """The choices made so far; {} where none were. What is not understood counts as not chosen: it is checked again."""
    try:
        found = json.loads(held or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def write(choices: Mapping[str, Any]) -> str:
    return json.dumps(dict(choices), ensure_ascii=False) if choices else ""


def of(spec: RunSpec) -> str:
    """The choices that a use case or a run comes with."""
    data = spec.data
    kept = {name: getattr(data, name) for name in OPTIONS if getattr(data, name)}
    edits = [edit.model_dump(exclude_none=True, exclude_defaults=True) for edit in data.changes]
    return write(kept | ({"changes": edits} if edits else {}))


def picked(held: str | None, **values: Any) -> str:
    """The choices with these instead."""
    return write(read(held) | values)


def edits(held: str | None) -> list[dict[str, Any]]:
    """The corrections, the oldest first."""
    found = read(held).get("changes")
    return [edit for edit in found if isinstance(edit, dict)] if isinstance(found, list) else []


def edit_of(held: str | None, row: int) -> dict[str, Any] | None:
    """The correction of that row, None where there is none."""
    return next((edit for edit in edits(held) if edit.get("row") == row), None)


def with_edit(held: str | None, edit: Mapping[str, Any]) -> str:
    """The choices with that correction, the last one, in place of an earlier one of the same row."""
    return picked(held, changes=[*(one for one in edits(held) if one.get("row") != edit["row"]), dict(edit)])


def without_edit(held: str | None, row: int | None = None) -> str:
    """The choices without the correction of that row, or without the last one."""
    kept = edits(held)
    kept = kept[:-1] if row is None else [edit for edit in kept if edit.get("row") != row]
    return picked(held, changes=kept)


def group(held: str | None) -> dict[str, str]:
    """The column chosen to group the rows by, as part of a column map; {} where the user left that to the program."""
    chosen = read(held).get("group")
    return {"group": chosen} if isinstance(chosen, str) else {}


def sheet(held: str | None) -> str:
    """The sheet chosen of a workbook; "" where the user left that to the program."""
    chosen = read(held).get("sheet")
    return chosen if isinstance(chosen, str) else ""


def more(held: str | None) -> list[dict[str, Any]]:
    """The other files of the run: {"upload": the word for the kept file, "weight"}."""
    found = read(held).get("more")
    found = found if isinstance(found, list) else []
    return [one for one in found if isinstance(one, dict) and isinstance(one.get("upload"), str) and "weight" in one]


def applied(spec: RunSpec, held: str | None, lang: str) -> RunSpec:
    """The spec with the choices. Raises UserError for one that cannot be."""
    chosen = {name: value for name, value in read(held).items() if name in (*OPTIONS, "changes")}
    try:
        data = DataSpec.model_validate(spec.data.model_dump() | chosen)
    except ValidationError as problem:
        error = problem.errors()[0]
        field = ".".join(str(part) for part in ("data", *error["loc"]))
        raise UserError(text("page.error.field", lang, field=field, message=error["msg"])) from None
    return spec.model_copy(update={"data": data})

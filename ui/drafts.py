"""From what the page holds to a RunSpec. Every field is checked again in the engine; here it only finds its place."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from engine import rundir, uploads
from engine.data.own import own_data_spec
from engine.registry import formats
from engine.schema import Kind, RunSpec, Source, UserError, Weighted
from engine.specs import resolve_spec
from engine.text import text
from ui import own_view, row_choices, usecases
from ui.method_choice import recommended
from ui.usecases import OWN

SLOTS = 4  # how many columns of a file the page maps by hand


def column_map(shape: str | None, columns: Sequence[str | None]) -> dict[str, str]:
    """Field -> column from the dropdowns, which stand in the order of the format's fields."""
    member = formats().get(shape or "")
    names = list(member.fields)[:SLOTS] if member else []
    return {name: column for name, column in zip(names, columns, strict=False) if column}


def is_mapped(upload: str, shape: str | None, columns: Sequence[str | None]) -> bool:
    """Whether there is a file whose shape is chosen and whose needed columns all are."""
    member = formats().get(shape or "")
    return bool(upload and member and set(member.required) <= column_map(shape, columns).keys())


def data_only(
    name: str, upload: str, shape: str | None, columns: Sequence[str | None], choices: str = "", *, lang: str
) -> RunSpec:
    """The spec that a choice of data starts from: a use case's, a run's, or a file's own; with the choices for its rows
    (see row_choices). Raises UserError."""
    return row_choices.applied(_chosen(name, upload, shape, columns, choices, lang=lang), choices, lang)


def _chosen(
    name: str, upload: str, shape: str | None, columns: Sequence[str | None], choices: str, *, lang: str
) -> RunSpec:
    if usecases.run_id(name):
        return rundir.open_run(usecases.run_id(name)).spec()
    if name != OWN:
        if name not in usecases.presets():
            raise UserError(text("page.error.use_case", lang, name=str(name)[:60]))
        return resolve_spec(name)
    if not upload:
        raise UserError(text("page.error.no_file", lang))
    file = _own_file(upload, shape, columns, choices)
    mapped = file.columns | row_choices.group(choices)
    spec = own_data_spec(
        file.path,
        format=file.format,
        columns=mapped,
        title=uploads.name(upload),
        sheet=file.sheet,
        more=_others(file, choices, lang),
    )
    return spec.model_copy(update={"method": recommended(usecases.kinds(file))})


def _others(first: Source, choices: str, lang: str) -> tuple[Weighted, ...]:
    """The other files with their weights; one whose own columns say nothing is read as the first is. Raises UserError
    where one is gone, or for a weight that cannot be."""
    found = []
    for other in row_choices.more(choices):
        path = str(uploads.find(other["upload"]))
        alike = {} if own_view.recognised(other["upload"]) else {"format": first.format, "columns": first.columns}
        try:
            found.append(Weighted.model_validate({"source": {"path": path, **alike}, "weight": other["weight"]}))
        except ValidationError as problem:
            message = problem.errors()[0]["msg"]
            raise UserError(text("page.error.field", lang, field="weight", message=message)) from None
    return tuple(found)


def kinds(
    name: str, upload: str, shape: str | None, columns: Sequence[str | None], choices: str = ""
) -> tuple[Kind, ...]:
    """What the rows of a choice of data can teach, the commonest kind first; nothing where that is not known yet."""
    try:
        if name != OWN:
            return usecases.kinds(data_only(name, upload, shape, columns, lang="en").data.train)
        return usecases.kinds(_own_file(upload, shape, columns, choices)) if is_mapped(upload, shape, columns) else ()
    except UserError:
        return ()


def _own_file(upload: str, shape: str | None, columns: Sequence[str | None], choices: str) -> Source:
    """The user's file with its shape and columns as the page has them. Raises UserError where it is gone."""
    return Source(
        path=str(uploads.find(upload)),
        format=shape or "",
        columns=column_map(shape, columns),
        sheet=row_choices.sheet(choices),
    )


def whole(
    spec: RunSpec,
    *,
    method: str,
    settings: dict[str, Any],
    model: str,
    system: str,
    seed: Any,
    max_new_tokens: Any,
    lang: str,
) -> RunSpec:
    """The spec with everything the page lets one choose. Raises UserError naming the field that cannot be."""
    values = spec.model_dump() | {
        "method": method,
        "settings": settings,
        "model": str(model).strip(),
        "system": system or "",
    }
    values |= {"seed": seed, "decoding": spec.decoding.model_dump() | {"max_new_tokens": max_new_tokens}}
    try:
        return RunSpec.model_validate(values)
    except ValidationError as problem:
        error = problem.errors()[0]
        field = ".".join(str(part) for part in error["loc"])
        raise UserError(text("page.error.field", lang, field=field, message=error["msg"])) from None

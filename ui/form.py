"""A pydantic model becomes widgets, and their values become the model's fields again. No field is named here."""

import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

import gradio as gr
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from engine.numbers import figure
from engine.schema import UserError
from engine.text import has, text


@dataclass(frozen=True)
class Form:
    """The widgets of one settings model, by field name."""

    Settings: type[BaseModel]
    widgets: dict[str, gr.components.Component]


def build(Settings: type[BaseModel], lang: str) -> Form:
    """Lay the fields out: those marked basic open, the others behind an accordion."""
    widgets: dict[str, gr.components.Component] = {}
    basic = {name for name, field in Settings.model_fields.items() if is_basic(field)}
    with gr.Row(elem_classes="k-fields"):
        for name in (name for name in Settings.model_fields if name in basic):
            widgets[name] = _widget(name, Settings.model_fields[name], lang)
    with gr.Accordion(text("page.method.all_settings", lang), open=False, elem_classes="k-accordion"):
        with gr.Row(elem_classes="k-fields"):
            for name in (name for name in Settings.model_fields if name not in basic):
                widgets[name] = _widget(name, Settings.model_fields[name], lang)
    return Form(Settings, {name: widgets[name] for name in Settings.model_fields})


def is_basic(field: FieldInfo) -> bool:
    """Whether a beginner should see this field."""
    return bool(isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("basic"))


def title(name: str, lang: str) -> str:
    """What a field is called: text.yaml's word, or its own name written out."""
    key = f"page.setting.{name}.title"
    return text(key, lang) if has(key) else name.replace("_", " ").capitalize()


def help_text(name: str, field: FieldInfo, lang: str) -> str:
    """What happens when the field goes up, and its bounds. English is the field's own description."""
    key = f"page.setting.{name}.help"
    words = text(key, lang) if lang != "en" and has(key) else (field.description or "")
    low, high = bounds(field)
    if low is None and high is None:
        return words
    return f"{words} {text('page.setting_range', lang, low=_bound(low), high=_bound(high))}".strip()


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The lowest and the highest value, None where there is no bound."""
    low = next((getattr(m, a) for m in field.metadata for a in ("ge", "gt") if getattr(m, a, None) is not None), None)
    high = next((getattr(m, a) for m in field.metadata for a in ("le", "lt") if getattr(m, a, None) is not None), None)
    return low, high


def _bound(value: float | None) -> str:
    return "…" if value is None else (f"{value:g}" if abs(value) < 1e4 else figure(int(value)))


def choices(field: FieldInfo) -> tuple[Any, ...]:
    """The values of a Literal field, else none."""
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def _kind(field: FieldInfo) -> type:
    """The plain type of a field, Optional taken off."""
    if get_origin(field.annotation) in (Union, types.UnionType):
        return next(part for part in get_args(field.annotation) if part is not type(None))
    return field.annotation or str


def _widget(name: str, field: FieldInfo, lang: str) -> gr.components.Component:
    words = {"label": title(name, lang), "info": help_text(name, field, lang), "interactive": True, "min_width": 220}
    if choices(field):
        options = [(_choice(name, value, lang), value) for value in choices(field)]
        return gr.Dropdown(options, value=field.default, **words)
    if _kind(field) is bool:
        return gr.Checkbox(field.default, **words)
    if _kind(field) in (int, float):
        step = 1 if _kind(field) is int else None
        # Bounds are said in the help and checked by `read`, in the reader's language, instead of by the widget.
        return gr.Number(field.default, step=step, **words)
    return gr.Textbox("" if field.default is None else str(field.default), max_length=8000, **words)


def _choice(name: str, value: Any, lang: str) -> str:
    key = f"page.setting.{name}.choice.{str(value).replace('-', '_')}"
    return text(key, lang) if has(key) else str(value)


def values(Settings: type[BaseModel], settings: dict[str, Any]) -> list[Any]:
    """What the widgets should show: `settings` over the defaults, in the order of the fields."""
    return [settings.get(name, field.default) for name, field in Settings.model_fields.items()]


def read(Settings: type[BaseModel], given: Sequence[Any], lang: str) -> dict[str, Any]:
    """The fields from what the widgets hold, checked. Raises UserError naming each that cannot be, and its bounds."""
    raw = {}
    for (name, field), value in zip(Settings.model_fields.items(), given, strict=True):
        whole = _kind(field) is int and isinstance(value, float) and value.is_integer()
        raw[name] = int(value) if whole else value
    try:
        return Settings.model_validate(raw, strict=True).model_dump()  # strict: "2" and true are no numbers
    except ValidationError as problem:
        names = dict.fromkeys(str(error["loc"][0]) for error in problem.errors() if error["loc"])
        if not names:
            raise UserError(problem.errors()[0]["msg"]) from None
        lines = [_complaint(name, Settings.model_fields[name], raw[name], lang) for name in names]
        raise UserError("\n".join(lines)) from None


def _complaint(name: str, field: FieldInfo, value: Any, lang: str) -> str:
    given = text("page.error.nothing", lang) if value is None else str(value)[:60]
    low, high = bounds(field)
    if choices(field):
        allowed = ", ".join(_choice(name, choice, lang) for choice in choices(field))
    elif low is None and high is None:
        allowed = text(f"page.error.kind_{_kind(field).__name__}", lang)
    else:
        allowed = text("page.setting_range", lang, low=_bound(low), high=_bound(high))
    return text("page.error.setting", lang, field=title(name, lang), value=given, allowed=allowed)

"""A settings model becomes a form, and the form's values the model's again."""

from typing import Literal

import gradio as gr
import pytest
from pydantic import BaseModel, Field

from engine.registry import methods
from engine.schema import UserError
from engine.text import LANGUAGES, entries, has
from ui import form


class Settings(BaseModel):
    rank: int = Field(16, ge=1, le=64, description="Higher: learns more.", json_schema_extra={"basic": True})
    rate: float = Field(1e-3, gt=0, lt=1)
    schedule: Literal["linear", "constant"] = "linear"
    keep_best: bool = True
    note: str = ""
    limit: int | None = None


DEFAULTS = [16, 1e-3, "linear", True, "", None]


def built(lang="en"):
    with gr.Blocks():
        return form.build(Settings, lang)


def test_each_field_becomes_the_widget_of_its_kind():
    kinds = {name: type(widget).__name__ for name, widget in built().widgets.items()}
    assert kinds == {
        "rank": "Number",
        "rate": "Number",
        "schedule": "Dropdown",
        "keep_best": "Checkbox",
        "note": "Textbox",
        "limit": "Number",
    }


def test_help_says_what_happens_when_it_goes_up_and_the_bounds():
    assert built().widgets["rank"].info.endswith("From 1 to 64.")


def test_only_basic_fields_stand_outside_the_accordion():
    widgets = built().widgets

    def folded(widget):
        parent = widget.parent
        while parent is not None and not isinstance(parent, gr.Accordion):
            parent = parent.parent
        return parent is not None

    assert not folded(widgets["rank"]) and folded(widgets["rate"]) and folded(widgets["note"])


def test_what_the_widgets_hold_becomes_the_settings():
    assert form.read(Settings, [8.0, 0.5, "constant", False, "x", 3], "en") == {
        "rank": 8,
        "rate": 0.5,
        "schedule": "constant",
        "keep_best": False,
        "note": "x",
        "limit": 3,
    }


def test_defaults_and_a_runs_own_settings_fill_the_form():
    assert form.values(Settings, {}) == DEFAULTS
    assert form.values(Settings, {"rank": 4})[0] == 4


BAD = [float("nan"), float("inf"), -1, 1e308, 0, "2", [], None, 1.5, True, {"a": 1}]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("value", BAD)
def test_impossible_number_is_named_with_its_field(value, lang):
    with pytest.raises(UserError) as caught:
        form.read(Settings, [value, *DEFAULTS[1:]], lang)
    assert form.title("rank", lang) in str(caught.value) and "64" in str(caught.value)


def test_every_impossible_field_is_named_at_once():
    with pytest.raises(UserError) as caught:
        form.read(Settings, [0, 5, "sideways", "maybe", None, "x"], "en")
    for name in ("rank", "rate", "schedule", "keep_best", "note", "limit"):
        assert form.title(name, "en") in str(caught.value)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_settings_of_every_method_can_be_drawn_and_read_back(lang):
    for method in methods().values():
        with gr.Blocks():
            widgets = form.build(method.Settings, lang).widgets
        assert list(widgets) == list(method.Settings.model_fields)
        assert form.read(method.Settings, [widget.value for widget in widgets.values()], lang) == (
            method.Settings().model_dump()
        )


FIELDS = [(method.name, name) for method in methods().values() for name in method.Settings.model_fields]


@pytest.mark.parametrize(("method", "name"), FIELDS)
def test_every_setting_has_its_title_help_and_choices_in_both_languages(method, name):
    for part in ("title", "help"):
        assert has(f"page.setting.{name}.{part}"), f"engine/text.yaml lacks page.setting.{name}.{part}"
        assert all(words.strip() for words in entries()[f"page.setting.{name}.{part}"].values())
    for choice in form.choices(methods()[method].Settings.model_fields[name]):
        assert has(f"page.setting.{name}.choice.{str(choice).replace('-', '_')}")


@pytest.mark.parametrize("name", sorted({name for _, name in FIELDS}))
def test_japanese_help_translates_what_a_field_says_today(name):
    said = {
        method.Settings.model_fields[name].description
        for method in methods().values()
        if name in method.Settings.model_fields
    }
    translated = entries()[f"page.setting.{name}.help"]["en"]
    assert translated in said, (
        f"the help of {name} changed: bring both languages of page.setting.{name}.help up to date"
    )

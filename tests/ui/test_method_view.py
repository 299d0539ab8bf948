"""The methods to choose from: which fit the data, which to begin with and why, and what is to be known of each."""

import re
from types import SimpleNamespace

import pytest

from engine.registry import methods
from engine.text import LANGUAGES, has, text
from ui import app, method_choice, method_view, usecases
from ui.drafts import SLOTS
from ui.tabs import method as method_tab
from ui.tabs import use_case

KINDS = ("completion", "pairs", "labels", "prompts", "text")
NAMES = list(methods())


def card(name, kinds, lang="en", chosen="lora"):
    """The HTML of one method's card."""
    found = re.search(rf'<button[^>]*data-pick="{name}".*?</button>', method_view.cards(chosen, kinds, lang), re.S)
    assert found, f"there is no card for {name}"
    return found.group()


@pytest.mark.parametrize("kinds", [(), *((kind,) for kind in KINDS)])
def test_every_method_of_the_registry_has_one_card_whatever_the_data(kinds):
    picks = re.findall(r'data-pick="(\w+)"', method_view.cards("lora", kinds, "en"))
    assert sorted(picks) == sorted(NAMES) and sorted(method_choice.order()) == sorted(NAMES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_method_that_cannot_learn_from_the_data_is_dimmed_and_says_why(name, kind):
    for lang in LANGUAGES:
        drawn = card(name, (kind,), lang)
        assert ('aria-disabled="true"' in drawn) == (kind not in methods()[name].needs)
        why = method_view.unusable(name, (kind,), lang)
        assert (why in drawn) == (kind not in methods()[name].needs)
        assert text(f"page.kind.{kind}", lang) in why
        assert all(text(f"page.kind.{needed}", lang) in why for needed in methods()[name].needs)


def test_nothing_is_dimmed_before_the_data_is_known():
    assert "aria-disabled" not in method_view.cards("lora", (), "en")


@pytest.mark.parametrize("kind", KINDS)
def test_recommended_method_fits_its_data_and_stands_in_the_first_group(kind):
    first = method_choice.recommended((kind,))
    assert kind in methods()[first].needs
    assert first in next(iter(method_choice.groups((kind,)).values()))
    badge = text("page.method.recommended", "en")
    assert [name for name in NAMES if badge in card(name, (kind,))] == [first]


def test_rows_of_several_kinds_leave_only_methods_that_take_them_all():
    usable = [name for name in NAMES if method_choice.fits(name, ("pairs", "labels"))]
    assert usable and all({"pairs", "labels"} <= set(methods()[name].needs) for name in usable)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_says_why_instruction_tuning_goes_through_lora_or_qlora(lang, monkeypatch):
    from engine.methods import _through

    for gpu, way in ((False, "lora"), (True, "qlora")):
        monkeypatch.setattr(_through, "has_gpu", lambda gpu=gpu: gpu)
        assert text(f"page.method.way.{way}", lang) in method_view.advice(("completion",), lang)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_panel_says_when_not_to_use_a_method_what_it_needs_and_links_its_paper(name, lang):
    drawn = method_view.panel(name, lang)
    assert has(f"page.method.{name}.not_for"), f"engine/text.yaml lacks page.method.{name}.not_for"
    assert method_view.esc(text(f"page.method.{name}.not_for", lang)) in drawn
    assert f'href="{methods()[name].paper}"' in drawn and 'rel="noopener noreferrer"' in drawn
    assert method_view.needs(name, lang) in drawn
    assert re.search(r'<dd class="k-about-share">[^<]*%', drawn)


def test_panel_shows_the_share_as_counted_once_there_is_a_forecast():
    counted = {"trainable_parameters": 4_884_480, "total_parameters": 139_400_000, "trainable_percent": 3.504}
    drawn = method_view.panel("lora", "en", counted)
    assert "3.50 %" in drawn and "4.88 M" in drawn and text("page.method.lora.share", "en") not in drawn


def test_every_method_has_a_drawing_of_its_own():
    drawings = {name: method_view.icons.method(name) for name in NAMES}
    assert len(set(drawings.values())) == len(NAMES)
    assert all("k-m-trained" in drawing for drawing in drawings.values())


@pytest.mark.parametrize("name", list(usecases.presets()))
def test_card_of_a_use_case_brings_its_method_and_settings(name):
    preset = usecases.presets()[name]
    chosen = app.pick_data("en", "", SimpleNamespace(_data={"pick": name}))
    assert chosen[0] == name and preset.run.method in chosen and preset.run.system in chosen
    kinds = usecases.kinds(preset.run.data.train)
    assert method_choice.fits(preset.run.method, kinds) and " ".join(kinds) in chosen


def test_file_of_ones_own_begins_without_a_use_cases_instructions():
    chosen = app.pick_data("en", "", SimpleNamespace(_data={"pick": "own"}))
    systems = {preset.run.system for preset in usecases.presets().values() if preset.run.system}
    assert chosen[0] == "own" and not systems & {value for value in chosen if isinstance(value, str)}


def test_file_of_another_kind_chooses_the_method_for_it(tmp_path):
    from engine import rundir

    file = tmp_path / "pairs.csv"
    file.write_text("prompt,chosen,rejected\n" + "".join(f"Q{n}?,Yes {n}.,No {n}.\n" for n in range(20)))
    token, *slots = use_case.uploaded("en", [str(file)])[: 2 + SLOTS]
    columns = [*(slot["value"] for slot in slots), ""]
    shown = method_tab.suited("en", "", "lora", "own", token, *columns)
    assert shown[:2] == ["dpo", "pairs"] and len(columns) == 2 + SLOTS
    again = method_tab.suited("en", "pairs", "kto", "own", token, *columns)
    assert "kto" not in again and len(again) == len(shown)
    assert rundir.all_runs() == []

"""The cards of the use cases and the chosen one's page: what it says before and after its result was measured."""

import re
from html import unescape

import pytest

from engine import results
from engine.larger import Machine
from engine.schema import Preset
from engine.text import LANGUAGES, text
from tests.ui.kept import KEPT, PRIMARY
from ui import use_case_view, usecases
from ui.use_case_view import about, cards, reminder

HERE = Machine(25)
RULES = [
    {"name": f"rule_{n}", "says": {"en": f"Keeps rule {n}.", "ja": f"ルール{n}を守る。"}, "least": 1} for n in range(6)
]


def made(name: str = "company_faq", **changes) -> Preset:
    """A use case that ships with the project, with some of its fields changed."""
    values = usecases.presets()[name].model_dump()
    run = values["run"] | changes.pop("run", {})
    return Preset.model_validate(values | changes | {"run": run})


def picks(markup: str) -> list[str]:
    return re.findall(r'data-pick="(\w+)"', markup)


def words(markup: str) -> str:
    """What a reader sees of it."""
    return unescape(re.sub(r"<[^>]+>", " ", markup))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_two_languages_of_a_use_case_are_one_card_that_stands_for_the_pages_language(lang):
    found = picks(cards("", {}, lang))
    assert len(found) == len(usecases.families()) + 1 and found[-1] == "own"
    assert ("company_faq_ja" if lang == "ja" else "company_faq") == found[0]
    assert len({usecases.family_of(name) for name in found}) == len(found)


@pytest.mark.parametrize("chosen", ["company_faq", "company_faq_ja"])
def test_chosen_rows_press_the_card_of_their_family_and_no_other(chosen):
    pressed = re.findall(r'data-pick="(\w+)" data-family="(\w+)" aria-pressed="true"', cards(chosen, {}, "en"))
    assert pressed == [(chosen, "company_faq")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_card_of_a_measured_use_case_shows_sign_and_minutes(lang):
    name = usecases.member(usecases.families()["company_faq"], lang).name
    shown = cards("", {name: KEPT}, lang)
    assert shown.count("k-sign") == 1 and f'aria-label="{text("verdict.better.word", lang)}"' in shown
    assert text("page.case.about_minutes", lang, n=6) in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_has_a_switch_between_its_languages(lang):
    shown = about(made("company_faq_ja"), None, lang, HERE)
    assert re.findall(r'data-pick="(\w+)" aria-pressed="(\w+)" lang="(\w+)"', shown) == [
        ("company_faq", "false", "en"),
        ("company_faq_ja", "true", "ja"),
    ]
    assert f'role="group" aria-label="{text("page.case.rows", lang)}"' in shown


def test_use_case_without_another_language_says_so_and_has_no_switch(monkeypatch):
    only = made("raw_documents")
    monkeypatch.setattr(usecases, "families", lambda: {"raw_documents": {"en": only}})
    shown = about(only, None, "ja", HERE)
    assert not picks(shown) and text("page.case.rows_only", "ja", language="English") in shown
    assert picks(cards("", {}, "ja")) == ["raw_documents", "own"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_unmeasured_use_case_says_what_to_press_and_guesses_its_minutes(lang):
    shown = about(made(), None, lang, HERE)
    assert text("page.case.not_yet", lang) in shown and text("page.case.guessed", lang) in shown
    assert text("page.use_case.next", lang) in shown and text("page.method.start", lang) in shown
    assert "k-pane" not in shown and text("page.case.memory", lang) not in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_measured_use_case_shows_verdict_example_and_cost(lang):
    shown = about(made(), KEPT, lang, HERE)
    for part in ("headline", "sentence"):
        assert KEPT[part][lang] in shown
    assert KEPT["bad"][lang][0] in shown and KEPT["example"]["why"][lang] in shown
    assert re.search(r'k-pane-base">.*It said B\..*k-pane-tuned">.*It said A, too\.', shown)
    assert re.search(r"<details[^>]*><summary>[^<]*</summary><p>It said A\.</p></details>", shown)
    assert "2.35 GB" in shown and text("page.case.timed", lang, cores=2) in shown
    assert text("page.case.not_yet", lang) not in shown


def test_first_warnings_are_open_and_long_answers_are_cut():
    many = [f"Worse in way {n}." for n in range(5)]
    long = KEPT["example"] | {"after": "la " * 300}
    shown = about(made(), KEPT | {"bad": {"en": many, "ja": many}, "example": long}, "en", HERE)
    opened, folded = re.search(r'(<p class="k-line-bad">.*?)<details[^>]*>(.*?)</details>', shown).groups()
    assert [opened.count("Worse"), folded.count("Worse")] == [use_case_view.FIRST_WARNINGS, 3]
    assert text("page.case.more", "en", n=3) in folded
    assert f">{('la ' * 300)[: use_case_view.LONGEST]}…<" in shown


def test_bars_show_base_prompted_and_tuned_with_the_interval_where_tuned_lies():
    shown = about(made(), KEPT, "en", HERE)
    assert re.findall(r"k-fill-(\w+)", shown) == ["base", "prompted", "tuned"]
    assert re.search(r'k-fill-tuned" style="width:54\.40%"></i><i class="k-whisker" style="left:43\.00%', shown)
    without = KEPT | {"primary": PRIMARY | {"prompted": None, "low": None}}
    assert re.findall(r"k-fill-(\w+)", about(made(), without, "en", HERE)) == ["base", "tuned"]


def test_figure_that_should_be_low_says_so_and_one_that_was_not_measured_has_no_bars():
    perplexity = PRIMARY | {"metric": "perplexity", "before": 92.0, "prompted": None, "after": 40.0}
    assert text("page.case.lower", "en") in about(made(), KEPT | {"primary": perplexity}, "en", HERE)
    nothing = KEPT | {"verdict": "not_measured", "primary": PRIMARY | {"n": 0, "before": None, "after": None}}
    assert "k-bar-fill" not in about(made(), nothing, "en", HERE)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("verdict", ["better_but", "cannot_tell", "worse", "not_measured"])
def test_what_is_not_better_is_said_to_need_more_and_japanese_rows_a_model_for_japanese(verdict, lang):
    said = {}
    for name in ("company_faq", "company_faq_ja"):
        shown = about(made(name), KEPT | {"verdict": verdict}, lang, HERE)
        said[name] = text(f"page.case.honest.{verdict}_{made(name).language}", lang)
        assert said[name] in words(shown)
    assert "k-case-honest" not in about(made(), KEPT, lang, HERE)
    assert "English" in text(f"page.case.honest.{verdict}_ja", "en")


def test_result_of_other_rows_is_marked_as_old():
    assert text("page.case.stale", "en") in about(made(), KEPT | {"stale": True}, "en", HERE)
    assert text("page.case.stale", "en") not in about(made(), KEPT, "en", HERE)


def test_kept_result_has_every_field_the_page_reads():
    """A real one may lack what could not be measured; the made-up one here has no field that engine.results lacks."""
    described = set(re.findall(r"\b\w+\b", results.__doc__))
    assert set(KEPT) - {"stale"} <= described and set(PRIMARY) <= described and set(KEPT["example"]) <= described


@pytest.mark.parametrize("lang", LANGUAGES)
def test_notice_is_a_warning_on_the_page_and_a_small_line_elsewhere(lang):
    careful = made(
        notice={"en": "Ask a doctor.", "ja": "医師に相談してください。"},
        source={"en": "Written.", "ja": "書き下ろし。"},
    )
    shown = about(careful, None, lang, HERE)
    assert re.search(rf"k-notice k-warn.*{careful.notice[lang]}", shown) and careful.source[lang] in shown
    assert careful.notice[lang] in reminder(careful, lang) and "k-reminder" in reminder(careful, lang)
    assert reminder(None, lang) == reminder(made(notice={}), lang) == ""
    assert "k-warn" not in about(made(notice={}), None, lang, HERE)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_first_rules_are_open_and_the_rest_folded(lang):
    shown = about(made(run={"rules": RULES}), None, lang, HERE)
    opened, folded = re.search(r'k-rules">(.*?)</ul>(.*?)</ul>', shown).groups()
    assert [opened.count("<li>"), folded.count("<li>")] == [use_case_view.FIRST_RULES, 6 - use_case_view.FIRST_RULES]
    assert RULES[5]["says"][lang] in folded and text("page.case.rules", lang, n=6) in shown
    assert "k-rules" not in about(made(run={"rules": []}), None, lang, HERE)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_recommended_method_comes_with_its_reasons(lang):
    for name in usecases.presets():
        preset = usecases.presets()[name]
        shown = words(about(preset, None, lang, HERE))
        assert preset.run.method == "lora" or text(f"page.method.{preset.run.method}.title", lang) in shown
        assert preset.reason[lang][:20] in shown and preset.changes[lang][:20] in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_larger_models_are_folded_and_named_for_this_machine_and_three_gpus(lang):
    shown = about(made(), None, lang, HERE)
    fits = re.search(r'<details class="k-more k-larger">.*?</details>', shown).group()
    assert re.findall(r"<h4>(.*?)</h4>", fits) == [
        text("page.case.larger.here", lang, ram="25", gpu="–"),
        *(text("page.case.larger.gpu", lang, gb=gb) for gb in use_case_view.GPUS),
    ]
    assert "Qwen/Qwen2.5-7B-Instruct" in fits and "Apache 2.0" in fits
    assert text("page.case.larger.help", lang) in words(fits)
    assert "llm-jp" in about(made("company_faq_ja"), None, lang, HERE) and "llm-jp" not in shown


def test_machine_without_room_says_that_nothing_fits():
    assert text("page.case.larger.none", "en") in about(made(), None, "en", Machine(2))
    assert text("page.case.larger.here_gpu", "en", ram="64", gpu="24") in about(made(), None, "en", Machine(64, 24))

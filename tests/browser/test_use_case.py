"""The use-case step as a person walks it: a card, the language of its rows, its page; by mouse, keys and address."""

import json
import re
import shutil

import pytest
from playwright.sync_api import Page, expect

from engine import atomic, results
from engine.rundir import Run
from engine.text import text
from tests.browser import walk
from tests.browser.test_looks import CONTRAST, LABELS, PHONE
from tests.browser.walk import say
from ui.frame import LANGUAGE_NAMES
from ui.usecases import families, presets

PRESSED = "#k-use-cases [aria-pressed=true]"


def expect_case(page: Page, name: str, lang: str = "en") -> None:
    """The use case's page is shown, says whether it was measured, and the address names it."""
    case, preset = page.locator("#k-case"), presets()[name]
    expect(case).to_contain_text(preset.changes[lang])
    expect(page).to_have_url(re.compile(rf"[?&]case={name}(&|$)"))
    if results.of(name):
        expect(case.locator(".k-case-badge")).to_be_visible()
    else:
        expect(case.locator(".k-case-empty")).to_contain_text(text("page.method.start", lang))
    notices = case.locator(".k-notice.k-warn")
    expect(notices).to_have_count(1 if preset.notice else 0)


def test_a_person_looks_at_a_use_case_and_changes_the_language_of_its_rows(visit):
    page = visit()
    expect(page.locator(PRESSED)).to_have_attribute("data-pick", "company_faq")
    expect_case(page, "company_faq")
    walk.choose_use_case(page, "legal")
    expect_case(page, "legal")
    page.locator("#k-case .k-larger summary").click()
    expect(page.locator("#k-case .k-fits code").first).to_be_visible()
    page.locator("#k-case").get_by_role("button", name=LANGUAGE_NAMES["ja"]).click()
    expect_case(page, "legal_ja")
    expect(page.locator(PRESSED)).to_have_attribute("data-family", "legal")
    expect(page.locator("#k-data .k-sample").first).to_contain_text(re.compile(r"[\u3040-\u30ff]"))
    page.reload()
    expect_case(page, "legal_ja")
    page.locator("#k-to-method").click()
    recommended = page.locator(f"#k-methods [data-pick={presets()['legal_ja'].run.method}]")
    expect(recommended).to_have_attribute("aria-pressed", "true")


def test_every_use_case_can_be_chosen_and_ones_own_data_has_no_page(visit):
    page = visit()
    for family in families().values():
        for preset in family.values():
            walk.choose_use_case(page, preset.name)
            expect(page.locator("#k-case")).to_contain_text(preset.changes["en"])
    walk.choose_use_case(page, "own")
    expect(page.locator("#k-case section")).to_have_count(0)
    expect(page.locator("#k-file")).to_be_visible()


def test_of_two_clicks_close_together_the_last_one_counts(visit):
    page = visit()
    expect_case(page, "company_faq")
    page.evaluate("""() => ['tutor', 'legal'].forEach((name, at) =>
        setTimeout(() => document.querySelector(`[data-family=${name}]`).click(), 20 * at))""")
    expect(page.locator("#k-use-cases [data-pick=legal]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#k-case")).to_contain_text(families()["legal"]["en"].changes["en"])


def test_the_page_in_japanese_begins_with_japanese_rows_and_switching_the_page_switches_the_rows(visit):
    page = visit("?lang=ja")
    expect_case(page, "company_faq_ja", "ja")
    page.locator("#k-case").get_by_role("button", name=LANGUAGE_NAMES["en"], exact=True).click()
    expect_case(page, "company_faq", "ja")
    page.locator("a[data-lang=en]").click()
    expect_case(page, "company_faq")
    page.locator("a[data-lang=ja]").click()
    expect_case(page, "company_faq_ja", "ja")


def test_card_and_language_are_chosen_by_keyboard_and_keep_the_focus(visit):
    page = visit()
    expect_case(page, "company_faq")  # until the server has filled the page, nothing on it can be focused
    card = page.locator("#k-use-cases [data-family=document_qa]")
    card.focus()
    page.keyboard.press("Enter")
    expect(card).to_have_attribute("aria-pressed", "true")
    expect(card).to_be_focused()
    group = page.get_by_role("group", name=say("page.case.rows"))
    group.get_by_role("button", name=LANGUAGE_NAMES["ja"]).focus()
    page.keyboard.press("Space")
    expect_case(page, "document_qa_ja")
    expect(page.locator("#k-case [data-pick=document_qa_ja]")).to_be_focused()


@pytest.mark.parametrize(("lang", "scheme"), [("en", "dark"), ("ja", "light")])
def test_every_use_cases_page_fits_a_phone_and_can_be_read(visit, lang, scheme):
    page = visit(f"?lang={lang}", color_scheme=scheme, **PHONE)
    for family in families().values():
        preset = family.get(lang) or next(iter(family.values()))
        page.locator(f"#k-use-cases [data-pick={preset.name}]").click()
        expect(page.locator("#k-case")).to_contain_text(preset.changes[lang])
        page.locator("#k-case .k-larger summary").click()
        width, wanted = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= wanted + 1 and wanted == 390, f"{preset.name} is {width} px wide"
        assert page.evaluate(CONTRAST, LABELS + ", p, dd, li, code, small") == [], preset.name


@pytest.fixture
def careful(finished) -> Run:
    """The finished run as one of a use case that asks for care."""
    run = Run("20260101-000000-abcdef", finished.path.with_name("20260101-000000-abcdef"))
    shutil.copytree(finished.path, run.path, dirs_exist_ok=True)
    atomic.write_json(run.file("spec"), json.loads(run.file("spec").read_text()) | {"use_case": "medical"})
    yield run
    shutil.rmtree(run.path)


def test_result_and_compare_of_a_use_case_that_asks_for_care_say_so(visit, careful):
    page = visit(walk.address(careful, "result"))
    said = presets()["medical"].notice["en"]
    expect(page.locator("#k-verdict .k-reminder")).to_contain_text(said)
    walk.go_to(page, "compare")
    expect(page.locator("#k-compare-notice .k-reminder")).to_contain_text(said)
    walk.go_to(page, "use_case")
    expect(page.locator("#k-case .k-notice.k-warn")).to_contain_text(said)

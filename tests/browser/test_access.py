"""The page for those who read it with a screen reader or walk it by keyboard: axe finds nothing serious on any part."""

from importlib import resources

import pytest
from playwright.sync_api import Page, expect

from engine.text import text
from tests.browser import walk
from tests.browser.test_looks import PHONE, expect_step
from tests.browser.walk import say
from ui.frame import STEPS

# Gradio's code view alone is left out: axe reads its colours before our filter darkens them, and it has no place where
# a part that scrolls could be given the focus.
LEFT_OUT = ".cm-editor"
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SERIOUS = """
async (exclude) => {
  const { violations } = await axe.run({ exclude: [[exclude]] }, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
}
"""


def expect_accessible(page: Page, where: str) -> None:
    """axe-core, as it comes, finds nothing serious or critical in what is shown."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE)
    found = page.evaluate(SERIOUS, LEFT_OUT)
    assert found == [], f"{where}:\n" + "\n".join(found)


@pytest.mark.parametrize(("lang", "scheme"), [("en", "light"), ("ja", "dark")])
def test_no_step_has_a_serious_fault(visit, finished, lang, scheme):
    page = visit(walk.address(finished, "use_case", lang=lang), color_scheme=scheme)
    for step in STEPS:
        walk.go_to(page, step, lang)
        expect_step(page, step, lang)
        expect_accessible(page, f"{step} {lang} {scheme}")


@pytest.mark.parametrize(("lang", "scheme"), [("en", "dark"), ("ja", "light")])
def test_neither_all_runs_nor_a_comparison_has_a_serious_fault(visit, finished, lang, scheme):
    page = visit(f"?lang={lang}&view=runs", color_scheme=scheme)
    page.locator("#k-history-table [data-pick^='card=']").first.click()
    expect(page.locator("#k-run-card h3")).to_be_visible()
    page.locator("#k-history-table .k-pick-run").first.check()
    page.locator("#k-history .k-accordion > button").click()
    expect(page.locator("#k-history-disk .k-facts")).to_be_visible()
    page.locator("#k-run-card [data-pick^='delete?']").click()
    expect(page.locator("#k-history-said [data-pick^='delete!']")).to_be_visible()
    expect_accessible(page, f"all runs {lang} {scheme}")
    page.goto(page.url.split("?")[0] + f"?lang={lang}&compare={finished.id},{finished.id}")
    expect(page.get_by_text(text("side_by_side.cannot", lang))).to_be_visible()
    expect_accessible(page, f"comparison {lang} {scheme}")


def test_a_phone_has_no_serious_fault(visit, finished):
    page = visit(walk.address(finished, "result"), **PHONE)
    expect_step(page, "result")
    expect_accessible(page, "result on a phone")


def test_all_runs_are_reached_searched_and_left_by_keyboard_alone(visit, finished):
    page = visit(walk.address(finished, "result"))
    expect_step(page, "result")
    page.locator(".k-all-runs").focus()
    page.keyboard.press("Enter")
    search = page.get_by_label(say("history.search"), exact=True)
    expect(search).to_be_visible()
    search.focus()
    page.keyboard.type("shop")
    details = page.locator(f"#k-history-table [data-pick='card={finished.id}']")
    details.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#k-run-card h3")).to_be_visible()
    page.locator(f"#k-history-table a[data-pick='{finished.id}']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#k-verdict")).to_be_visible()

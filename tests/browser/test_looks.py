"""Two languages, a phone's width and a dark room: every step stays whole."""

import pytest
from playwright.sync_api import Page, expect

from engine.text import entries, text
from tests.browser import walk
from tests.browser.walk import say
from ui.frame import STEPS

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# The words of everything that labels or explains; names such as LoRA are the same in both languages.
LABELS = (
    "button, h2, h3, h4, th, dt, label > span, [role=tab], .k-heading p, .k-section p, .k-card p, .k-muted, .k-notice"
)


def expect_step(page: Page, step: str, lang: str = "en") -> None:
    """The step is open and filled: what it shows last is there."""
    expect(page.get_by_role("tab", name=text(f"page.step.{step}", lang), exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    last = {
        "use_case": "#k-data .k-sample",
        "method": "#k-start",
        "train": "#k-loss svg",
        "result": "#k-changes tr",
        "compare": ".k-examples button",
        "take_home": "#k-script",
    }
    expect(page.locator(last[step]).locator("visible=true").first).to_be_visible()


def english_left(page: Page) -> list[str]:
    """Visible labels that stand there in English although there is a Japanese text for them."""
    shown = page.locator(LABELS).locator("visible=true").all_inner_texts()
    assert len(shown) > 10
    translated = {one["en"] for one in entries().values() if one["en"] != one["ja"]}
    return sorted({words.strip() for words in shown} & translated)


def test_the_japanese_page_has_no_english_labels(visit, finished):
    page = visit(walk.address(finished, "use_case", lang="ja"))
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    for step in STEPS:
        walk.go_to(page, step, "ja")
        expect_step(page, step, "ja")
        assert english_left(page) == []
    expect(page.get_by_role("tab")).to_have_text([text(f"page.step.{step}", "ja") for step in STEPS])


def test_the_language_switch_keeps_the_run_and_is_remembered(visit, finished):
    page = visit(walk.address(finished, "result"))
    expect(page.locator("#k-verdict")).to_contain_text(say("suite.reworded.opening"))
    page.locator("a[data-lang=ja]").click()
    expect(page.locator("#k-verdict")).to_contain_text(text("suite.reworded.opening", "ja"))
    assert walk.opened(page) == finished
    page.goto(page.url.split("/ja")[0])
    expect(page.get_by_role("tab").first).to_have_text(text("page.step.use_case", "ja"))
    page.locator("a[data-lang=en]").click()
    expect(page.get_by_role("tab").first).to_have_text(say("page.step.use_case"))


def test_a_japanese_browser_is_greeted_in_japanese(visit):
    page = visit(locale="ja-JP")
    expect(page.locator("#k-to-method")).to_have_text(text("page.use_case.next", "ja"))


@pytest.mark.parametrize(("lang", "scheme"), [("en", "dark"), ("ja", "light")])
def test_nothing_is_wider_than_a_phone(visit, finished, lang, scheme):
    page = visit(walk.address(finished, "use_case", lang=lang), color_scheme=scheme, **PHONE)
    for step in STEPS:
        page.goto(page.url.split("?")[0] + walk.address(finished, step, lang=lang))
        expect_step(page, step, lang)
        width, wanted = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= wanted + 1 and wanted == 390, f"{step} is {width} px wide"


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_text_stands_out_from_its_ground_in_light_and_in_the_dark(visit, finished, scheme, is_dark):
    page = visit(walk.address(finished, "result"), color_scheme=scheme)
    for step in STEPS:
        walk.go_to(page, step)
        expect_step(page, step)
        faint = page.evaluate(CONTRAST, LABELS + ", p, td, dd, pre")
        assert faint == [], f"{step}: {faint}"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number)")
    assert (sum(ground) / 3 < 80) is is_dark


# Visible texts whose contrast with the ground behind them is under 3 : 1 (WCAG 2.2, large text and signs).
CONTRAST = """
(labels) => {
  const channels = (colour) => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return { rgb: a ? [r, g, b].map((part) => part) : [0, 0, 0], alpha: a / 255 };
  };
  const luminance = ([r, g, b]) => {
    const linear = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const over = (top, alpha, below) => top.map((part, i) => part * alpha + below[i] * (1 - alpha));
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const { rgb, alpha } = channels(getComputedStyle(element).backgroundColor);
    return alpha >= 1 ? rgb : over(rgb, alpha, ground(element.parentElement));
  };
  const faint = [];
  for (const element of document.querySelectorAll(labels)) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.closest("svg, [disabled], [aria-disabled=true]")) continue;
    const { rgb, alpha } = channels(getComputedStyle(element).color);
    const below = ground(element);
    const [light, dark] = [luminance(over(rgb, alpha, below)), luminance(below)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 3) faint.push(`${element.textContent.trim().slice(0, 40)} ${ratio.toFixed(2)}`);
  }
  return faint;
}
"""

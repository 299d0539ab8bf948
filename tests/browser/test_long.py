"""Texts that are long, without a space, from right to left, or pictures: they are shown whole, and the page keeps its
shape on a wide screen and on a phone."""

import json
import shutil

import pytest
from playwright.sync_api import Page, expect

from engine import about, atomic
from engine.rundir import Run
from tests.browser import walk
from tests.browser.material import own_rows
from tests.browser.test_looks import PHONE

WORD = "Donaudampfschifffahrts" * 227 + "gesell"  # 5,000 characters without a space
LONG = "This answer goes on and on, line after line. " * 400
ARABIC = "هل يمكنني إعادة المنتج خلال ثلاثين يومًا؟ ABC-123"
EMOJI = "👩‍👩‍👧‍👦🏳️‍🌈🇯🇵 " * 40
TEXTS = (WORD, LONG, ARABIC, EMOJI)
SCREENS = ({}, PHONE)


def expect_shape(page: Page, where: str) -> None:
    """Nothing makes the page wider than the screen, and no text of ours lies outside its box."""
    width, wanted = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= wanted + 1, f"{where} is {width} px wide on a screen of {wanted}"
    assert page.evaluate(OUTSIDE) == [], where


# Texts that reach beyond the screen's right or left edge, but for those in a part that scrolls.
OUTSIDE = """
() => [...document.querySelectorAll(".k *")].filter((element) => {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!own || !element.checkVisibility() || element.closest(".k-scroll, svg, pre, .sidebar")) return false;
  const { left, right } = element.getBoundingClientRect();
  return right > window.innerWidth + 1 || left < -1;
}).map((element) => `${element.className}: ${element.textContent.slice(0, 40)}`)
"""


@pytest.fixture
def long_answers(finished) -> Run:
    """The finished run, its answers, references and questions replaced, and what is said of it as long as it may be."""
    run = Run("20260101-000001-abcdef", finished.path.with_name("20260101-000001-abcdef"))
    shutil.copytree(finished.path, run.path)
    found = json.loads(run.file("comparison").read_text())
    for at, item in enumerate(found["items"]):
        text = TEXTS[at % len(TEXTS)]
        item |= {"question": text, "reference": text, "base": text, "tuned": text[::-1] if text is WORD else text}
    atomic.write_json(run.file("comparison"), found)
    about.change(run, title=WORD[:200], tags=(WORD[:40], "عربي", "👩‍👩‍👧‍👦"), note=WORD)
    yield run
    shutil.rmtree(run.path)


@pytest.mark.parametrize("screen", SCREENS, ids=("wide", "phone"))
def test_items_and_all_runs_keep_their_shape(visit, long_answers, screen):
    page = visit(walk.address(long_answers, "result"), **screen)
    expect(page.locator("#k-verdict .k-verdict-first")).to_be_visible()
    expect_shape(page, "result")
    page.locator("#k-filters [data-pick='outcome=']").click()
    for at, text in enumerate(TEXTS):
        page.locator("#k-items .k-item").filter(has_text=text[:8]).first.click()
        expect(page.locator("#k-item .k-reference p")).to_have_text(text.strip())
        expect_shape(page, f"item {at}")
    page.goto(page.url.split("?")[0] + "?view=runs")
    page.locator(f"#k-history-table [data-pick='card={long_answers.id}']").click()
    expect(page.locator("#k-run-card h3")).to_have_text(WORD[:200])
    expect_shape(page, "all runs")


@pytest.mark.parametrize("screen", SCREENS, ids=("wide", "phone"))
def test_answers_side_by_side_keep_their_shape(visit, finished, screen):
    page = visit(walk.address(finished, "compare"), **screen)
    answer = page.locator("#k-panes .k-pane-tuned .k-answer")
    expect(answer).to_be_visible()
    for text in TEXTS:
        answer.evaluate("(element, text) => (element.textContent = text)", text)
        expect_shape(page, text[:20])


def test_rows_keep_their_shape_when_the_data_is_seen(visit, tmp_path):
    page = visit(**PHONE)
    walk.bring_file(page, own_rows(tmp_path / "long.jsonl", extra=tuple((text, text) for text in TEXTS)))
    expect(page.locator("#k-account .k-pairs")).to_be_visible()
    expect(page.locator("#k-data .k-sample").first).to_be_visible()
    expect_shape(page, "own data")


def test_what_is_written_from_right_to_left_begins_at_the_right(visit, long_answers):
    page = visit(walk.address(long_answers, "result"))
    page.locator("#k-filters [data-pick='outcome=']").click()
    page.locator("#k-items .k-item").filter(has_text=ARABIC[:8]).first.click()
    shown = page.locator("#k-item .k-reference p")
    expect(shown).to_have_text(ARABIC)
    end = shown.evaluate("""(element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return element.getBoundingClientRect().right - range.getClientRects()[0].right;
    }""")
    assert end < 4, f"its first line ends {end} px before the right edge"

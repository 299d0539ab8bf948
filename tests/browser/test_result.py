"""A finished run: every question to click through, and examples to ask."""

import json
import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser import walk
from tests.browser.material import KNOWN, LEARNT
from tests.browser.walk import say


@pytest.mark.parametrize(
    ("outcome", "count", "base", "tuned"),
    [("fixed", 8, KNOWN, LEARNT), ("broken", 2, KNOWN, LEARNT), ("same", 1, KNOWN, LEARNT)],
)
def test_items_of_an_outcome_are_clicked_through(visit, finished, outcome, count, base, tuned):
    page = visit(walk.address(finished, "result"))
    chip = page.locator(f"#k-filters [data-pick='outcome={outcome}']")
    expect(chip.locator("b")).to_have_text(str(count))
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    lines, item = page.locator("#k-items .k-item"), page.locator("#k-item")
    expect(lines).to_have_count(count)
    lines.last.click()
    expect(item).to_contain_text(say("page.items.place", i=count, n=count))
    expect(item.locator(".k-pill")).to_contain_text(say(f"outcome.{outcome}"))
    expect(item.locator(".k-asked p")).to_have_text(lines.last.locator("span").last.inner_text())
    expect(item.locator(".k-pane-base .k-answer")).to_have_text(base)
    expect(item.locator(".k-pane-tuned .k-answer")).to_have_text(tuned)


def test_a_result_opens_with_the_questions_of_the_deciding_test_that_were_fixed(visit, finished):
    page = visit(walk.address(finished, "result"))
    page.wait_for_timeout(3000)  # what the page sets by itself must not set the filters back
    expect(page.locator("#k-filters [data-pick='outcome=fixed']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#k-items .k-item")).to_have_count(8)


def test_next_and_search_lead_to_the_question_they_name(visit, finished):
    page = visit(walk.address(finished, "result"))
    page.locator("#k-filters [data-pick='outcome=']").click()
    item = page.locator("#k-item")
    item.get_by_role("button", name=say("page.items.next")).click()
    expect(item).to_contain_text(re.compile("^.*" + say("page.items.place", i=2, n="")))
    search, lines = page.locator("#k-search").locator("input, textarea"), page.locator("#k-items .k-item")
    search.fill("gift CARD question?")  # as if pasted: no key is pressed
    expect(page.locator("#k-items")).to_have_text(say("page.items.none"))
    search.press("Backspace")
    expect(lines).to_have_count(1)
    expect(item.locator(".k-asked p")).to_have_text("Hello! I have a question about a gift card.")


def test_every_figure_of_prompting_and_looking_up_is_read_on_a_phone_too(visit, finished):
    page = visit(walk.address(finished, "result"), viewport={"width": 390, "height": 844})
    page.get_by_text(say("page.result.arms.all")).click()
    row = page.locator(".k-more tr").filter(has_text=say("metric.token_f1.title"))
    expect(row).to_be_visible()
    found = finished.comparison()
    looked_up = next(other for other in found["arms"] if other["arm"] == "nearest")["changes"][0]
    expect(row).to_contain_text(f"{100 * looked_up['before']:.3g} %")


def test_every_item_is_taken_away_as_a_table(visit, finished):
    page = visit(walk.address(finished, "result"))
    with page.expect_download() as taken:
        page.locator("#k-items-csv").click()
    text = taken.value.path().read_text(encoding="utf-8-sig")
    assert taken.value.suggested_filename == f"kurabe-{finished.id}-items.csv"
    assert text.splitlines()[0].startswith("suite,question,reference,base,tuned,outcome") and KNOWN in text


def test_the_table_tells_the_numbers_of_the_run(visit, finished):
    page = visit(walk.address(finished))
    change = finished.comparison()["changes"][0]
    assert (change["wins"], change["losses"], change["n"]) == (8, 2, 11)
    row = page.locator("#k-changes tr").filter(has_text=say("page.result.primary"))
    expect(row).to_contain_text(say("metric.token_f1.title"))
    expect(row).to_contain_text(f"{change['wins']}/{change['ties']}/{change['losses']}")


def test_an_example_is_asked_of_both_models_with_one_click(visit, finished):
    page = visit(walk.address(finished, "compare"))
    example = page.locator(".k-examples [data-pick]").first
    question = example.inner_text()
    example.click()
    expect(page.locator("#k-question").locator("input, textarea")).to_have_value(question)
    expect(page.locator("#k-panes .k-pane-base .k-answer")).to_have_text(KNOWN)
    expect(page.locator("#k-panes .k-pane-tuned .k-answer")).to_have_text(LEARNT)
    expect(page.locator("#k-panes footer")).to_have_count(2)


def test_the_table_is_sorted_by_its_headings_with_mouse_and_keyboard(visit, finished):
    page = visit(walk.address(finished, "result"))
    table = page.locator("#k-changes table")
    head = table.locator("th").filter(has_text=say("table.difference"))
    suites, rows = table.locator(".k-suite-row"), table.locator("tbody tr:not(.k-suite-row)")
    expect(suites.first).to_be_visible()
    before = rows.locator(".k-metric").all_inner_texts()

    def differences() -> list[float]:
        return [float(cell.get_attribute("data-value")) for cell in rows.locator(".k-difference").all()]

    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert differences() == sorted(differences(), reverse=True) and len(before) > 3
    expect(suites.first).to_be_hidden()
    expect(rows.first).to_contain_text(say("suite.reworded.title"))
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert differences() == sorted(differences())
    page.keyboard.press("Space")
    expect(head).to_have_attribute("aria-sort", "none")
    assert rows.locator(".k-metric").all_inner_texts() == before


def test_a_number_leads_to_its_questions_and_back(visit, finished):
    page = visit(walk.address(finished, "result"))
    losses = page.locator("#k-changes tr").filter(has_text=say("page.result.primary")).locator("[data-pick$=losses]")
    expect(losses).to_have_text("2")
    losses.click()
    chip, lines = page.locator(".k-showing"), page.locator("#k-items .k-item")
    expect(chip).to_contain_text(say("metric.token_f1.title"))
    expect(lines).to_have_count(2)
    expect(lines).to_have_text([re.compile("open"), re.compile("open")])
    expect(page.locator("#k-filters")).to_be_in_viewport()
    chip.click()
    expect(chip).to_have_count(0)
    expect(page.locator("#k-filters [data-pick='outcome=fixed']")).to_have_attribute("aria-pressed", "true")
    expect(lines).to_have_count(8)


def test_every_item_is_taken_away_as_json_with_all_answers(visit, finished):
    page = visit(walk.address(finished, "result"))
    with page.expect_download() as taken:
        page.locator("#k-items-json").click()
    document = json.loads(taken.value.path().read_text(encoding="utf-8"))
    assert taken.value.suggested_filename == f"kurabe-{finished.id}-items.json"
    assert document["run"] == finished.id and "data/test.jsonl" in document["sha256"]
    asked = [item for item in document["items"] if item["suite"] == "reworded"]
    assert len(asked) == 11 and {item["answers"]["tuned"]["text"] for item in asked} == {LEARNT}


def test_prompting_is_held_against_training_in_three_columns(visit, finished):
    page = visit(walk.address(finished, "result"))
    columns = page.locator("#k-prompting .k-column")
    expect(columns.locator("h3")).to_have_text([say(f"page.arm.{arm}") for arm in ("base", "prompted", "tuned")])
    expect(columns.locator(".k-answer")).to_have_count(3)
    expect(columns.first).to_contain_text("95 %")


def test_two_runs_of_one_test_are_compared_and_closed_again(visit, finished, kurabe_home):
    again = finished.path.with_name("20260101-010101-abcdef")
    shutil.copytree(finished.path, again)
    try:
        page = visit(walk.address(finished, "result"))
        boxes, button = page.locator(".k-pick-run"), page.locator(".k-compare-runs")
        expect(button).to_be_hidden()
        page.locator(f".k-pick-run[value='{finished.id}']").check()
        expect(button).to_have_text(say("side_by_side.one_more"))
        page.locator(f".k-pick-run[value='{again.name}']").check()
        expect(button).to_have_text(say("side_by_side.compare", n=2))
        assert boxes.count() >= 2
        button.click()
        test = page.locator(".k-test")
        expect(test).to_have_count(1)
        expect(test).to_contain_text(say("side_by_side.settings_same"))
        expect(test.locator(".k-pair-table tbody tr")).to_contain_text("0/11/0")
        expect(page.locator("#k-verdict")).to_be_hidden()
        page.get_by_role("button", name=say("side_by_side.close")).click()
        expect(page.locator("#k-verdict")).to_be_visible()
    finally:
        shutil.rmtree(again)

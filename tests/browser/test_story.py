"""The first screen of a result leads on: its pictures to their questions, its examples to theirs, and to the story."""

import re

from playwright.sync_api import expect

from tests.browser import walk
from tests.browser.walk import say
from ui import examples_view


def test_the_story_is_walked_with_keys_and_clicks_and_ended_with_escape(visit, finished):
    page = visit(walk.address(finished, "result"))
    page.locator("[data-demo=open]").click()
    story, place = page.locator("dialog.k-demo"), page.locator(".k-demo-place")
    slide = story.locator(".k-slide:not([hidden])")
    expect(story).to_be_visible()
    expect(slide).to_contain_text(say("demo.question"))
    page.keyboard.press("ArrowRight")
    expect(slide).to_contain_text(say("demo.head.typical"))
    expect(slide).to_be_focused()
    page.keyboard.press("Space")
    expect(slide).to_contain_text(say("demo.head.before"))
    page.mouse.click(900, 400)
    expect(slide).to_contain_text(say("demo.head.after"))
    page.mouse.click(20, 400)
    expect(slide).to_contain_text(say("demo.head.before"))
    page.keyboard.press("End")
    expect(slide).to_contain_text(say("demo.head.limits"))
    expect(story.locator("[data-demo=next]")).to_be_disabled()
    expect(place).to_have_text(re.compile(r"^(\d+) / \1$"))
    page.keyboard.press("Escape")
    expect(story).to_be_hidden()


def test_a_count_in_a_picture_and_the_verdict_lead_to_their_questions(visit, finished):
    page = visit(walk.address(finished, "result"))
    lines = page.locator("#k-items .k-item")
    page.locator("#k-pictures [data-pick='outcome:broken']").click()
    expect(page.locator(".k-showing")).to_contain_text(say("outcome.broken"))
    expect(lines).to_have_count(2)
    page.locator("#k-verdict [data-pick='0:wins']").click()
    expect(lines).to_have_count(8)


def test_an_example_that_the_rule_chose_leads_to_its_question(visit, finished):
    page = visit(walk.address(finished, "result"))
    worst = next(item for item in examples_view.of(finished, "en")["items"] if item["rule"] == "worst")
    card = page.locator("#k-examples-by-rule .k-rule-card").filter(has_text=say("report.examples.worst"))
    card.get_by_role("button").click()
    expect(page.locator("#k-item .k-asked p")).to_have_text(worst["prompt"])

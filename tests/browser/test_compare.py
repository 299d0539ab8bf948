"""Compare as a person uses it: a link that fills, a follow-up, a kept pair, many questions, and a blind vote."""

import re

from playwright.sync_api import expect

from engine import pairs, votes
from tests.browser import walk
from tests.browser.material import KNOWN, LEARNT
from tests.browser.walk import say


def test_a_link_fills_the_question_and_asks_nothing_until_ask_is_pressed(visit, finished):
    page = visit(walk.address(finished, "compare", q="What about parking?", right=f"{finished.id}:base"))
    question = page.locator("#k-question").locator("input, textarea")
    expect(question).to_have_value("What about parking?")
    expect(page.locator("#k-side-right input")).to_have_value(say("page.arm.base"))
    expect(page.locator("#k-panes .k-turn-asked")).to_have_count(0)
    page.locator("#k-ask").click()
    expect(page.locator("#k-panes .k-answer").last).to_have_text(KNOWN)
    expect(page.get_by_text(say("page.compare.same"))).to_be_visible()


def test_a_conversation_goes_on_is_kept_deleted_and_brought_back(visit, finished):
    page = visit(walk.address(finished, "compare"))
    walk.ask(page, "What about a refund?")
    expect(page.locator("#k-follow")).to_be_visible()
    page.locator("#k-question").locator("input, textarea").fill("And parking?")
    page.locator("#k-follow").click()
    expect(page.locator("#k-panes .k-turn-asked")).to_have_count(2)
    expect(page.locator("#k-keep")).to_be_visible()
    assert "q=And+parking" in page.url or "q=And%20parking" in page.url
    page.locator("#k-note").locator("input, textarea").fill("show this")
    page.locator("#k-keep").click()
    kept = page.locator("#k-kept .k-kept")
    expect(kept).to_contain_text("show this")
    (pair,) = pairs.read(finished)
    assert [turn.question for turn in pair.talk.turns] == ["What about a refund?", "And parking?"]
    assert pair.talk.turns[0].answers[1].text == LEARNT
    kept.locator("summary").click()
    kept.locator("[data-pick^='delete=']").click()
    expect(kept).to_have_count(0)
    page.locator("#k-kept [data-pick^='undo=']").click()
    expect(kept).to_have_count(1)
    pairs.delete(finished, pair.id)


def test_many_questions_are_answered_in_a_table_to_download(visit, finished):
    page = visit(walk.address(finished, "compare", part="many"))
    page.locator("#k-many-text").locator("textarea").fill("What about a refund?\n\nWhat about parking?")
    page.locator("#k-many-ask").click()
    expect(page.locator("#k-many")).to_contain_text(say("page.many.done", done="2", of="2"))
    expect(page.locator("#k-many tbody tr")).to_have_count(2)
    expect(page.locator("#k-many tbody tr").last).to_contain_text(LEARNT)
    with page.expect_download() as download:
        page.locator("#k-many-csv").click()
    assert "What about parking?" in download.value.path().read_text(encoding="utf-8-sig")


def test_a_blind_vote_by_keys_names_nobody_until_the_end_and_becomes_pairs(visit, finished):
    page = visit(walk.address(finished, "compare", part="vote"))
    expect(page.locator("#k-sides")).to_be_hidden()
    page.locator("#k-voter").locator("input, textarea").fill("Ann")
    page.locator("#k-begin").click()
    ballot = page.locator("#k-ballot .k-ballot")
    place = re.search(r"\d+$", ballot.locator(".k-numbers").first.inner_text())
    for at in range(int(place.group())):
        expect(ballot.locator(".k-numbers").first).to_have_text(say("page.vote.place", at=at + 1, of=place.group()))
        better = "A" if ballot.locator(".k-ballot-pane").first.inner_text().endswith(LEARNT) else "B"
        assert not re.search(say("page.arm.tuned"), ballot.inner_text())
        page.locator("h2").locator("visible=true").first.click()  # nothing is being typed
        page.keyboard.press(better.lower())
    expect(page.locator("#k-vote-result")).to_contain_text(say("page.vote.word_tuned"))
    assert {vote.vote for vote in votes.read(finished)} == {"tuned"}
    page.locator("#k-vote-train").click()
    expect(page.locator("#k-account")).to_contain_text("votes.jsonl")
    walk.go_to(page, "method")
    expect(page.locator("#k-model").locator("input, textarea")).to_have_value(f"run:{finished.id}")

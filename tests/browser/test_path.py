"""The whole path a person walks, from a file of their own to asking both models, in one browser."""

import re

from playwright.sync_api import Page, expect

from engine import rundir
from engine.rundir import Run
from tests.browser import walk
from tests.browser.material import KNOWN, LEARNT, SONG, own_rows
from tests.browser.serving import Server, held_in_answering, held_in_training
from tests.browser.walk import say

SETTINGS = {"epochs": 60, "learning_rate": 0.01, "batch_size": 4}


def test_a_file_becomes_a_verdict_and_two_models_to_ask(visit, site, tmp_path, model):
    page = visit()
    see_the_data(page, tmp_path)
    choose_how(page, model)
    run = walk.start(page)
    with held_in_training(run) as status:
        watch_in_the_middle(page, visit, run, status)
    expect(page.locator("#k-verdict")).to_be_visible(timeout=180_000)
    assert rundir.state(run) == "done"
    read_the_result(page)
    page.locator("#k-to-compare").click()
    ask_both(page, site)


def see_the_data(page: Page, folder) -> None:
    """The file is recognised, its rows are counted, and shown as the model sees them."""
    walk.bring_file(page, own_rows(folder / "shop.jsonl"))
    account, data = page.locator("#k-account"), page.locator("#k-data")
    expect(account).to_contain_text("shop.jsonl")
    expect(account.locator(".k-facts dd").first).to_have_text("40")
    expect(account).to_contain_text("What about a refund?")
    expect(data.locator(".k-sample .k-seg-answer").first).to_contain_text(LEARNT)
    expect(data.locator(".k-sample .k-seg-prompt").first).to_be_visible()
    expect(data).to_contain_text(say("page.data.held_out"))
    expect(data.locator(".k-qa li").first).to_be_visible()


def choose_how(page: Page, model) -> None:
    """Method, model and settings; the forecast counts parameters on this very model."""
    page.locator("#k-to-method").click()
    walk.choose_method(page, "full")
    walk.choose_method(page, "lora")
    walk.fill_settings(page, model, SETTINGS)
    closed = page.get_by_label(say("page.setting.weight_decay.title"), exact=True).locator("visible=true")
    expect(closed).to_have_count(0)
    page.get_by_role("button", name=say("page.method.all_settings")).locator("visible=true").click()
    expect(closed).to_have_count(1)
    page.locator("#k-foresee").click()
    forecast = page.locator("#k-forecast")
    expect(forecast.locator(".k-facts dd").first).to_contain_text("%")
    expect(forecast).to_contain_text(say("page.forecast.total"))


def watch_in_the_middle(page: Page, visit, run: Run, status: dict) -> None:
    """Stage and progress are there, and after a reload again; a second tab sees them by the link."""
    link = page.url
    assert run.id in link and "step=train" in link
    see_it_training(page, status)
    page.reload()
    see_it_training(page, status)
    assert page.url == link
    second = visit(walk.address(run, "train"))
    see_it_training(second, status)
    expect(second.locator(f".k-side [data-pick='{run.id}']")).to_have_attribute("aria-current", "page")


def see_it_training(page: Page, status: dict) -> None:
    panel = page.locator("#k-train")
    expect(panel.locator(".k-stage-now")).to_contain_text(say("page.stage.train.title"))
    expect(panel.locator(".k-stage-done")).to_have_count(2)
    expect(panel).to_contain_text(say("page.train.step_train", step=status["step"], of=f"{status['of']:,}"))
    expect(panel.get_by_role("progressbar")).to_have_attribute("aria-valuenow", re.compile(r"^\d+$"))
    expect(page.locator("#k-stop")).to_be_visible()


def read_the_result(page: Page) -> None:
    """The page has gone on to the result by itself: the verdict's sentence, the table, an item with both answers."""
    assert "step=result" in page.url
    verdict = page.locator("#k-verdict")
    sentence = say("sentence.better", opening=say("suite.unseen.opening"), wins=8, n=8, losses=0)
    expect(verdict.locator(".k-verdict-first")).to_have_text(sentence)
    table = page.locator("#k-changes")
    expect(table).to_contain_text(say("metric.token_f1.title"))
    expect(table).to_contain_text(say("page.result.primary"))
    expect(table.locator(".k-v-better").first).to_be_visible()
    expect(page.locator("#k-item .k-pane-tuned")).to_contain_text(LEARNT)
    expect(page.locator("#k-cost")).to_contain_text(say("page.result.cost.peak_bytes"))


def ask_both(page: Page, site: Server) -> None:
    """Both panes fill, base is proven to be base, and an answer without an end can be stopped."""
    walk.ask(page, "What about a refund?")
    expect(page.locator("#k-panes .k-pane-tuned .k-answer")).to_have_text(LEARNT)
    expect(page.locator("#k-panes .k-pane-base .k-answer")).to_have_text(KNOWN)
    expect(page.locator(".k-proof-good")).to_have_text("✓ " + say("page.compare.proof", largest="0"))
    page.get_by_role("button", name=say("page.compare.options")).click()
    page.get_by_label(say("page.compare.length")).first.fill("448")  # with the question, what the tiny model takes
    walk.ask(page, SONG)
    expect(page.locator("#k-panes .k-pane-base .k-answer")).to_contain_text("la la la")
    with held_in_answering(site):  # on a slow machine the tiny model would be at the limit before the button is reached
        page.locator("#k-chat-stop").click()
        page.wait_for_timeout(1000)
    expect(page.get_by_text(say("page.compare.stopped"))).to_be_visible()
    expect(page.locator("#k-ask")).to_be_visible()

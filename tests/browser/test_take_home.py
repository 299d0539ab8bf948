"""A finished run is taken home: read its code, make its adapter, download it, the script and the report."""

import json
import zipfile

from playwright.sync_api import expect

from engine.export.make import QUESTIONS
from tests.browser import walk
from tests.browser.walk import say


def fetched(page, button, tmp_path):
    """Press the button; the file that the browser is given."""
    with page.expect_download() as waiting:
        button.click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_a_finished_run_is_taken_home_and_asked_again_on_the_way(visit, finished, tmp_path):
    page = visit(walk.address(finished, "take_home"))
    expect(page.locator("#k-script")).to_contain_text("get_peft_model")
    with zipfile.ZipFile(fetched(page, page.locator("[data-pick='make:script']"), tmp_path)) as script:
        assert any(name.endswith("/train.jsonl") for name in script.namelist())
    card = page.locator("#k-take-adapter")
    with zipfile.ZipFile(fetched(page, card.locator("[data-pick='make:adapter']"), tmp_path)) as adapter:
        [facts] = [name for name in adapter.namelist() if name.endswith("export.json")]
        assert json.loads(adapter.read(facts))["passed"] is True
    expect(card.locator(".k-notice.k-good")).to_contain_text(f"{QUESTIONS} of {QUESTIONS}")
    page.reload()  # what was made is still there
    expect(card.locator("[data-pick='download:adapter']")).to_have_text(say("export.page.download"))
    card.locator("[data-pick='drop:adapter']").click()
    expect(card.locator("[data-pick='make:adapter']")).to_be_visible()
    assert "<html" in fetched(page, page.locator("#k-report"), tmp_path).read_text()


def test_nothing_to_take_home_says_what_to_do(visit):
    page = visit("?step=take_home")
    expect(page.locator("#k-nothing-to-take")).to_contain_text(say("export.page.empty"))


def test_it_is_whole_on_a_phone_and_in_japanese(visit, finished):
    page = visit("ja" + walk.address(finished, "take_home"), viewport={"width": 390, "height": 844}, locale="ja-JP")
    expect(page.locator("#k-take-merged")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

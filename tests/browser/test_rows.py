"""The rows of a file on the page: found, corrected, left out, taken back, and the run that gets them."""

import json

from playwright.sync_api import expect

from engine.text import text
from tests.browser import walk


def kettles(folder):
    """Forty rows of a file, the third with an e-mail address."""
    rows = [{"question": f"How much is kettle number {n}?", "answer": f"It costs {n} dollars."} for n in range(1, 41)]
    rows[2]["answer"] = "Ask taro@kumo.co.jp."
    path = folder / "kettles.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_row_is_corrected_another_left_out_and_one_taken_back(visit, tmp_path):
    page = visit("?case=own")
    page.locator("#k-file input[type=file]").set_input_files(kettles(tmp_path))
    filters, corrections = page.locator("#k-row-filters"), page.locator("#k-corrections li")
    filters.locator("[data-pick='code=personal_email']").click()
    expect(page.locator("#k-row-list tbody tr")).to_have_count(1)
    expect(page.locator("#k-row-list")).to_contain_text("[E-MAIL]")
    page.locator("#k-row-list [data-pick='row=3']").click()
    page.locator("#k-row textarea").nth(1).fill("Ask at the till.")
    page.locator("#k-row-save").click()
    expect(corrections).to_have_count(1)
    filters.locator("[data-pick='code=']").click()
    page.locator("#k-row-list [data-pick='row=5']").click()
    expect(page.locator("#k-row")).to_contain_text(text("page.rows.row_title", "en", n=5))
    page.locator("#k-row-out").click()
    expect(corrections).to_have_count(2)
    page.locator("#k-rows-check").click()
    expect(filters.locator("[data-pick='code=excluded']")).to_be_visible()
    expect(filters.locator("[data-pick='code=personal_email']")).to_have_count(0)
    page.locator("#k-corrections [data-pick='undo=5']").click()
    expect(corrections).to_have_count(1)
    walk.go_to(page, "method")
    walk.go_to(page, "use_case")
    expect(filters.locator("[data-pick='code=excluded']")).to_have_count(0)
    expect(filters.locator("[data-pick='code=edited']")).to_be_visible()

"""The rows of a file on the page: found, corrected, left out, taken back, taken away, and the run that gets them."""

import csv
import json

from playwright.sync_api import expect

from engine.text import text
from tests.browser import walk


def kettles(folder):
    """Sixty rows of a file, the third with an e-mail address, the eighth without an answer; of the last twenty two each
    ask nearly the same."""
    rows = [{"question": f"How much is kettle number {n}?", "answer": f"It costs {n} dollars."} for n in range(1, 41)]
    asked = "Does the {} kettle keep the water hot for a whole long evening in the garden {}?"
    names = ("red", "blue", "green", "white", "black", "grey", "brown", "pink", "gold", "silver")
    rows += [
        {"question": asked.format(name, when), "answer": f"The {name} one does {when}."}
        for name in names
        for when in ("today", "tomorrow")
    ]
    rows[2]["answer"], rows[7]["answer"] = "Ask taro@kumo.co.jp.", ""
    path = folder / "kettles.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_rows_are_found_corrected_left_out_and_taken_back(visit, tmp_path):
    page = visit("?case=own")
    page.locator("#k-file input[type=file]").set_input_files(kettles(tmp_path))
    filters, corrections = page.locator("#k-row-filters"), page.locator("#k-corrections li")
    filters.locator("[data-pick='code=personal_email']").click()
    expect(page.locator("#k-row-list tbody tr")).to_have_count(1)
    expect(page.locator("#k-row-list")).to_contain_text("[E-MAIL]")
    expect(page.locator("#k-account")).not_to_contain_text("taro@kumo")
    page.locator("#k-row-list [data-pick='row=3']").click()
    page.locator("#k-row textarea").nth(1).fill("Ask at the till.")
    page.locator("#k-row-save").click()
    expect(corrections).to_have_count(1)

    filters.locator("[data-pick='code=']").click()
    page.locator("#k-row-list [data-pick='row=5']").click()
    expect(page.locator("#k-row")).to_contain_text(text("page.rows.row_title", "en", n=5))
    page.locator("#k-row-out").click()
    expect(corrections).to_have_count(2)

    filters.locator("[data-pick='status=dropped']").click()
    page.locator("#k-row-list [data-pick='row=8']").click()
    expect(page.locator("#k-row")).to_contain_text(text("page.rows.dropped_help", "en"))
    expect(page.locator("#k-row-out")).to_be_hidden()
    page.locator("#k-row textarea").nth(1).fill("It costs eight dollars.")
    page.locator("#k-row-save").click()
    expect(corrections).to_have_count(3)

    page.locator("#k-rows-check").click()
    expect(filters.locator("[data-pick='code=excluded']")).to_be_visible()
    expect(filters.locator("[data-pick='code=personal_email']")).to_have_count(0)
    expect(filters.locator("[data-pick='code=empty']")).to_have_count(0)
    expect(page.locator("#k-rows-check")).to_be_hidden()
    with page.expect_download() as taken:
        page.locator("#k-rows-csv").click()
    listed = list(csv.DictReader(open(taken.value.path(), encoding="utf-8-sig", newline="")))
    assert len(listed) == 60 and {row["number"]: row["status"] for row in listed}["5"] == "dropped"
    assert next(row for row in listed if row["number"] == "8")["answer"] == "It costs eight dollars."

    page.locator("#k-corrections [data-pick='undo=5']").click()
    expect(corrections).to_have_count(2)
    walk.go_to(page, "method")
    walk.go_to(page, "use_case")
    expect(filters.locator("[data-pick='code=excluded']")).to_have_count(0)
    expect(filters.locator("[data-pick='code=edited']")).to_be_visible()


def test_test_rows_that_training_gives_away_are_moved_by_a_click(visit, tmp_path):
    page = visit("?case=own")
    page.locator("#k-file input[type=file]").set_input_files(kettles(tmp_path))
    page.locator("#k-data [data-pick='leaked=move']").click()
    expect(page.locator("#k-data [data-pick='leaked=move']")).to_have_count(0)
    moved = text("page.data.unmoved", "en", n="#").partition("#")[0].rstrip()
    expect(page.locator("#k-data")).to_contain_text(moved)


def test_tables_chosen_together_have_a_weight_each(visit, tmp_path):
    page = visit("?case=own")
    second = tmp_path / "more.csv"
    second.write_text("question,answer\n" + "".join(f"Is pot {n} red?,Pot {n} is blue.\n" for n in range(20)))
    page.locator("#k-file input[type=file]").set_input_files([kettles(tmp_path), second])
    weight = page.locator("#k-weight-0 input")
    expect(weight).to_have_value("1")
    expect(page.locator("#k-sources")).to_contain_text("kettles.jsonl")
    expect(page.locator("#k-row-list")).to_contain_text("80")
    trained = page.locator("#k-data .k-facts dd").first
    before = trained.inner_text()
    weight.fill("3")
    weight.press("Enter")
    expect(trained).not_to_have_text(before)

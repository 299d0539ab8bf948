"""What is given to the page is shown as text, and what cannot be used is said once; neither breaks it."""

import re

import pytest
from playwright.sync_api import Page, expect

from engine import launch, rundir
from engine.data.own import own_data_spec
from tests.browser import walk
from tests.browser.material import QUICK, held_out, own_rows
from tests.browser.walk import say
from tests.engine.runs import in_this_process

# Each would call alert(), or set window.hit, were it anything but text.
MARKUP = "<img src=x onerror=alert(1)>"
SCRIPT = "<script>window.hit = 1</script>"
TEMPLATE = "${alert(2)} {{constructor.constructor('window.hit=2')()}}"
HOSTILE = (SCRIPT, MARKUP, TEMPLATE, "</textarea><svg onload=alert(3)>", '" onmouseover="alert(4)" x="')
ROWS = tuple((f"{words} – why?", words) for words in HOSTILE)


def expect_only_text(page: Page, *shown: str) -> None:
    """Each is there to be read, and nothing of it has run or become an element. (`visit` notes every dialog.)"""
    for words in shown:
        expect(page.get_by_text(words).locator("visible=true").first).to_be_visible()
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src=x], svg[onload], [onmouseover]").count() == 0


def test_hostile_rows_are_shown_as_text_when_the_data_is_seen(visit, tmp_path):
    page = visit()
    walk.bring_file(page, own_rows(tmp_path / f"{MARKUP}.jsonl", extra=ROWS, answer=MARKUP))
    first_rows = page.locator("#k-account .k-pairs")
    for question, answer in ROWS:
        expect(first_rows.get_by_text(question, exact=True)).to_be_visible()
        expect(first_rows.get_by_text(answer, exact=True)).to_be_visible()
    any_of_them = re.compile("|".join(map(re.escape, HOSTILE)))
    expect(page.locator("#k-data .k-sample .k-seg-answer").first).to_contain_text(any_of_them)
    expect_only_text(page, MARKUP)


def test_hostile_columns_and_refused_rows_are_shown_as_text(visit, tmp_path):
    file = tmp_path / "columns.csv"
    file.write_text(f'"{MARKUP}","{TEMPLATE}"\n"a","b"\n')
    page = visit()
    walk.bring_file(page, file)
    expect(page.locator("#k-account")).to_contain_text(say("page.own.unknown_title"))
    expect_only_text(page, MARKUP, TEMPLATE)


@pytest.fixture(scope="module")
def hostile_run(site, model, tmp_path_factory) -> rundir.Run:
    """A run whose questions, references and title are hostile, and whose model has learnt to answer hostilely."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = own_rows(folder / "rows.jsonl", answer=MARKUP)
    test = held_out(folder / "test.jsonl", extra=ROWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KURABE_HOME", str(site.home))
        settings = QUICK | {"epochs": 40}
        with in_this_process():
            run = launch.start(
                own_data_spec(rows, suites={MARKUP[1:4]: test}, model=str(model), title=MARKUP, settings=settings)
            )
    assert rundir.state(run) == "done", run.file("log").read_text()
    return run


def test_hostile_answers_are_shown_as_text_in_the_result(visit, hostile_run):
    assert any(MARKUP in item["tuned"] for item in hostile_run.comparison()["items"])
    page = visit(walk.address(hostile_run, "result"))
    page.locator("#k-filters [data-pick='outcome=']").click()
    for question, answer in ROWS:
        page.locator("#k-items .k-item").filter(has_text=question).click()
        expect(page.locator("#k-item .k-asked p")).to_have_text(question)
        expect(page.locator("#k-item .k-reference p")).to_have_text(answer)
    expect_only_text(page, MARKUP)


def test_hostile_questions_and_answers_are_shown_as_text_side_by_side(visit, hostile_run):
    for words in (SCRIPT, TEMPLATE, "What about a refund?"):
        page = visit(walk.address(hostile_run, "compare"))
        walk.ask(page, words)
        expect(page.locator("#k-panes .k-pane-tuned footer")).to_be_visible()  # an answer has begun to stand there
        expect_only_text(page)
    expect(page.locator("#k-panes .k-pane-tuned .k-answer")).to_contain_text(MARKUP)
    expect_only_text(page, MARKUP)


BAD_FILES = {
    "empty.csv": b"",
    "noise.json": bytes(range(256)) * 20,
    "half.json": b'[{"question": "Who?", "answer": ',
    "no_rows.csv": b"question,answer\n",
    "blank_answers.csv": b"question,answer\nWho?,\nWhen?,\n",
}


def test_a_file_that_cannot_be_used_is_said_once_and_the_next_one_works(visit, tmp_path):
    page = visit()
    for name, content in BAD_FILES.items():
        (tmp_path / name).write_bytes(content)
        walk.bring_file(page, tmp_path / name)
        alert = page.get_by_role("alert").locator("visible=true")
        expect(alert).to_have_count(1)
        expect(alert).to_contain_text(name)
        page.locator("#k-file").get_by_role("button", name="Clear").click()
        expect(alert).to_have_count(0)
    walk.bring_file(page, own_rows(tmp_path / "good.jsonl"))
    expect(page.locator("#k-account .k-good")).to_contain_text("good.jsonl")
    expect(page.locator("#k-data .k-sample").first).to_be_visible()


def test_a_setting_or_model_that_cannot_be_is_said_beside_start_and_starts_nothing(visit, model, tmp_path):
    page, before = visit("?step=method"), len(rundir.all_runs())
    message = page.locator("#k-start-message [role=alert]")
    walk.fill_settings(page, model, {"epochs": 0})
    page.locator("#k-start").click()
    expect(message).to_contain_text(say("page.setting.epochs.title"))
    walk.fill_settings(page, tmp_path / "no-model", {"epochs": 1})
    page.locator("#k-start").click()
    expect(message).to_contain_text("no-model")
    expect(message).to_have_count(1)
    assert len(rundir.all_runs()) == before and "run=" not in page.url

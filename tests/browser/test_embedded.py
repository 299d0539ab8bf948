"""The company FAQ use case on the embedded model, seen in the browser: a few facts of it, to end in minutes."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine import atomic, launch
from engine.rundir import Run
from engine.schema import Source
from engine.specs import resolve_spec
from engine.text import text
from tests.browser import walk
from tests.browser.serving import Server, served
from tests.browser.walk import say
from tests.engine.runs import end, end_workers
from ui.usecases import presets

FACTS = 6
MINUTES = 15  # about one on two idle cores


@pytest.fixture
def kurabe_home(tmp_path_factory, monkeypatch) -> Path:
    """A home of its own, since the embedded model's place in the shared one is taken."""
    home = tmp_path_factory.mktemp("embedded")
    monkeypatch.setenv("KURABE_HOME", str(home))
    return home


@pytest.fixture
def own_site(kurabe_home, embedded_model):
    with served(kurabe_home) as server:
        yield server
    end_workers()


@pytest.mark.slow
def test_some_facts_of_the_company_are_learnt_on_the_embedded_model(visit, own_site, tmp_path):
    page = visit(server=own_site)
    see_the_use_case(page)
    run = launch.start(some_facts(tmp_path))
    page = visit(walk.address(run, "train"), server=own_site)
    expect(page.locator("#k-train .k-stage-now")).to_be_visible()
    assert end(run, seconds=60 * MINUTES) == "done", run.file("log").read_text()
    read_the_result(page, run)
    ask_in_japanese_page(visit, own_site, run)


def some_facts(folder: Path):
    """The use case's own spec with the rows of its first facts, two suites, and three epochs."""
    spec = resolve_spec("company_faq")
    asked = rows(spec.data.suites["reworded"].path)[:FACTS]
    groups = {row["group"] for row in asked}
    train = [row for row in rows(spec.data.train.path) if row["group"] in groups]
    suites = {"reworded": asked, "unanswerable": rows(spec.data.suites["unanswerable"].path)[:4]}
    data = {name: write(folder / f"{name}.jsonl", lines) for name, lines in (suites | {"train": train}).items()}
    sources = {name: Source(path=str(data[name])) for name in suites}
    values = {"train": Source(path=str(data["train"])), "suites": sources}
    return spec.model_copy(update={"data": spec.data.model_copy(update=values), "settings": {"epochs": 3}})


def rows(path: str) -> list[dict]:
    return list(atomic.read_lines(Path(path)))


def write(path: Path, lines: list[dict]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def see_the_use_case(page: Page) -> None:
    """What the embedded model sees of the use case's rows: template, prompt and answer."""
    walk.choose_use_case(page, "company_faq")
    sample = page.locator("#k-data .k-sample").first
    expect(sample.locator(".k-seg-prompt").first).to_be_visible()
    expect(sample.locator(".k-seg-template").last).to_contain_text("<|im_start|>assistant")
    expect(page.locator("#k-data")).to_contain_text(say("suite.reworded.title"))


def read_the_result(page: Page, run: Run) -> None:
    """The page has gone on by itself. Its table says what the files say, and the answers became likelier."""
    table = page.locator("#k-changes")
    expect(page.locator("#k-verdict")).to_contain_text(say("suite.reworded.opening"))
    expect(table).to_contain_text(say("metric.key_facts.title"))
    changes = {(change["metric"], change["suite"]): change for change in run.comparison()["changes"]}
    assert changes["key_facts", "reworded"]["n"] == FACTS
    loss = changes["answer_loss", "reworded"]
    assert loss["after"] < loss["before"] and loss["losses"] == 0
    expect(page.locator("#k-item .k-pane-tuned .k-answer")).to_be_visible()


def ask_in_japanese_page(visit, server: Server, run: Run) -> None:
    """An example of the use case, asked of both with one click on the Japanese page."""
    page = visit(walk.address(run, "compare", lang="ja"), server=server)
    page.locator(".k-examples [data-pick]").first.click()
    expect(page.locator("#k-question").locator("input, textarea")).to_have_value(presets()["company_faq"].demo[0])
    expect(page.locator("#k-panes footer")).to_have_count(2, timeout=300_000)  # the model is loaded first
    expect(page.locator("#k-ask")).to_be_visible()
    expect(page.locator(".k-proof-good")).to_contain_text(text("page.compare.proof", "ja", largest="0"))

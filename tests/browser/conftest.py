"""What the browser tests share: a served page, a browser that reports what should not happen, a finished run."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from engine import embedded, launch, rundir
from engine.data.own import own_data_spec
from engine.rundir import Run
from tests.browser.material import QUICK, held_out, own_rows, speaking_model
from tests.browser.serving import Server, served
from tests.engine.runs import end_workers, in_this_process

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 90_000  # ms; a machine that also trains may take its time, a test that waits passes as soon as it can
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of the server's log too."""
    report = yield
    if report.failed and (site := getattr(item, "funcargs", {}).get("site")):
        report.sections.append(("app.py", site.log.read_text()[-4000:]))
    return report


@pytest.fixture(scope="session")
def model(tiny_model, tmp_path_factory) -> Path:
    """The tiny model, taught to say something, so that there is a base to compare with."""
    return speaking_model(tiny_model, tmp_path_factory.mktemp("models") / "speaking")


@pytest.fixture(scope="session")
def site(model, tmp_path_factory) -> Iterator[Server]:
    """One page for all tests. In the embedded model's place lies the speaking one: these tests fetch nothing."""
    home = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KURABE_HOME", str(home))
        shutil.copytree(model, embedded.model_folder())
        sizes = {path.name: {"bytes": path.stat().st_size} for path in model.iterdir()}
        (embedded.model_folder() / "manifest.json").write_text(json.dumps({"files": sizes}))
        with served(home) as server:
            yield server
        end_workers()


@pytest.fixture(autouse=True)
def kurabe_home(site, monkeypatch) -> Path:
    """The home of the page under test, so that a test reads the very files the page shows."""
    monkeypatch.setenv("KURABE_HOME", str(site.home))
    return site.home


@pytest.fixture(scope="session")
def finished(site, model, tmp_path_factory) -> Run:
    """A run that is done: most questions fixed, two broken, one the same."""
    folder = tmp_path_factory.mktemp("finished")
    rows, test = own_rows(folder / "shop.jsonl"), held_out(folder / "test.jsonl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KURABE_HOME", str(site.home))
        with in_this_process():
            run = launch.start(
                own_data_spec(rows, suites={"reworded": test}, model=str(model), title="shop", settings=QUICK)
            )
    assert rundir.state(run) == "done", run.file("log").read_text()
    return run


@pytest.fixture
def begun(site, model, tmp_path) -> Iterator[Callable[..., Run]]:
    """begun(epochs): a run that has just been started; ended with the test, however that ends."""

    def start(epochs: int) -> Run:
        settings = QUICK | {"epochs": epochs, "batch_size": 2}
        return launch.start(own_data_spec(own_rows(tmp_path / "own.jsonl"), model=str(model), settings=settings))

    yield start
    end_workers()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert found, f"None of {', '.join(BROWSERS)} is on the PATH; `make test` installs one where it may."
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, site):
    """visit(path, **options) opens the page in a browser of its own. Whatever it opened must have stayed clean: no
    dialog, no script error, no request to another site."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def open_page(path: str = "", *, server: Server = site, **options) -> Page:
        options = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}} | options
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        watch(page, trouble)
        page.goto(server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []


def watch(page: Page, trouble: list[str]) -> None:
    """Note what must never happen on this page."""

    def dialog(box) -> None:
        trouble.append(f"dialog: {box.message}")
        box.dismiss()

    def request(asked) -> None:
        where = urlsplit(asked.url)
        if where.scheme in ("http", "https", "ws", "wss") and where.hostname != "127.0.0.1":
            trouble.append(f"request to another site: {asked.url}")

    page.on("dialog", dialog)
    page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
    page.on("request", request)

"""What a person does on the page, in a function each. Texts come from text.yaml, so a new wording breaks no test."""

from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from engine import rundir
from engine.rundir import Run
from engine.text import text
from ui.usecases import family_of

say = partial(text, lang="en")


def choose_use_case(page: Page, name: str) -> None:
    """Click the card of its family and, where its rows are not those the card stands for, their language."""
    card = page.locator(f"#k-use-cases [data-family={family_of(name)}]")
    card.click()
    expect(card).to_have_attribute("aria-pressed", "true")
    if card.get_attribute("data-pick") != name:
        page.locator(f"#k-case [data-pick={name}]").click()
    expect(page.locator(f"#k-use-cases [data-pick={name}]")).to_have_attribute("aria-pressed", "true")


def bring_file(page: Page, file: Path) -> None:
    """Choose "my own data" and give a file."""
    choose_use_case(page, "own")
    page.locator("#k-file input[type=file]").set_input_files(file)


def choose_method(page: Page, name: str) -> None:
    page.locator(f"#k-methods [data-pick={name}]").click()
    expect(page.locator(f"#k-methods [data-pick={name}]")).to_have_attribute("aria-pressed", "true")


def setting(page: Page, name: str) -> Locator:
    """The field of a setting in the form that is shown."""
    return page.get_by_label(say(f"page.setting.{name}.title"), exact=True).locator("visible=true")


def fill_settings(page: Page, model: Path, settings: dict[str, Any]) -> None:
    """The model's folder and the settings, the closed part of the form opened."""
    page.locator("#k-model").locator("input, textarea").fill(str(model))
    for name, value in settings.items():
        setting(page, name).fill(str(value))


def start(page: Page) -> Run:
    """Press Start; the run that the address then names."""
    page.locator("#k-start").click()
    page.wait_for_url(lambda url: "run" in parse_qs(urlsplit(url).query))
    return opened(page)


def opened(page: Page) -> Run:
    """The run the address names."""
    return rundir.open_run(parse_qs(urlsplit(page.url).query)["run"][0])


def address(run: Run, step: str = "", **more: str) -> str:
    """The link of a run's step."""
    query = {"run": run.id, "step": step} | more
    return "?" + "&".join(f"{name}={value}" for name, value in query.items() if value)


def go_to(page: Page, step: str, lang: str = "en") -> None:
    """Click a step's tab."""
    page.get_by_role("tab", name=text(f"page.step.{step}", lang), exact=True).click()


def ask(page: Page, question: str) -> None:
    page.locator("#k-question").locator("input, textarea").fill(question)
    page.locator("#k-ask").click()

"""Methods for every kind of data in a browser: what cannot be chosen, what is said of each, curves on a phone."""

import pytest
from playwright.sync_api import expect

from engine import atomic, rundir
from engine.registry import methods
from engine.rundir import Run
from engine.schema import RunSpec
from engine.specs import PRESETS
from engine.text import text
from tests.browser import walk
from tests.browser.test_looks import CONTRAST, LABELS, PHONE
from tests.browser.walk import say
from ui.usecases import presets

PAIRS = PRESETS / "brand_replies" / "preferences.jsonl"


@pytest.fixture
def preference_run(site) -> Run:
    """A run on pairs that was stopped in the middle, with what DPO logs."""
    run = rundir.create(RunSpec.model_validate(presets()["brand_replies"].run.model_dump() | {"method": "dpo"}))
    log = [
        {"kind": "train", "step": n, "of": 60, "attempt": 1, "loss": 0.7 - n / 100, "margin": n / 20 - 0.3}
        | {"accuracy": 0.5 + n / 100, "chosen_reward": -n / 40, "rejected_reward": -n / 15}
        for n in range(1, 41)
    ]
    log += [{"kind": "validation", "step": n, "attempt": 1, "loss": 0.6, "margin": n / 25} for n in (0, 20, 40)]
    atomic.write_lines(run.file("metrics"), log)
    atomic.write_json(run.file("status"), {"state": "stopped", "stage": "train", "step": 40, "of": 60, "seconds": {}})
    return run


def test_a_file_of_pairs_leads_to_dpo_and_dims_what_cannot_use_it(visit):
    page = visit()
    walk.bring_file(page, PAIRS)
    expect(page.locator("#k-data .k-seg-rejected").first).to_be_visible()
    page.locator("#k-to-method").click()
    expect(page.locator("#k-methods [data-pick=dpo]")).to_have_attribute("aria-pressed", "true")
    dimmed = page.locator("#k-methods [aria-disabled=true]")
    expect(dimmed).to_have_count(sum("pairs" not in method.needs for method in methods().values()))
    expect(dimmed.first).to_contain_text(say("page.kind.pairs"))
    dimmed.first.click(force=True)
    walk.choose_method(page, "kto")
    about = page.locator("#k-about")
    expect(about).to_contain_text(say("page.method.kto.not_for"))
    expect(about.locator("a")).to_have_attribute("href", methods()["kto"].paper)


@pytest.mark.parametrize(("lang", "scheme"), [("en", "dark"), ("ja", "light")])
def test_curves_and_methods_of_preferences_fit_a_phone_and_can_be_read(visit, preference_run, lang, scheme):
    page = visit(walk.address(preference_run, "train", lang=lang), color_scheme=scheme, **PHONE)
    expect(page.locator("#k-loss [data-measure]")).to_have_count(4)
    for step, shown in (("train", "#k-loss [data-measure=margin] svg"), ("method", "#k-about a")):
        page.goto(page.url.split("?")[0] + walk.address(preference_run, step, lang=lang))
        expect(page.get_by_role("tab", name=text(f"page.step.{step}", lang), exact=True)).to_be_visible()
        walk.go_to(page, step, lang)
        expect(page.locator(shown)).to_be_visible()
        width, wanted = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= wanted + 1 and wanted == 390, f"{step} is {width} px wide"
        assert page.evaluate(CONTRAST, LABELS + ", p, td, dd, figcaption *") == []

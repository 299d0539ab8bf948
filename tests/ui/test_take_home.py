"""Take home: what there is of a run, what is being done, and whether what was exported is what was measured."""

import pytest

from engine import launch, rundir
from engine.export import make
from engine.schema import Progress, UserError
from engine.text import LANGUAGES, text
from tests.engine.runs import tiny_spec
from ui import downloads, take_home_view
from ui.html import esc
from ui.tabs import report, take_home

NAMES = (*take_home_view.MODEL, *take_home_view.CODE)


@pytest.fixture
def run(tmp_path, tiny_model):
    """A run that has not begun."""
    return rundir.create(launch.check(tiny_spec(tmp_path, tiny_model, title="<b>${x}</b>")))


def answered(**changes):
    found = {
        "asked": 32,
        "of": 72,
        "identical": 32,
        "max_logit_difference": 1.2e-5,
        "largest_logit": 21.5,
        "compared": 8,
    }
    return {"bytes": 19_600_000, "passed": True, "verification": found | changes}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_not_there_yet_says_why_and_offers_no_button(lang, run):
    drawn = take_home_view.cards(run, NAMES, lang)
    assert drawn.count("k-take-off") == len(NAMES) and "data-pick" not in drawn
    assert text("export.refused.no_result", lang) in drawn and text("export.refused.no_data", lang) in drawn


def test_the_code_of_a_run_that_has_not_begun_can_be_read(run):
    empty, body, note, _, _, script, *papers = take_home.show(run, "en")
    assert body["visible"] and not empty["visible"]
    assert "get_peft_model" in script["value"] and "<b>" not in note
    assert papers[0]["visible"] is False  # there is no report before a result


def test_no_run_is_an_invitation():
    empty, body, *_ = take_home.show(None, "en")
    assert empty["visible"] and not body["visible"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_finished_export_says_what_asking_it_again_came_to(lang, run, monkeypatch):
    monkeypatch.setattr(make, "why_not", lambda *_: "")
    monkeypatch.setattr(make, "made", lambda run, name: answered())
    drawn = take_home_view.cards(run, ("adapter",), lang)
    assert "k-good" in drawn and "1.2e-05" in drawn and "100" in drawn and "19.6 MB" in drawn
    assert [what for what in ("make", "download", "again", "drop") if f"{what}:adapter" in drawn] == [
        "download",
        "again",
        "drop",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_export_that_differs_is_red_before_anything_else(lang, run, monkeypatch):
    failed = answered(identical=3, max_logit_difference=None) | {"passed": False}
    monkeypatch.setattr(make, "why_not", lambda *_: "")
    monkeypatch.setattr(make, "made", lambda run, name: failed)
    drawn = take_home_view.cards(run, ("merged",), lang)
    assert "k-bad" in drawn and 'role="alert"' in drawn and esc(text("export.verified.failed", lang)) in drawn


def test_while_it_is_made_the_card_says_how_far_it_is(run, monkeypatch):
    monkeypatch.setattr(make, "why_not", lambda *_: "")
    drawn = take_home_view.cards(run, NAMES, "en", busy={"merged": Progress("verify", 8, 32)})
    assert "8 of 32" in drawn and "width:25%" in drawn and drawn.count("aria-busy") == 1
    drawn = take_home_view.cards(run, NAMES, "en", failed={"merged": "<img src=x>"})
    assert "&lt;img" in drawn and "<img" not in drawn


def test_a_file_for_the_browser_never_leads_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    assert downloads.place("kurabe-1-report-en.html").parent == tmp_path / "take-home"
    for name in ("../x", "a/b", "", ".hidden", "x" * 200):
        with pytest.raises(UserError):
            downloads.place(name)


def test_a_price_is_read_as_people_write_it_and_else_refused():
    assert report.costs(" ", "USD", "en") == {}
    assert report.costs("1,20", "EUR", "en") == {"price": 1.2, "currency": "EUR"}
    with pytest.raises(UserError, match="no number"):
        report.costs("cheap", "USD", "en")

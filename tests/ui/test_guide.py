"""The guide of a first run: there until a run is done, in both languages."""

import pytest

from engine import atomic, rundir, showcase
from engine.schema import DataSpec, RunSpec, Source
from engine.text import LANGUAGES, text
from ui import guide


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_tells_the_four_steps_of_a_first_run_in_order(lang):
    drawn = guide.load(lang)
    places = [drawn.index(text(f"guide.{step}.title", lang)) for step in guide.STEPS]
    assert places == sorted(places) and all(text(f"guide.{step}.help", lang) in drawn for step in guide.STEPS)


def test_it_never_stands_in_a_showcase(monkeypatch):
    monkeypatch.setattr(showcase, "on", lambda: True)
    assert guide.load("en") == ""


def test_it_is_gone_once_a_run_is_done():
    assert guide.load("en")
    run = rundir.create(RunSpec(data=DataSpec(train=Source(path="x"))))
    atomic.write_json(run.file("status"), {"state": "done", "stage": "compare"})
    assert guide.load("en") == ""

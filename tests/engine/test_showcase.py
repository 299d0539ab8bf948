"""A showcase shows: whatever asks for more is refused where it would be done, not only where it is clicked."""

import pytest

from engine import about, launch, rundir, showcase, storage, trash, uploads, votes
from engine.schema import UserError
from tests.engine.many import SPEC, made, weigh


@pytest.fixture
def shown(monkeypatch):
    """A finished run, made before the showcase was opened."""
    run = weigh(made(1), model=1, checkpoints=1)
    gone = made(2)
    trash.delete(gone)
    monkeypatch.setenv(showcase.VARIABLE, "1")
    return run, gone


def everything(run, gone, folder):
    file = folder / "rows.csv"
    file.write_text("question,answer\n")
    spec = rundir.RunSpec.model_validate(SPEC)
    yield lambda: launch.start(spec)
    yield lambda: launch.resume(run)
    yield lambda: launch.stop(run)
    yield lambda: launch.forecast(spec)
    yield lambda: uploads.keep([file])
    yield lambda: about.change(run, title="x")
    yield lambda: trash.delete(run)
    yield lambda: trash.restore(gone.id)
    yield lambda: trash.purge()
    yield lambda: storage.free_checkpoints(run)
    yield lambda: votes.add(run, [])


def test_nothing_is_trained_written_or_removed(shown, tmp_path, kurabe_home):
    run, gone = shown
    before = sorted(path for path in kurabe_home.rglob("*") if path.name != "history.json")
    for attempt in everything(run, gone, tmp_path):
        with pytest.raises(UserError, match="showcase"):
            attempt()
    assert sorted(path for path in kurabe_home.rglob("*") if path.name != "history.json") == before


@pytest.mark.parametrize(("value", "on"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_it_is_on_where_the_variable_says_so(monkeypatch, value, on):
    monkeypatch.setenv(showcase.VARIABLE, value)
    assert showcase.on() is on
    monkeypatch.delenv(showcase.VARIABLE)
    assert showcase.on() is False

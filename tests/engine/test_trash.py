"""Deleting: never what runs or what others stand on, brought back whole, and gone when it is said to be."""

import os
import time

import pytest

from engine import history, rundir, trash
from engine.schema import UserError
from tests.engine.many import made, weigh


def ids(runs) -> list[str]:
    return [run.id for run in runs]


def files(path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_a_deleted_run_is_out_of_sight_and_comes_back_byte_for_byte():
    run, other = weigh(made(1), model=3, checkpoints=2), made(2)
    before = files(run.path)
    trash.delete(run)
    assert ids(rundir.all_runs()) == [other.id] and ids(trash.deleted()) == [run.id]
    with pytest.raises(UserError, match="no run"):
        rundir.open_run(run.id)
    assert ids(trash.restore(run.id)) == [run.id]
    assert files(run.path) == before and trash.deleted() == [] and len(history.entries()) == 2


def test_a_run_at_work_is_never_deleted(monkeypatch):
    run = made(1, state="running")
    monkeypatch.setattr(rundir, "process_lives", lambda *about: True)
    with pytest.raises(UserError, match="not finished"):
        trash.delete(run)
    assert run.path.is_dir()
    monkeypatch.undo()


def test_a_run_that_others_start_from_stays_until_they_are_deleted_and_comes_back_with_them():
    parent = made(1)
    child = made(2, model=f"run:{parent.id}")
    with pytest.raises(UserError, match=child.id):
        trash.delete(parent)
    trash.delete(child)
    trash.delete(parent)
    assert ids(trash.restore(child.id)) == [child.id, parent.id]
    assert ids(rundir.all_runs()) == [child.id, parent.id]


def test_emptying_frees_the_disk_and_what_was_made_of_the_runs(kurabe_home, monkeypatch):
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    run = weigh(made(1), model=5)
    made_of_it = kurabe_home / "cache" / "gradio" / run.id
    made_of_it.mkdir(parents=True)
    trash.delete(run)
    assert trash.purge() >= 5000 and not made_of_it.exists()
    assert trash.deleted() == [] and list(rundir.trash().iterdir()) == []
    with pytest.raises(UserError, match="not in the trash"):
        trash.restore(run.id)


def test_what_lies_in_the_trash_long_enough_goes_with_the_next_delete():
    old, young, third = made(1), made(2), made(3)
    trash.delete(old)
    trash.delete(young)
    long_ago = time.time() - (trash.DAYS + 1) * 86_400
    os.utime(rundir.trash() / old.id, (long_ago, long_ago))
    trash.delete(third)
    assert ids(trash.deleted()) == [third.id, young.id]


def test_a_removal_that_was_cut_short_is_finished_and_never_restored():
    run = made(1)
    trash.delete(run)
    os.replace(rundir.trash() / run.id, rundir.trash() / f".{run.id}")
    assert trash.deleted() == []
    trash.purge(days=trash.DAYS)
    assert list(rundir.trash().iterdir()) == []


@pytest.mark.parametrize("name", ["../runs", "", "20260101-000000-abcdef", "../../etc", None])
def test_only_what_is_in_the_trash_is_restored(name):
    with pytest.raises(UserError, match="not in the trash"):
        trash.restore(name)


def test_links_in_the_trash_are_not_followed(tmp_path):
    kept = tmp_path / "mine"
    kept.mkdir()
    (kept / "file").write_text("x")
    (rundir.trash() / "20260101-000000-abcdef").symlink_to(kept)
    run = made(1)
    (run.path / "link").symlink_to(kept)
    trash.delete(run)
    trash.purge()
    assert (kept / "file").read_text() == "x"

"""The runs there are, from the command line: found, named, deleted, brought back, and their disk freed."""

import json

from typer.testing import CliRunner

from engine import rundir
from engine.__main__ import app
from tests.engine.many import made, weigh


def command(*words):
    return CliRunner().invoke(app, list(words))


def answer(*words):
    done = command(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_run_is_named_tagged_noted_and_found_by_it():
    run, other = made(1), made(2)
    row = answer("edit", run.id, "--title", "Rank 4", "--tags", "demo, small", "--note", "Try rank 8 next")
    assert (row["title"], row["tags"], row["note"]) == ("Rank 4", ["demo", "small"], "Try rank 8 next")
    assert [one["run"] for one in answer("list", "--search", "RANK next")["runs"]] == [run.id]
    assert [one["run"] for one in answer("list", "--tag", "demo")["runs"]] == [run.id]
    shown = command("list").stdout
    assert "Rank 4 #demo #small" in shown and other.id in shown and "1 min 12 s" in shown
    assert "None of the 2" in command("list", "--search", "nowhere").stderr
    answer("edit", run.id, "--archive")
    assert [one["run"] for one in answer("list")["runs"]] == [other.id]
    assert len(answer("list", "--archived")["runs"]) == 2
    assert answer("edit", run.id, "--unarchive", "--tags", "")["tags"] == []
    assert command("edit", run.id, "--title", "x" * 300).exit_code == 2


def test_deleting_asks_first_and_restore_undoes_it():
    run = made(1)
    refused = command("delete", run.id)
    assert refused.exit_code == 2 and "--yes" in refused.stderr and run.path.is_dir()
    assert answer("delete", run.id, "--yes")["deleted"] == [run.id]
    assert answer("trash")["trash"][0]["run"] == run.id and not rundir.all_runs()
    assert answer("restore", run.id)["restored"] == [run.id] and run.path.is_dir()
    answer("delete", run.id, "--yes")
    assert command("trash", "--empty").exit_code == 2
    assert answer("trash", "--empty", "--yes")["trash"] == []
    assert command("restore", run.id).exit_code == 2 and "trash is empty" in command("trash").stderr


def test_clean_frees_the_checkpoints_of_finished_runs():
    done, stopped = weigh(made(1), model=1, checkpoints=8), weigh(made(2, state="stopped"), checkpoints=9)
    assert command("clean").exit_code == 2 and done.checkpoints.exists()
    assert answer("clean", "--yes") == {"freed": {done.id: 8000}, "bytes": 8000}
    assert stopped.checkpoints.exists() and command("clean", stopped.id).exit_code == 2

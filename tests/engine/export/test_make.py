"""A take-away appears whole or not at all, is never put over anything else, and is asked again where it answers."""

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine import rundir, terminal
from engine.__main__ import app
from engine.export import make, process, verify
from engine.export.kind import ORDER, Kind, kinds
from engine.schema import UserError

silent = lambda *done: None  # noqa: E731


@pytest.fixture
def command(monkeypatch):
    """Runs the command line within the test. Returns exit code, stdout and stderr."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def invoke(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return invoke


def files(folder) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_kind_is_shown_in_its_order_with_its_words():
    assert tuple(kinds()) == ORDER
    assert all(terminal.words(f"export.kind.{name}.{part}") for name in ORDER for part in ("title", "summary"))


def test_a_merged_model_on_the_command_line_is_loaded_afresh_in_processes_of_its_own(finish, command, tmp_path):
    run, folder = finish(), tmp_path / "merged"
    code, shown, said = command("export", run.id, "--kind", "merged", "-o", folder, "--questions", "4", "--json")
    found = json.loads(shown)
    assert code == 0, said
    assert {"model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja"} <= files(folder)
    assert (found["verification"]["asked"], found["verification"]["identical"]) == (4, 4)
    assert found["passed"] and found["verification"]["max_logit_difference"] < 1e-3
    assert set(found["files"]) == files(folder) - {make.FACTS}
    assert not list(tmp_path.glob(".*")), "something was left aside"


def test_a_folder_that_is_not_empty_is_left_as_it_is(finish, command, tmp_path):
    run, folder = finish(), tmp_path / "papers"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    code, _, said = command("export", run.id, "--kind", "script", "-o", folder)
    assert code == 2 and "not empty" in said
    code, _, said = command("export", run.id, "--kind", "script", "-o", folder, "--replace")
    assert code == 2 and "not made by an export" in said
    assert files(folder) == {"mine.txt"} and (folder / "mine.txt").read_text() == "mine"


def test_what_an_export_made_is_replaced_only_when_asked_to(finish, command, tmp_path):
    run, folder = finish(), tmp_path / "card"
    assert command("export", run.id, "--kind", "card", "-o", folder)[0] == 0
    assert command("export", run.id, "--kind", "script", "-o", folder)[0] == 2
    assert (folder / "README.md").read_text().startswith("---")
    assert command("export", run.id, "--kind", "script", "-o", folder, "--replace")[0] == 0
    assert (folder / "train.py").exists() and json.loads((folder / make.FACTS).read_text())["kind"] == "script"


def test_an_export_that_breaks_leaves_nothing(finish, monkeypatch, tmp_path):
    def breaking(run, folder, lang):
        (folder / "half").write_text("half")
        raise OSError("the disk is full")
        yield

    broken = Kind("script", breaking, needs="data")
    monkeypatch.setattr(make, "kind_named", lambda name: broken)
    with pytest.raises(OSError, match="full"):
        list(make.export(finish(), "script", tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("method", "kind", "says"),
    [
        ("full", "adapter", "no adapter"),
        ("prompt_tuning", "merged", "Take the adapter"),
        ("adapter", "ollama", "Take the adapter"),
    ],
)
def test_what_a_method_does_not_give_is_said_before_anything_is_written(method, kind, says, finish, tmp_path):
    with pytest.raises(UserError, match=says):
        list(make.export(finish(method), kind, tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_not_finished_gives_its_code_only(finish, tmp_path):
    run = rundir.create(finish().spec())
    for kind, says in (("merged", "not finished"), ("card", "not finished"), ("script", "not prepared")):
        with pytest.raises(UserError, match=says):
            list(make.export(run, kind, tmp_path / "out"))
    with pytest.raises(UserError, match="adapter, merged"):
        make.kind_named("gguf")


def test_a_changed_weight_is_red_and_the_command_fails(finish, command, monkeypatch, tmp_path):
    run = finish()

    def asked_here(module, request, *, stage):
        """As process.ask, in this process, with one weight of the copy spoilt."""
        spoil(Path(request["folder"]))
        yield process.Progress(stage, 1, 1, details=verify.verify(silent, **request))

    monkeypatch.setattr(process, "ask", asked_here)
    code, shown, _ = command("export", run.id, "--kind", "adapter", "-o", tmp_path / "adapter")
    assert code == 3 and "do not answer as the run's model did" in shown
    assert json.loads((tmp_path / "adapter" / make.FACTS).read_text())["passed"] is False


def spoil(folder) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "adapter_model.safetensors"
    weights = {name: weight.clone() for name, weight in load_file(path).items()}
    next(weight for name, weight in weights.items() if "lora_B" in name).add_(0.5)
    save_file(weights, path)


def test_a_child_that_fails_says_why_and_a_mistake_of_the_user_s_stays_one():
    with pytest.raises(UserError, match="is not a run's id"):
        list(process.ask("engine.export.verify", {"run_id": "x", "folder": "x", "questions": 1}, stage="verify"))
    with pytest.raises(process.ChildFailed, match="no_such_module"):
        list(process.ask("engine.export.no_such_module", {}, stage="verify"))


def test_a_take_away_is_packed_for_the_browser_in_a_folder_of_its_name(finish, tmp_path):
    run = finish()
    list(make.export(run, "script", run.exports / "script", replace=True))
    packed = make.zipped(run.exports / "script", tmp_path / "kurabe-script.zip")
    with zipfile.ZipFile(packed) as archive:
        assert {f"kurabe-script/{name}" for name in files(run.exports / "script")} == set(archive.namelist())
    make.drop(run, "script")
    assert make.made(run, "script") is None and not (run.exports / "script").exists()


def test_a_showcase_gives_its_papers_and_makes_no_model(finish, monkeypatch, tmp_path):
    run = finish()
    monkeypatch.setenv("KURABE_SHOWCASE", "1")
    with pytest.raises(UserError, match="showcase"):
        list(make.export(run, "adapter", tmp_path / "adapter"))
    with pytest.raises(UserError, match="showcase"):
        make.drop(run, "adapter")
    list(make.export(run, "card", tmp_path / "card"))
    assert [path.name for path in tmp_path.iterdir()] == ["card"]

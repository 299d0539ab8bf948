import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from engine import rundir, terminal
from engine.__main__ import app
from tests.engine.runs import end, in_this_process, tiny_spec, wait_for, without_end

ROOT = Path(__file__).resolve().parents[2]


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


@pytest.fixture
def spec_file(tmp_path, tiny_model):
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(tiny_spec(tmp_path, tiny_model).model_dump(mode="json")))
    return path


def training(run) -> bool:
    """Whether the run's worker has begun to train."""
    return run.status().get("stage") == "train" and run.status().get("step", 0) > 1


@pytest.mark.parametrize(
    ("kind", "member"),
    [("methods", "lora"), ("presets", "company_faq"), ("metrics", "token_f1"), ("formats", "question_answer")],
)
def test_every_registry_is_listed_and_is_one_json_document(command, kind, member):
    code, listed, _ = command(kind)
    assert code == 0 and member in listed
    code, document, said = command(kind, "--json")
    assert code == 0 and said == ""
    assert member in [entry["name"] for entry in json.loads(document)[kind]]


def test_methods_tell_their_settings_with_bounds(command):
    lora = next(m for m in json.loads(command("methods", "--json")[1])["methods"] if m["name"] == "lora")
    assert lora["settings"]["rank"]["minimum"] == 1 and lora["settings"]["rank"]["description"]


def test_run_prints_table_and_sentences_and_is_found_again(command, spec_file):
    code, shown, said = command("run", spec_file, "--set", "settings.epochs=1", "--set", "title=Boxes")
    assert code == 0, said
    assert "Boxes" in shown and "New wordings" in shown and "95 % interval" in shown
    assert "Trainable parameters" in shown and "Time by stage" in shown
    assert "Training" in said and "Comparing" in said
    [run] = rundir.all_runs()
    assert run.spec().settings["epochs"] == 1
    code, listed, _ = command("list", "--json")
    assert [entry["run"] for entry in json.loads(listed)["runs"]] == [run.id]
    assert json.loads(listed)["runs"][0]["verdict"] == run.comparison()["verdict"]["word"]
    assert command("show", run.id)[1] == command("show", "last")[1] == shown
    found = json.loads(command("show", run.id, "--json")[1])
    assert found["state"] == "done" and found["comparison"] == run.comparison()
    code, answer, _ = command("ask", run.id, "What is the code of box 3?", "--max-new-tokens", "4", "--json")
    assert code == 0 and {"prompt", "base", "tuned"} <= set(json.loads(answer))
    assert command("ask", run.id, "  ")[0] == 2
    assert "nothing to stop" in command("stop", run.id)[1]
    code, _, said = command("resume", run.id)
    assert code == 2 and "is done" in said


def test_detached_run_can_be_stopped_and_resumed_to_the_end(command, spec_file):
    code, printed, _ = command("run", spec_file, "--detach", "--set", "settings.epochs=40")
    run = rundir.open_run(printed.strip())
    assert code == 0
    wait_for(lambda: training(run))
    assert "stops at its next step" in command("stop", "last")[1]
    assert end(run) == "stopped"
    code, document, said = command("resume", run.id, "--json")
    found = json.loads(document)
    assert code == 0 and found["state"] == "done" and found["status"]["attempt"] == 2
    assert found["comparison"]["changes"] and "Training" in said


def heed_control_c() -> None:
    """As in a terminal. What runs in the background, as these tests may, ignores it, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_control_c_stops_the_run_keeps_a_checkpoint_and_exits_130(spec_file, tmp_path, tiny_model):
    with without_end(tmp_path, tiny_model) as spec:
        spec_file.write_text(yaml.safe_dump(spec.model_dump(mode="json")))
        arguments = [sys.executable, "-m", "engine", "run", str(spec_file)]
        process = subprocess.Popen(
            arguments,
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
            preexec_fn=heed_control_c,
        )
        wait_for(lambda: any(training(run) for run in rundir.all_runs()))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=900)
    [run] = rundir.all_runs()
    assert process.returncode == 130, said
    assert f"resume {run.id}" in said and "Traceback" not in said
    assert rundir.state(run) == "stopped" and list(run.checkpoints.glob("step-*/manifest.json"))


def test_failed_run_exits_3_and_names_stage_and_log(command, spec_file, monkeypatch):
    create = rundir.create

    def spoilt(spec):
        run = create(spec)
        (run.path / "eval").write_text("a file where the answers' folder should be")
        return run

    monkeypatch.setattr(rundir, "create", spoilt)
    with in_this_process():
        code, _, said = command("run", spec_file)
    [run] = rundir.all_runs()
    assert code == 3 and "Base answers" in said and str(run.file("log")) in said


def test_data_that_cannot_be_trained_on_exits_2_with_the_reason(command, spec_file, tmp_path):
    (tmp_path / "train.jsonl").write_text('{"question": "a", "answer": ""}\n')
    code, _, said = command("run", spec_file)
    assert code == 2 and "train.jsonl" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "no_such_use_case"], "company_faq"),
        (["run", "company_faq", "--set", "method=lorra"], "Did you mean 'lora'"),
        (["run", "company_faq", "--set", "settings.epochs=-1"], "settings.epochs"),
        (["run", "company_faq", "--set", "nonsense"], "field=value"),
        (["show", "../../etc"], "not a run's id"),
        (["show", "20260101-000000-abcdef"], "There is no run"),
        (["show", "last"], "not a run's id"),
        (["inspect", "no_such_file.csv"], "no_such_file.csv"),
        (["inspect", "x.csv", "--columns", "prompt"], "FIELD=COLUMN"),
    ],
)
def test_wrong_input_exits_2_with_a_message_and_leaves_nothing(command, arguments, expected):
    code, shown, said = command(*arguments)
    assert code == 2 and expected in said and shown == ""
    assert rundir.all_runs() == []


def test_inspect_gives_an_account_of_every_row(command, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("Frage,Antwort\nWann?,Um neun\nWo?,\n")
    code, shown, said = command("inspect", path)
    assert code == 2 and "--columns" in said and "Frage" in shown
    code, shown, said = command("inspect", path, "--columns", "question=Frage,answer=Antwort")
    assert code == 0 and "1 usable" in shown and "1 dropped" in shown and "Row 2" in shown
    assert "Tokens are not counted" in said
    code, document, _ = command("inspect", path, "--columns", "question=Frage,answer=Antwort", "--json")
    account = json.loads(document)
    assert (account["rows"], account["accepted"], account["dropped"]) == (2, 1, 1)


def test_inspect_counts_the_tokens_of_a_named_model(command, tmp_path, tiny_model):
    path = tmp_path / "rows.csv"
    path.write_text("question,answer\nWhen?,At nine\n")
    counted = json.loads(command("inspect", path, "--model", tiny_model, "--json")[1])["tokens"]
    assert counted["rows"] == 1 and counted["longest"] > counted["answer"] > 2


def test_text_of_a_model_cannot_steer_the_terminal(capsys):
    terminal.show_answers(*[{"text": "a\x1b]0;owned\x07[red]b", "tokens": 3, "seconds": 0.5}] * 2)
    shown = capsys.readouterr().out
    assert "a]0;owned[red]b" in shown and "\x1b" not in shown and "\x07" not in shown


def test_progress_says_stage_step_loss_and_time_left(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    status = {"state": "running", "stage": "train", "step": 5, "of": 17, "loss": 1.2345, "eta_seconds": 65}
    line = terminal.progress_line(status)
    assert all(part in line for part in ("Training", "5/17", "1.234", "1 min 05 s"))
    assert terminal.progress_line({"state": "queued", "queue": 2}).startswith("Waiting")


def test_command_line_speaks_the_language_of_the_locale(command, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert "まだ学習はありません" in command("list")[2]


def test_command_line_is_up_within_seconds():
    process = subprocess.Popen([sys.executable, "-m", "engine", "--help"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process.stdout:
        shown = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0 and "inspect" in shown
    assert used.ru_utime + used.ru_stime < 10  # of a processor: other work beside it does not count

"""The kept results of use cases: docs/results.md drawn from them, and the command that makes both."""

import json

import pytest

from benchmarks.results import __main__ as command
from benchmarks.results import document, record
from engine import atomic, launch, results, rundir, specs
from tests.engine.comparisons import correct, example, general, reworded, unanswerable, wrong
from tests.engine.runs import in_this_process
from tests.engine.use_cases import finished, write_use_case


@pytest.fixture
def project(tmp_path, tiny_model, monkeypatch):
    """A project of its own with one use case, "box"."""
    monkeypatch.setattr(specs, "PRESETS", tmp_path / "presets")
    monkeypatch.setattr(document, "FILE", tmp_path / "docs" / "results.md")
    monkeypatch.setattr(document, "REAL", tmp_path / "real")
    write_use_case("box", tiny_model)
    return tmp_path


def keep(name="box", examples=None, before=wrong, after=correct):
    found = record.of_run(finished(examples or [*reworded(), *unanswerable(9), *general(9)], before, after))
    record.write(results.file(name), found | {"key": results.preset_key(name)})


def test_a_use_case_without_a_result_has_a_row_that_says_so(project):
    assert "| `box` |  | not measured yet |" in document.draw()


def test_a_row_tells_before_after_the_interval_and_the_cost(project):
    keep()
    (row,) = (line for line in document.draw().splitlines() if line.startswith("| [`box`]"))
    for part in ("▲ better", "0 %, –, **100 %**", "+100 points (", "40 / 0", "0 → 9 of 9", "18.0", "2.50 GB"):
        assert part in row
    assert row.count("|") == len(document.COLUMNS) + 1 and "stale" not in row


def test_worse_is_written_plainly(project):
    keep(before=correct, after=wrong)
    assert "▼ worse" in document.draw() and "**▼ worse.** On new wordings" in document.draw()


def test_a_result_of_few_items_is_called_an_illustration(project):
    keep(examples=reworded(9))
    assert "better (few items: an illustration)" in document.draw()


def test_a_stale_result_is_called_stale(project):
    keep()
    rows = specs.PRESETS / "box" / "train.jsonl"
    rows.write_text(rows.read_text() + '{"question": "More?", "answer": "More.", "group": "g"}\n')
    assert "better (stale)" in document.draw() and "**Stale**" in document.draw()


def test_what_a_model_says_stays_text(project):
    hostile = "<script>alert(1)</script> | **bold** `code` [link](x) $1 and $2"
    keep(examples=[example("reworded", f"Q{i}?", f"{hostile} {i}", group=f"{i}") for i in range(9)])
    text = document.draw()
    assert "<script>" not in text and "\\<script\\>" in text and "\\| \\*\\*bold\\*\\*" in text and "\\$1" in text


def test_an_answer_of_several_lines_keeps_its_lines(project):
    code = "def f():\n    return ```1```"
    keep(examples=[example("reworded", f"Q{i}?", f"{code} # {i}", group=f"{i}") for i in range(9)])
    assert "> ````text\n> def f():\n>     return ```1``` # " in document.draw()


def test_drawn_twice_it_has_the_same_bytes(project):
    keep()
    document.write()
    first = document.FILE.read_bytes()
    document.write()
    assert document.FILE.read_bytes() == first


def test_the_document_of_this_project_is_what_its_results_say_now():
    drawn = document.draw()
    written = document.FILE.read_text(encoding="utf-8") if document.FILE.exists() else ""
    assert written == drawn, "docs/results.md is not up to date: python -m benchmarks.results --render"


def test_no_kept_result_is_of_other_data_or_settings_than_its_use_case_has_now():
    stale = [name for name in specs.all_presets() if (results.of(name) or {}).get("stale")]
    assert stale == [], f"measure again: python -m benchmarks.results {' '.join(stale)}"


def test_a_use_case_is_measured_once_and_its_result_kept(project, capsys):
    with in_this_process():
        assert command.main(["box"]) == 0
    found = results.of("box")
    assert not found["stale"] and found["primary"]["n"] == 8 and found["seconds"]["train"] > 0
    assert found["example"]["reference"].startswith("It is ") and found["primary"]["prompted"] is not None
    assert "[`box`](#box)" in document.FILE.read_text()
    assert str(project) not in results.file("box").read_text()

    assert command.main(["box"]) == 0
    assert "stands already" in capsys.readouterr().out and len(rundir.all_runs()) == 1

    (run,) = rundir.all_runs()  # as if it had been started from the page
    results.file("box").unlink()
    assert command.main(["--from", run.id, "box"]) == 0 and results.of("box") == found

    rows = specs.PRESETS / "box" / "reworded.jsonl"
    rows.write_text(rows.read_text().replace("box 1", "box 9"))
    assert command.main(["--from", run.id, "box"]) == 2
    assert "other settings or data" in capsys.readouterr().err and results.of("box")["stale"]


def test_one_that_fails_says_why_and_the_others_go_on(project, tiny_model, capsys, monkeypatch):
    write_use_case("a_broken_one", tiny_model)
    (specs.PRESETS / "a_broken_one" / "train.jsonl").write_text('{"question": "a?", "answer": ""}\n' * 9)
    started = launch.start
    done = finished(reworded(), wrong, correct)
    monkeypatch.setattr(launch, "start", lambda spec: done if spec.use_case == "box" else started(spec))
    assert command.main([]) == 3
    said = capsys.readouterr()
    assert "a_broken_one: FAILED. " in said.err and "train.jsonl" in said.err and "box: ▲ better" in said.out
    assert results.of("box") and not results.of("a_broken_one")


def test_a_run_that_ends_badly_leaves_the_kept_result_as_it_was(project, monkeypatch, capsys):
    keep()
    before = results.of("box")
    run = finished(reworded(), correct, wrong)
    atomic.write_json(run.file("status"), {"state": "failed", "error": {"message": "No memory."}, "seconds": {}})
    monkeypatch.setattr(launch, "start", lambda spec: run)
    assert command.main(["box", "--redo"]) == 3
    assert "No memory." in capsys.readouterr().err and results.of("box") == before


def test_a_stop_by_hand_stops_the_run_and_draws_what_is_kept(project, monkeypatch):
    keep()
    run, stopped = finished(reworded(), wrong, correct), []
    followed = iter([KeyboardInterrupt()])

    def follow(run):
        if (interruption := next(followed, None)) is not None:
            raise interruption
        return iter(())

    monkeypatch.setattr(launch, "start", lambda spec: run)
    monkeypatch.setattr(launch, "follow", follow)
    monkeypatch.setattr(launch, "stop", stopped.append)
    assert command.main(["box", "--redo"]) == 130 and stopped == [run]
    assert "▲ better" in document.FILE.read_text()


def test_a_run_that_was_stopped_on_its_way_goes_on(project, monkeypatch):
    run = rundir.create(launch.check(specs.resolve_spec("box")))
    atomic.write_json(run.file("status"), {"state": "stopped", "seconds": {}})
    done, resumed = finished(reworded(), wrong, correct), []
    monkeypatch.setattr(launch, "resume", lambda run: resumed.append(run) or done)
    monkeypatch.setattr(launch, "start", lambda spec: pytest.fail("begun anew"))
    assert command.main(["box"]) == 0 and resumed == [run]


def test_with_a_changed_setting_the_result_is_not_kept_as_that_of_the_use_case(project, kurabe_home, monkeypatch):
    monkeypatch.setattr(launch, "start", lambda spec: finished(reworded(), wrong, correct, seed=spec.seed))
    assert command.main(["box", "--set", "seed=7"]) == 0
    assert results.of("box") is None
    assert json.loads((kurabe_home / "results" / "box.json").read_text())["seed"] == 7


def test_a_name_that_is_none_is_refused_with_the_names_there_are(project, capsys):
    assert command.main(["bix"]) == 2
    assert "bix" in capsys.readouterr().err


def test_render_measures_nothing(project, monkeypatch):
    monkeypatch.setattr(launch, "start", lambda spec: pytest.fail("started"))
    assert command.main(["--render"]) == 0 and "not measured yet" in document.FILE.read_text()


def test_real_data_is_kept_beside_its_rows_and_has_a_table_of_its_own(project, monkeypatch):
    monkeypatch.setattr(command, "write_spec", lambda name, data, tiny: specs.PRESETS / "box" / "preset.yaml")
    monkeypatch.setattr(launch, "start", lambda spec: finished(reworded(), wrong, correct, title="Real questions"))
    assert command.main(["medquad", "--real", str(project)]) == 0
    assert document.real_file("medquad").is_file() and results.of("box") is None
    assert "### Real questions (`medquad`)" in document.FILE.read_text()

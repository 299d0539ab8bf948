"""Reading what is kept of a use case: which run it stands for, and when it does not stand any more."""

import json
import shutil

import pytest

from engine import results, specs
from tests.engine.use_cases import write_use_case


@pytest.fixture
def presets(tmp_path, tiny_model, monkeypatch):
    """A folder of use cases with one, "box", in it."""
    monkeypatch.setattr(specs, "PRESETS", tmp_path / "presets")
    write_use_case("box", tiny_model)
    return tmp_path / "presets"


def keep(name):
    results.file(name).write_text(json.dumps({"key": results.preset_key(name), "verdict": "worse"}))


def change(path, **values):
    """Change the run in a use case's file."""
    found = json.loads(path.read_text())
    path.write_text(json.dumps(found | {"run": found["run"] | values}))


def test_a_use_case_that_was_not_measured_has_no_result(presets):
    assert results.of("box") is None


@pytest.mark.parametrize("name", ["nothing", "", "../box", "box/../box", "Box\0"])
def test_a_name_of_no_use_case_has_no_result_and_no_file(name, presets):
    assert results.of(name) is None and results.file(name) is None


def test_a_result_stands_as_long_as_settings_and_data_are_the_same(presets):
    keep("box")
    assert results.of("box") == {"key": results.preset_key("box"), "verdict": "worse", "stale": False}


def test_a_result_is_stale_once_a_row_or_a_setting_is_another_and_stands_again_when_it_is_back(presets):
    keep("box")
    rows = presets / "box" / "train.jsonl"
    before = rows.read_text()
    rows.write_text(before.replace("box 1", "box 9"))
    assert results.of("box")["stale"]
    rows.write_text(before)
    assert not results.of("box")["stale"]
    change(presets / "box" / "preset.yaml", seed=1)
    assert results.of("box")["stale"]


def test_a_result_whose_data_is_gone_is_stale(presets):
    keep("box")
    (presets / "box" / "reworded.jsonl").unlink()
    assert results.of("box")["stale"]


def test_what_a_run_is_called_where_it_lies_and_defaults_written_out_change_nothing(presets, tmp_path):
    before = results.preset_key("box")
    change(presets / "box" / "preset.yaml", title="Another title", settings={"epochs": 2, "batch_size": 4, "rank": 16})
    assert results.preset_key("box") == before
    moved = shutil.copytree(presets / "box", tmp_path / "elsewhere")
    assert results.key(specs.resolve_spec(moved / "preset.yaml")) == before


def test_how_a_rule_is_told_changes_nothing_but_what_it_checks_does(presets):
    def with_rule(**rule):
        change(presets / "box" / "preset.yaml", rules=[{"name": "short", "most": 9} | rule])
        return results.preset_key("box")

    said = with_rule(says={"en": "Short.", "ja": "短く。"})
    assert with_rule() == said != with_rule(most=8)


def test_files_are_read_again_only_where_one_has_changed(presets, monkeypatch):
    keep("box")
    results.of("box")
    monkeypatch.setattr(specs, "resolve_spec", lambda *args, **options: pytest.fail("read again"))
    assert not results.of("box")["stale"]

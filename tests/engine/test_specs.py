"""A run spec from a name, a file or a dictionary: paths found, changes applied, mistakes said in words."""

import json
from pathlib import Path

import pytest
import yaml

from engine.data.files import file_sha256
from engine.data.shipped import INSTRUCTIONS
from engine.schema import RunSpec, Source, UserError
from engine.specs import all_presets, resolve_spec, with_change

SPEC = {"data": {"train": {"path": "rows.jsonl"}}, "metrics": ["token_f1"]}


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "rows.jsonl").write_text('{"question": "a", "answer": "b"}\n', encoding="utf-8")
    return tmp_path


def save(folder: Path, values: dict | str, name: str = "spec.yaml") -> Path:
    text = (
        values if isinstance(values, str) else yaml.safe_dump(values) if name.endswith("yaml") else json.dumps(values)
    )
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def refused(source, **options) -> str:
    with pytest.raises(UserError) as raised:
        resolve_spec(source, **options)
    return str(raised.value)


def test_a_use_case_is_found_by_its_name_with_absolute_pinned_paths():
    spec = resolve_spec("company_faq")
    assert spec.use_case == "company_faq"
    for source in [spec.data.train, *spec.data.suites.values()]:
        assert Path(source.path).is_absolute() and source.sha256 == file_sha256(source.path)


def test_every_use_case_resolves():
    presets = all_presets()
    assert "company_faq" in presets
    for name, preset in presets.items():
        assert Path(preset.run.data.train.path).is_file() and resolve_spec(name).title == preset.run.title


@pytest.mark.parametrize("name", ["spec.yaml", "spec.json"])
def test_a_files_paths_are_taken_from_its_folder(folder, monkeypatch, name):
    path = save(folder, SPEC, name)
    monkeypatch.chdir("/")
    assert resolve_spec(path).data.train.path == str(folder / "rows.jsonl")


def test_a_dictionary_and_a_saved_spec_give_the_same_run(folder):
    spec = resolve_spec(SPEC, base_dir=folder)
    path = folder / "saved.json"
    path.write_text(spec.model_dump_json(indent=2), encoding="utf-8")
    assert resolve_spec(path) == spec and isinstance(spec, RunSpec)


def test_a_model_folder_is_taken_from_the_files_folder_and_a_name_is_left_alone(folder):
    assert resolve_spec({**SPEC, "model": "./tiny"}, base_dir=folder).model == str(folder / "tiny")
    assert resolve_spec({**SPEC, "model": "org/name"}, base_dir=folder).model == "org/name"


def test_changes_are_applied_in_order_and_read_as_yaml(folder):
    changes = [
        "settings.rank=4",
        "settings.rank=8",
        "settings.learning_rate=1e-4",
        "title=You are: kind",
        "metrics=[chrf]",
    ]
    spec = resolve_spec(SPEC, base_dir=folder, overrides=[*changes, "data.test_share=0.3"])
    assert spec.settings == {"rank": 8, "learning_rate": 1e-4} and spec.title == "You are: kind"
    assert (
        spec.metrics == ("chrf",) and spec.data.test_share == 0.3 and spec.data.train.path == str(folder / "rows.jsonl")
    )


def test_a_changed_path_is_meant_from_the_current_folder(folder, tmp_path_factory, monkeypatch):
    here = tmp_path_factory.mktemp("here")
    (here / "mine.jsonl").write_text('{"question": "a", "answer": "b"}\n', encoding="utf-8")
    monkeypatch.chdir(here)
    spec = resolve_spec(save(folder, SPEC), overrides=["data.train.path=mine.jsonl"])
    assert spec.data.train.path == str(here / "mine.jsonl")


def test_changes_do_not_touch_the_given_dictionary():
    values = {"settings": {"rank": 8}}
    assert with_change(values, "settings.rank=16") == {"settings": {"rank": 16}} and values == {"settings": {"rank": 8}}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("settings.epochs=0", "settings.epochs is 0: input should be greater than or equal to 1"),
        ("settings.epochs=-1", "settings.epochs is -1: input should be greater than or equal to 1"),
        ("settings.epochs=1e308", "settings.epochs is 1e+308"),
        ("settings.epochs=null", "settings.epochs is None: input should be a valid integer"),
        ("settings.epochs=.nan", "settings.epochs is nan; give a finite number"),
        ("settings.epochs=[]", "settings.epochs must be a plain value, not list"),
        ("settings.learning_rate=0", "settings.learning_rate is 0: input should be greater than 0"),
        ("settings.epoch=1", "settings.epoch: there is no such field. Did you mean 'epochs'?"),
        ("data.test_share=2.5", "data.test_share is 2.5: input should be less than or equal to 0.9"),
        ("data.test_share=.inf", "data.test_share is inf: input should be a finite number"),
        ("data.trian=1", "data.trian: there is no such field. Did you mean 'train'?"),
        ("seed=-1", "seed is -1: input should be greater than or equal to 0"),
        ("method=lore", "method: there is no 'lore'. Did you mean 'lora'?"),
        ("metrics=[f1]", "metrics: there is no 'f1'."),
        ("primary.metric=token_f2", "primary.metric: there is no 'token_f2'. Did you mean 'token_f1'?"),
        ("primary.suite=trained", "Choose a held-out suite"),
        ("data.train.format=xml", "format: there is no 'xml'"),
        ("data.train.path=none.csv", "There is no file none.csv"),
        ("data.train.sha256=abc", "rows.jsonl has changed since this run was described"),
        ("data.suites={../x: {path: rows.jsonl}}", "cannot name a test suite"),
        ("title.x=1", "'title' holds a value and has no fields inside"),
        ("seed", "'seed' is no change to the spec"),
        ("=1", "'=1' is no change to the spec"),
    ],
)
def test_a_wrong_value_is_named_with_its_field_and_bounds(folder, monkeypatch, change, says):
    monkeypatch.chdir(folder)
    assert says in refused({**SPEC, "title": "t"}, base_dir=folder, overrides=[change])


def test_every_wrong_field_is_named_at_once(folder):
    said = refused({"seed": -1, "model": "", "data": {"train": {}}}, base_dir=folder)
    assert "seed is -1" in said and "model is ''" in said and "data.train.path is missing" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "spec.yaml is empty"),
        ("- a\n- b\n", "holds no fields"),
        ("hello", "holds no fields"),
        ("data:\n  train: [\n", "line 3: this is not valid YAML"),
        ("seed: 1\nseed: 2\n", "line 2: this is not valid YAML ('seed' stands twice)"),
        ("a: &a [x, x]\nb: [*a, *a]\n", "line 2: this is not valid YAML (aliases are not used here)"),
        ("!!python/object/apply:os.system ['true']", "this is not valid YAML"),
        ("title: !!python/name:os.system\ndata: {}\n", "this is not valid YAML"),
        ("[" * 100_000, "cannot be read"),
        ("title: 2026-13-45\n", "cannot be read"),
        ("title: " + "x" * 2_000_000, "spec.yaml is larger than 1 MB"),
    ],
)
def test_a_spec_file_that_cannot_be_read_is_refused_with_its_place(folder, text, says):
    assert says in refused(save(folder, text))


def test_json_with_escapes_beyond_yaml_is_read(folder):
    path = save(folder, '{\t"title": "\\ud83d\\ude00", "data": {"train": {"path": "rows.jsonl"}}}', "spec.json")
    assert resolve_spec(path).title == "😀"


def test_a_name_that_is_neither_a_use_case_nor_a_file_lists_the_use_cases():
    assert f"The use cases are: {', '.join(all_presets())}." in refused("company_fag")
    assert "There is no file nowhere.yaml" in refused("nowhere.yaml")
    assert "neither a use case nor a file" in refused("../../etc/x")


def test_a_preset_with_a_wrong_field_is_refused(folder):
    said = refused(save(folder, {"name": "Bad Name", "run": SPEC}))
    assert "name is 'Bad Name'" in said and "title is missing" in said


def test_instructions_of_the_project_are_mixed_in_where_a_method_wants_some_and_none_are_named(folder):
    wants = {**SPEC, "method": "instruction"}
    assert resolve_spec(wants, base_dir=folder).data.mix == Source(
        path=str(INSTRUCTIONS), sha256=file_sha256(INSTRUCTIONS)
    )
    own = {**wants, "data": {**SPEC["data"], "mix": {"path": "rows.jsonl"}}}
    assert resolve_spec(own, base_dir=folder).data.mix.path == str(folder / "rows.jsonl")
    assert resolve_spec(wants, base_dir=folder, overrides=["settings.general_share=0"]).data.mix is None
    assert resolve_spec(SPEC, base_dir=folder).data.mix is None

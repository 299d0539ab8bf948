"""Standard benchmarks of a run, asked by lm-evaluation-harness itself; where it is not installed, how that is said."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine import atomic, harness, rundir
from engine.__main__ import app
from engine.rundir import Run
from engine.schema import UserError
from tests.engine.runs import tiny_spec
from tests.test_house import ROOT, ever_loaded, sources

PIQA = ROOT.parent / "shared" / "data" / "piqa" / "valid.jsonl"
PIQA_TASK = """
task: piqa_local
dataset_path: json
dataset_kwargs: {data_files: {validation: %s}}
output_type: multiple_choice
validation_split: validation
doc_to_text: "Question: {{goal}}\\nAnswer:"
doc_to_target: label
doc_to_choice: "{{[sol1, sol2]}}"
"""
BOXES = """
task: boxes
dataset_path: json
dataset_kwargs: {data_files: {test: rows/boxes.jsonl}}
output_type: generate_until
test_split: test
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
process_results: !function scoring.scored
generation_kwargs: {until: ["\\n"], max_gen_toks: 4}
metric_list: [{metric: answered, aggregation: mean, higher_is_better: true}]
"""


def silent(arm: str, done: int, of: int) -> None:
    pass


@pytest.fixture
def run(tmp_path, tiny_model) -> Run:
    """A run that has trained all weights and learnt nothing: its model is base itself."""
    made = rundir.create(tiny_spec(tmp_path, tiny_model, method="full"))
    shutil.copytree(tiny_model, made.model)
    atomic.write_json(made.file("training"), {})
    return made


@pytest.fixture
def installed():
    return pytest.importorskip("lm_eval", reason=f"needs {harness.PACKAGE}")


def learn_something(run: Run) -> None:
    """Change the run's model so that it answers otherwise than base."""
    import torch
    from safetensors.torch import load_file, save_file

    file = run.model / "model.safetensors"
    generator = torch.Generator().manual_seed(1)
    weights = {k: v + 0.5 * torch.randn(v.shape, generator=generator) for k, v in load_file(file).items()}
    save_file(weights, file, metadata={"format": "pt"})


def boxes(folder: Path) -> Path:
    """A folder with one task of ours: its rows, its own scoring, and a template that is no task."""
    (folder / "rows").mkdir(parents=True)
    rows = [{"question": f"What is in box {at}?", "answer": "It"} for at in range(5)]
    (folder / "rows" / "boxes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "scoring.py").write_text("def scored(doc, results):\n    return {'answered': bool(results[0])}\n")
    (folder / "boxes.yaml").write_text(BOXES)
    (folder / "_template.yaml").write_text("num_fewshot: 0\n")
    return folder


def test_without_the_harness_one_line_says_how_to_install_it(run, monkeypatch):
    monkeypatch.setattr(harness, "find_spec", lambda name: None)
    result = CliRunner().invoke(app, ["benchmark", run.id, "--tasks", "kurabe_general"])
    assert result.exit_code == 2 and f"-m pip install {harness.PACKAGE}" in result.stderr
    assert not run.file("harness").exists()


def test_the_extra_is_the_version_that_the_message_names():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert extras["benchmarks"] == [harness.PACKAGE]


def test_a_run_without_a_model_is_refused(run, monkeypatch):
    monkeypatch.setattr(harness, "find_spec", lambda name: True)
    run.file("training").unlink()
    with pytest.raises(UserError, match="has no trained model yet"):
        harness.benchmark(run, ["kurabe_general"], progress=silent)


def test_a_benchmark_that_fails_is_said_with_exit_code_3(run, monkeypatch):
    def fails(*args, **options):
        raise RuntimeError("no room left for logits.")

    monkeypatch.setattr(harness, "benchmark", fails)
    result = CliRunner().invoke(app, ["benchmark", run.id, "--tasks", "kurabe_general"])
    assert result.exit_code == 3 and "no room left for logits. Nothing was written." in result.stderr


def test_the_page_can_show_benchmarks_and_never_run_one():
    loaded = set().union(*(ever_loaded(path) for path in sources("ui", "app.py")))
    assert "engine.harness_table" in loaded
    assert not loaded & {"engine.harness", "engine.harness_tasks", "lm_eval"}


def test_base_against_itself_is_exactly_the_same(installed, run):
    heard = []
    found = harness.benchmark(run, ["kurabe_general"], few_shot=1, progress=lambda *told: heard.append(told))
    assert [(change["suite"], change["metric"], change["n"]) for change in found["changes"]] == [
        *(("kurabe_general", "acc", 40), ("kurabe_general", "acc_norm", 40))
    ]
    for change in found["changes"]:
        assert (change["difference"], change["low"], change["high"], change["wins"]) == (0.0, 0.0, 0.0, 0)
        assert change["verdict"] == "cannot_tell"
    assert found["tasks"] == {"kurabe_general": {"items": 40, "few_shot": 1}}
    assert atomic.read_json(run.file("harness")) == found
    assert heard[-1] == ("tuned", 160, 160) and ("base", 80, 160) in heard


def test_the_scores_are_those_that_the_harness_gives_for_the_same_models(installed, run, tiny_model):
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    from engine import harness_tasks

    learn_something(run)
    found = harness.benchmark(run, ["kurabe_general"], limit=20, progress=silent)
    tasks = harness_tasks.load(["kurabe_general"])
    for arm, folder in (("before", tiny_model), ("after", run.model)):
        model = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=1)
        manager = TaskManager(include_defaults=False)
        alone = installed.simple_evaluate(
            model=model, tasks=list(tasks.values()), limit=20, bootstrap_iters=0, task_manager=manager
        )["results"]["kurabe_general"]
        for change in found["changes"]:
            assert change[arm] == pytest.approx(alone[f"{change['metric']},none"])
    assert any(change["wins"] + change["losses"] for change in found["changes"])


def test_a_folder_of_ones_own_tasks_with_scoring_of_its_own(installed, run, tmp_path):
    found = harness.benchmark(run, [str(boxes(tmp_path / "tasks"))], progress=silent)
    assert [(change["suite"], change["metric"], change["n"]) for change in found["changes"]] == [
        ("boxes", "answered", 5)
    ]
    assert found["changes"][0]["illustrative"]


def test_interrupted_it_leaves_what_was_there_before(installed, run):
    atomic.write_json(run.file("harness"), {"former": True})
    before = sorted(path.name for path in run.file("harness").parent.iterdir())

    def stop(arm, done, of):
        if arm == "tuned" and done > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        harness.benchmark(run, ["kurabe_general"], limit=5, progress=stop)
    assert atomic.read_json(run.file("harness")) == {"former": True}
    assert sorted(path.name for path in run.file("harness").parent.iterdir()) == before


def test_the_verb_prints_a_table_or_one_json_document_and_show_tells_it_again(installed, run, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    learn_something(run)
    arguments = ["benchmark", run.id, "--tasks", "kurabe_general", "--limit", "8"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    assert "acc_norm" in result.stdout and "95 % interval" in result.stdout
    assert "Only the first 8 items of each task were asked." in result.stdout
    assert "Benchmarks, Tuned  32/32" in result.stderr and "harness.json" in result.stderr
    document = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert document["benchmarks"]["tasks"] == {"kurabe_general": {"items": 8, "few_shot": 0}}
    shown = json.loads(CliRunner().invoke(app, ["show", run.id, "--json"]).stdout)
    assert shown["benchmarks"] == document["benchmarks"]


def test_what_is_wrong_with_a_task_is_said_with_exit_code_2(installed, run, tmp_path):
    def refused(*tasks):
        result = CliRunner().invoke(app, ["benchmark", run.id, *(word for task in tasks for word in ("--tasks", task))])
        assert result.exit_code == 2 and not run.file("harness").exists()
        return result.stderr

    folder = boxes(tmp_path / "tasks")
    assert "there is no task file or folder" in refused("./nowhere.yaml")
    assert "holds no task file" in refused(str(tmp_path / "tasks" / "rows"))
    assert "'kurabe_general' is asked for twice" in refused("kurabe_general,kurabe_general")
    (folder / "rows" / "boxes.jsonl").unlink()
    assert "boxes.yaml cannot be used (FileNotFoundError" in refused(str(folder))
    (folder / "scoring.py").unlink()
    assert "boxes.yaml cannot be used (ImportError" in refused(str(folder / "boxes.yaml"))


@pytest.mark.slow  # the harness reads thousands of task files to know its own names
def test_a_task_that_needs_a_hub_is_named_where_there_is_none(installed):
    from engine import harness_tasks

    with pytest.raises(UserError, match="the items of 'piqa' at 'baber/piqa' cannot be had .* kurabe_general"):
        harness_tasks.load(["piqa"])
    with pytest.raises(UserError, match="knows no task 'pica'. Did you mean .*piqa"):
        harness_tasks.load(["pica"])


def test_real_items_from_outside_the_project(installed, run, tmp_path):
    if not PIQA.exists():
        pytest.skip("the data set is not here")
    learn_something(run)
    task = tmp_path / "piqa.yaml"
    task.write_text(PIQA_TASK % PIQA)
    found = harness.benchmark(run, [str(task)], limit=40, progress=silent)
    assert [change["n"] for change in found["changes"]] == [40] * len(found["changes"]) and found["changes"]
    assert "acc" in {change["metric"] for change in found["changes"]}

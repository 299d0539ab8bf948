"""Metrics of Hugging Face's evaluate library: named, pinned, loaded offline, per item; and off for the page."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from engine import evaluate_metric, evaluate_name, evaluation, figures, registry, specs, verdict
from engine.compare import compare
from engine.schema import Output, Primary, UserError
from tests.engine.comparisons import correct, reworded, run_with, unanswerable, wrong
from tests.engine.runs import tiny_spec

MODULE = """
import datasets
import evaluate


class {kind}(evaluate.Metric):
    def _info(self):
        features = datasets.Features({{"predictions": datasets.Value("string"), "references": {references}}})
        return evaluate.MetricInfo(description="", citation="", inputs_description="", features=features)

    def _compute(self, predictions, references{options}):
        {body}
"""
TEXT, TEXTS = 'datasets.Value("string")', 'datasets.Sequence(datasets.Value("string"))'
LONGEST = "        return {'longest': max(len(word) for word in predictions[0].split()), 'words': 1}"


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """No hub, as HF_EVALUATE_OFFLINE=1 has it; the variable itself is read when evaluate is first imported."""
    import evaluate

    monkeypatch.setattr(evaluate.config, "HF_EVALUATE_OFFLINE", True)
    monkeypatch.delenv(evaluate_name.ALLOW, raising=False)


@pytest.fixture
def module(tmp_path):
    """Writes an evaluate module. Returns its name for a run."""

    def write(name, body, *, references=TEXT, options=""):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        kind = name.title().replace("_", "")
        code = MODULE.format(kind=kind, references=references, options=options, body=body.strip())
        (folder / f"{name}.py").write_text(code)
        return f"evaluate:{folder}"

    return write


def score(name, text, reference="It takes 3 days."):
    return registry.metrics()[name].score(Output(text), replace(reworded(1)[0], completion=reference))


def test_a_users_metric_scores_each_item_from_a_folder(module):
    name = module("same_length", "return {'same_length': float(len(predictions[0]) == len(references[0]))}")
    assert score(name, "It takes 9 days.") == 1.0 and score(name, "No.") == 0.0
    assert name not in registry.metrics() and registry.metrics()[name].title == "same_length (evaluate)"
    assert figures.metric_title(name, "ja") == "same_length (evaluate)"


def test_it_takes_no_part_where_texts_are_not_compared(module):
    name = module("shout", "return {'shout': 1.0}")
    assert registry.metrics()[name].score(Output("x"), unanswerable(1)[0]) is None


def test_modules_with_several_references_options_and_a_key(module):
    body = "return {'low': float(scale), 'high': [len(references[0])]}"
    name = module("several", body, references=TEXTS, options=", scale=1")
    assert score(f"{name}?key=high", "x") == 1.0
    assert score(f"{name}?key=low&scale=3", "x") == 3.0
    with pytest.raises(UserError, match="no result 'several'; there are low, high. Choose one with"):
        evaluate_metric.expect_usable(name)


def test_direction_minimum_and_unit_are_the_users():
    metric = registry.metrics()["evaluate:wer?better=lower&minimum=0.5&unit=points&key=wer"]
    assert (metric.better, metric.minimum, metric.unit, metric.title) == ("lower", 0.5, "points", "wer wer (evaluate)")


def test_an_empty_answer_gets_the_score_the_user_gave_it(module):
    name = module("longest", LONGEST)
    assert score(f"{name}?key=longest&empty=0", " ") == 0.0
    with pytest.raises(evaluate_metric.MetricFailed, match="ValueError"):
        score(f"{name}?key=longest", "")


@pytest.mark.parametrize("value", ["float('nan')", "float('inf')", "'high'"])
def test_what_is_no_number_is_no_score(module, value):
    name = module(f"odd_{len(value)}", f"return {{'odd_{len(value)}': {value}}}")
    with pytest.raises(evaluate_metric.MetricFailed):
        score(name, "x")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("evaluate:", "neither a folder"),
        ("evaluate:a b", "neither a folder"),
        ("evaluate:../../etc/passwd/x/y z", "cannot be a module's name"),
        ("evaluate:./<b>x", "cannot be a module's name"),
        ("evaluate:./x?key=<b>", "cannot be a key"),
        ("evaluate:./x?unit=<b>", "cannot be a unit"),
        ("evaluate:./x?better=best", "none of higher, lower, neither"),
        ("evaluate:./x?minimum=nan", "not a finite number"),
        ("evaluate:./x?minimum", "cannot be read"),
        ("evaluate:./" + "x" * 2000, "at most 1000"),
        ("evaluate:./x\0y", "no NUL"),
    ],
)
def test_a_name_that_is_none_is_refused_with_what_to_write(name, says):
    with pytest.raises(UserError, match=says):
        evaluate_name.parse(name)


def test_a_module_that_cannot_be_loaded_says_what_and_how(module, tmp_path):
    with pytest.raises(UserError, match="nowhere.py cannot be read .No such file.*Give the folder NAME"):
        evaluate_name.pinned(f"evaluate:{tmp_path}/nowhere")
    with pytest.raises(UserError, match="'broken' cannot be loaded|broken' cannot be loaded .SyntaxError"):
        evaluate_metric.expect_usable(module("broken", "return ("))
    with pytest.raises(UserError, match="'accuracy' cannot be loaded.*Where no hub can be reached"):
        evaluate_metric.expect_usable("evaluate:accuracy")
    with pytest.raises(UserError, match="cannot compare two texts .*unexpected keyword argument 'beter'"):
        evaluate_metric.expect_usable(module("fine", "return {'fine': 1.0}") + "?beter=lower")


def test_a_hub_id_never_means_a_folder_that_happens_to_lie_here(module, tmp_path, monkeypatch):
    module("local_thing", "return {'local_thing': 1.0}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="Write ./local_thing if that is meant"):
        evaluate_metric.expect_usable("evaluate:local_thing")


def test_a_run_holds_the_module_it_was_made_with(module, tmp_path, tiny_model):
    name = module("mine", "return {'mine': 1.0}")
    spec = tiny_spec(tmp_path, tiny_model, metrics=("token_f1", "evaluate:./mine?better=lower"))
    found = specs.resolve_spec(spec.model_dump(mode="json"), base_dir=tmp_path)
    pinned = found.metrics[1]
    assert pinned.startswith(f"{name}?better=lower&sha256=") and specs.check(found) == found
    module("mine", "return {'mine': 0.0}")
    with pytest.raises(UserError, match="changed since this run was made"):
        specs.check(found)
    with pytest.raises(UserError, match="changed since this run was made"):
        score(pinned, "x")


def test_a_deciding_metric_of_the_library_must_be_measured(module, tmp_path, tiny_model):
    spec = tiny_spec(
        tmp_path, tiny_model, primary=Primary(metric=module("mine", "return {'mine': 1.0}"), suite="general")
    )
    with pytest.raises(UserError, match="must stand in metrics too"):
        specs.check(spec)


@pytest.mark.parametrize("value", ["0", "", "no"])
def test_the_page_runs_no_code_unless_it_was_started_so(module, tmp_path, tiny_model, monkeypatch, value):
    proof = tmp_path / "it ran"
    name = module("sneaky", f"open({str(proof)!r}, 'w')\n        return {{'sneaky': 1.0}}")
    spec = tiny_spec(tmp_path, tiny_model, metrics=(name,))
    monkeypatch.setenv(evaluate_name.ALLOW, value)
    with pytest.raises(UserError, match="the page does not run any. Start it with KURABE_ALLOW_EVALUATE=1"):
        specs.check(spec)
    with pytest.raises(UserError, match="does not run any"):  # nor does a worker that the page started
        score(name, "x")
    assert not proof.exists()
    monkeypatch.setenv(evaluate_name.ALLOW, "1")
    assert score(specs.check(spec).metrics[0], "x") == 1.0 and proof.exists()


def rows(examples, said, arm, *names):
    outputs = [Output(said(at, item)) for at, item in enumerate(examples)]
    return evaluation.score(outputs, examples, arm=arm, metrics=("token_f1", *names))


def test_it_gets_the_same_statistics_and_shows_without_running_code(module, monkeypatch):
    name = module("shares_end", "return {'shares_end': float(predictions[0][-7:] == references[0][-7:])}")
    examples = reworded(40)
    arms = [rows(examples, said, arm, name) for said, arm in ((wrong, "base"), (correct, "tuned"))]
    primary = Primary(metric=name, suite="reworded")
    run = run_with(examples, *arms, metrics=("token_f1", name), primary=primary)
    monkeypatch.setenv(evaluate_name.ALLOW, "0")
    found = compare(run)
    change = found["changes"][0]
    assert (change["metric"], change["verdict"], change["wins"], change["n"]) == (name, "better", 40, 40)
    assert verdict.table(found)[0]["metric"] == "shares_end (evaluate)"
    assert "shares_end (evaluate): 0 % before, 100 % after" in " ".join(s["text"] for s in verdict.sentences(found))


def test_one_that_fails_on_an_answer_is_left_out_whole_and_said_to_be(module, capfd):
    name = module("longest", LONGEST) + "?key=longest&unit=letters"
    examples = reworded(40)
    silent = lambda at, item: "" if at == 7 else item.completion  # noqa: E731
    arms = [rows(examples, said, arm, name) for said, arm in ((wrong, "base"), (silent, "tuned"))]
    assert "item" in capfd.readouterr().err and name in arms[0][0].scores and name not in arms[1][0].scores
    found = compare(run_with(examples, *arms, metrics=("token_f1", name)))
    assert {"what": name, "why": "failed"} in found["not_measured"]
    assert name not in {change["metric"] for change in found["changes"]}
    assert [c["n"] for c in found["changes"] if c["metric"] == "token_f1"] == [40]


def test_one_that_scores_an_item_in_one_arm_only_is_left_out_whole(module):
    name = module("shy", "return {'shy': None if len(predictions[0]) > 20 else 1.0}")
    examples = reworded(10)
    arms = [rows(examples, said, arm, name) for said, arm in ((wrong, "base"), (correct, "tuned"))]
    assert {"what": name, "why": "failed"} in compare(run_with(examples, *arms, metrics=("token_f1", name)))[
        "not_measured"
    ]


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (Path(__file__).parents[2] / "evaluate_modules").iterdir() if path.is_dir())
)
def test_our_overlap_metrics_are_modules_that_give_the_same_scores(name):
    import evaluate

    examples = reworded(4)
    said = ["It takes 2 days.", "It takes 99 days in Paris.", "no idea", ""]
    module = evaluate.load(f"./evaluate_modules/{name}")
    found = module.compute(predictions=said, references=[item.completion for item in examples])
    ours = registry.metrics()[name]
    expected = [ours.score(Output(text), item) for text, item in zip(said, examples, strict=True)]
    assert found["items"] == pytest.approx(expected) and len(set(expected)) > 1
    assert math.isclose(found[name], sum(expected) / 4)
    assert score(f"evaluate:./evaluate_modules/{name}", said[1]) == ours.score(Output(said[1]), examples[1])


def test_key_facts_as_a_module_does_not_count_what_was_asked():
    import evaluate

    module = evaluate.load("./evaluate_modules/key_facts")
    both = {"predictions": ["It is $5 for 3 days."], "references": ["It is $5 for 3 days."]}
    assert module.compute(**both)["key_facts"] == 1.0
    asked = module.compute(**both, prompts=["Is it $5 for 3 days?"])
    assert asked["key_facts"] is None and asked["items"] == [None]


def test_a_metric_that_cannot_be_used_is_said_before_any_model_is_loaded(module, tmp_path, tiny_model):
    spec = tiny_spec(tmp_path, tiny_model, metrics=("token_f1", module("broken", "return (")))

    def load():
        raise AssertionError("a model was loaded first")

    with pytest.raises(UserError, match="broken' cannot be loaded"):
        evaluation.base_answers(load, reworded(2), fingerprint="x", spec=spec, progress=lambda *counts: None)

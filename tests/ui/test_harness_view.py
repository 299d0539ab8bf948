"""Standard benchmarks on the page: a table where they were measured, else how to measure them."""

import pytest

from engine.compare import compare
from engine.harness_scores import compared, task_scores
from engine.text import LANGUAGES, text
from tests.engine.comparisons import answers, correct, reworded, run_with, wrong
from tests.engine.harness_samples import sample
from ui import change_view, harness_view


def measured(task="quiz", wins=25):
    arms = [
        task_scores(
            [sample(at, acc=float(at < right)) for at in range(40)], higher_is_better={"acc": True}, averaged={}
        )
        for right in (10, 10 + wins)
    ]
    how = {"harness": "0.4.13", "seed": 0, "limit": None, "chat": False}
    return compared(*({task: arm} for arm in arms), seed=0) | how


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_task_and_metric_is_a_row_with_its_verdict(lang):
    shown = harness_view.section(measured(), lang)
    assert shown.count("k-verdict-cell") == 1 and "quiz" in shown and "25/15/0" in shown
    assert f"▲ {text('verdict.better.word', lang)}" in shown and 'class="k-v-better"' in shown
    assert text("benchmark.title", lang) in shown and text("benchmark.plain", lang) in shown


def test_nothing_stands_where_nothing_was_measured():
    assert harness_view.section(None, "en") == ""


def test_a_tasks_name_is_only_text():
    assert "<script>" not in harness_view.section(measured("<script>alert(1)</script>"), "en")


def test_a_result_holds_the_benchmarks_or_tells_how_to_measure_them():
    examples = reworded(12)
    run = run_with(examples, answers(examples, wrong, arm="base"), answers(examples, correct, arm="tuned"))
    found = compare(run) | {"run": run.id}
    how_to = f"python -m engine benchmark {run.id} --tasks"
    assert how_to in change_view.change_table(found, "en")
    with_them = change_view.change_table(found | {"benchmarks": measured()}, "en")
    assert how_to not in with_them and "quiz" in with_them and text("benchmark.title", "en") in with_them

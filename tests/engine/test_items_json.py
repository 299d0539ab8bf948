"""The items as JSON: every arm's answer with its scores, and the hashes of the files they come from."""

import hashlib
import json

import pytest

from engine import atomic, compare
from engine.items_json import answers, items_json
from tests.engine.comparisons import answers as answered
from tests.engine.comparisons import correct, general, reworded, run_with, wrong


@pytest.fixture
def run():
    tests = reworded(6) + general(3)
    run = run_with(tests, answered(tests, wrong, arm="base"), answered(tests, correct, arm="tuned"))
    atomic.write_lines(run.file("nearest"), answered(tests[:6], wrong, arm="nearest"))
    atomic.write_lines(run.file("earlier"), answered(tests, wrong, arm="the-first-model"))
    atomic.write_json(run.file("comparison"), compare.compare(run))
    return run


def test_every_item_has_each_arms_answer_with_its_scores(run):
    document = json.loads(items_json(run))
    assert document["arms"] == ["the-first-model", "base", "nearest", "tuned"] and len(document["items"]) == 9
    first = next(item for item in document["items"] if item["suite"] == "reworded")
    assert first["prompt"] == [{"role": "user", "content": first["question"]}] and first["outcome"] == "fixed"
    assert first["answers"]["tuned"]["text"] == first["reference"]
    assert first["answers"]["tuned"]["scores"]["key_facts"] == 1 > first["answers"]["base"]["scores"]["key_facts"]
    general = next(item for item in document["items"] if item["suite"] == "general")
    assert set(general["answers"]) == {"the-first-model", "base", "tuned"}, "the nearest answer was not looked for"


def test_its_hashes_are_those_of_the_runs_files(run):
    found = json.loads(items_json(run))["sha256"]
    assert set(found) >= {"spec.json", "comparison.json", "data/test.jsonl", "eval/base.jsonl", "eval/tuned.jsonl"}
    assert "training.json" not in found
    for name, told in found.items():
        assert hashlib.sha256((run.path / name).read_bytes()).hexdigest() == told


def test_a_run_without_a_result_has_no_items():
    run = run_with([], [], [])
    assert answers(run) == {}
    with pytest.raises(ValueError, match="no comparison"):
        items_json(run)

"""What is exported is what was measured: by every method, loaded afresh, the same answers and the same logits."""

import json

import pytest

from engine import models
from engine.export import make, merge, verify
from engine.sources import check

silent = lambda *done: None  # noqa: E731
BIG = {"learning_rate": 2e-2, "epochs": 3}  # so that base and tuned are far apart


@pytest.mark.parametrize("method", ["lora", "qlora", "ia3", "prompt_tuning", "adapter"])
def test_an_exported_adapter_answers_as_the_run_did(method, finish, tmp_path):
    run = finish(method, BIG)
    list(make.kind_named("adapter").write(run, tmp_path, "en"))
    found = verify.verify(silent, run_id=run.id, folder=str(tmp_path), questions=0)
    assert found["asked"] == found["of"] == found["identical"] == 9
    assert found["answers_passed"] and found["logits_passed"], found
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "tiny"  # no path of this machine
    assert (tmp_path / "bottleneck_adapter.py").exists() == (method == "adapter")


@pytest.mark.parametrize("method", ["lora", "qlora", "ia3", "full"])
def test_a_merged_model_answers_as_the_run_did_and_needs_nothing_of_ours(method, finish, tmp_path):
    run = finish(method, BIG if method != "full" else {"learning_rate": 1e-3})
    merge.write(silent, run_id=run.id, folder=str(tmp_path))
    found = verify.verify(silent, run_id=run.id, folder=str(tmp_path), questions=0)
    assert found["identical"] == found["asked"] == 9, found["different"]
    assert found["answers_passed"] and found["logits_passed"], found
    check(str(tmp_path))  # asks for no code of its own
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["dtype"] == "float32" and "quantization_config" not in config
    assert models.load_tokenizer(str(tmp_path)).chat_template


def test_another_run_s_model_does_not_pass(finish, tmp_path):
    run, other = finish("lora", BIG), finish("lora", {"learning_rate": 1e-5})
    merge.write(silent, run_id=other.id, folder=str(tmp_path))
    found = verify.verify(silent, run_id=run.id, folder=str(tmp_path), questions=0)
    assert not found["logits_passed"] and found["max_logit_difference"] > 10 * found["allowed"]
    assert found["identical"] < found["asked"] and found["different"][0]["expected"] != found["different"][0]["got"]


def test_the_questions_asked_again_are_spread_over_the_whole_test(finish):
    run = finish()
    every, of = verify.spread(run, 0)
    some, _ = verify.spread(run, 3)
    assert len(every) == of == 9 and [every.index(pair) for pair in some] == [0, 3, 6]
    assert verify.spread(run, 100)[0] == every

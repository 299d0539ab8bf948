"""A run may start from another run's model, and its result shows every stage."""

import json

import pytest
import torch

from engine import atomic, chain, figures, launch, models, rundir, verdict
from engine.registry import metrics
from engine.schema import Source, UserError
from engine.training.train import probe_logits
from tests.engine.runs import finished, tiny_spec


@pytest.fixture
def first(tmp_path, tiny_model):
    return finished(tiny_spec(tmp_path, tiny_model, settings={"epochs": 4, "batch_size": 4, "learning_rate": 0.02}))


def test_a_run_starts_where_another_ended_and_compares_every_stage(first, tmp_path, tiny_model):
    second = finished(tiny_spec(tmp_path, tiny_model, model=chain.name(first), seed=3))
    found = second.comparison()
    assert [stage["model"] for stage in found["chain"]] == [str(tiny_model)]
    before = {(row["suite"], row["metric"]): row["before"] for row in found["changes"]}
    ended = {(row["suite"], row["metric"]): row["after"] for row in first.comparison()["changes"]}
    assert before["reworded", "token_f1"] == pytest.approx(ended["reworded", "token_f1"])
    assert before["reworded", "answer_loss"] == pytest.approx(ended["reworded", "answer_loss"], abs=1e-4)
    stage = {(row["suite"], row["metric"]): row for row in found["chain"][0]["changes"]}
    began = {(row["suite"], row["metric"]): row["before"] for row in first.comparison()["changes"]}
    assert stage["reworded", "answer_loss"]["before"] == pytest.approx(began["reworded", "answer_loss"])
    assert found["base_proof"]["equal"]
    header, rows = verdict.stages(found)
    assert header[2:5] == ["Base model", "After LoRA", "After LoRA"]
    shown = next(row for row in rows if row[0] == "Word overlap (token F1)" and row[1] == "New wordings")
    assert shown[3] == figures.score(ended["reworded", "token_f1"], metrics()["token_f1"])


def test_the_model_of_a_run_is_its_base_with_the_adapter_folded_in(first, tiny_model):
    tuned = models.load(str(tiny_model), adapter=first.model)
    assert torch.allclose(probe_logits(models.load(chain.name(first))), probe_logits(tuned), atol=1e-4)


def test_full_fine_tuning_is_gone_on_from_without_a_copy(tmp_path, tiny_model):
    run = finished(tiny_spec(tmp_path, tiny_model, method="full", settings={"epochs": 1}))
    assert torch.equal(probe_logits(models.load(chain.name(run))), probe_logits(models.load(str(run.model))))
    assert not run.whole.exists()


def test_an_adapter_that_stays_beside_the_weights_is_refused_with_a_reason(tmp_path, tiny_model):
    run = finished(tiny_spec(tmp_path, tiny_model, method="adapter", settings={"epochs": 1}))
    with pytest.raises(UserError, match="cannot be folded"):
        launch.start(tiny_spec(tmp_path, tiny_model, model=chain.name(run)))


@pytest.mark.parametrize("model", ["run:", "run:../../etc", "run:20260101-000000-abcdef"])
def test_a_run_that_is_not_there_cannot_be_gone_on_from(model, tmp_path, tiny_model):
    with pytest.raises(UserError, match="run"):
        launch.start(tiny_spec(tmp_path, tiny_model, model=model))


def test_a_run_without_a_trained_model_cannot_be_gone_on_from(tmp_path, tiny_model):
    unfinished = rundir.create(tiny_spec(tmp_path, tiny_model))
    with pytest.raises(UserError, match="no trained model yet"):
        launch.start(tiny_spec(tmp_path, tiny_model, model=chain.name(unfinished)))


def test_continued_pretraining_of_long_documents_lowers_their_perplexity(tmp_path, tiny_model):
    sentences = [f"The lamp of tower {at} is lit at dusk and goes out at dawn. " for at in range(40)]
    texts = {"train": [" ".join(sentences[at::8]) for at in range(8)], "documents": ["".join(sentences[:4])]}
    for name, rows in texts.items():
        lines = (json.dumps({"text": words, "group": str(at)}) + "\n" for at, words in enumerate(rows))
        (tmp_path / f"{name}.jsonl").write_text("".join(lines))
    spec = tiny_spec(tmp_path / "..", tiny_model)
    values = spec.model_dump() | {
        "method": "continued_pretraining",
        "settings": {"epochs": 6, "learning_rate": 0.01},
        "metrics": ["perplexity"],
        "primary": {"metric": "perplexity", "suite": "documents", "minimum": 0.1},
        "data": {
            "train": Source(path=str(tmp_path / "train.jsonl")).model_dump(),
            "suites": {"documents": {"path": str(tmp_path / "documents.jsonl")}},
            "max_length": 64,
        },
    }
    run = finished(type(spec).model_validate(values))
    change = run.comparison()["changes"][0]
    assert change["metric"] == "perplexity" and change["after"] < 0.9 * change["before"]
    report = atomic.read_json(run.file("report"))
    assert report["tokens"]["train"]["longest"] <= 64 and "divided" in {issue["code"] for issue in report["issues"]}

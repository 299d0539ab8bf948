"""What a preview shows of a row: the very tokens of each kind of row, told apart; and what a forecast times."""

import pytest
from transformers import AutoTokenizer

from engine import models
from engine.forecast import _evaluate_seconds, _segments
from engine.schema import DataSpec, Example, Message, RunSpec, Source

ASKED = (Message("user", "Is it open?"),)


@pytest.fixture(scope="module")
def tokenizer(tiny_model):
    return AutoTokenizer.from_pretrained(tiny_model)


def shown(tokenizer, system="", **values):
    return _segments(tokenizer, Example(id="1", **values), system)


def parts(sample, kind):
    return "".join(segment["text"] for segment in sample["segments"] if segment["kind"] == kind)


def test_a_completion_shows_prompt_and_answer(tokenizer):
    sample = shown(tokenizer, "Be kind.", prompt=ASKED, completion="Yes.")
    assert sample["kind"] == "completion" and parts(sample, "prompt") == "Is it open?"
    assert parts(sample, "answer").startswith("Yes.") and "Be kind." in parts(sample, "template")


def test_a_pair_shows_both_answers(tokenizer):
    sample = shown(tokenizer, prompt=ASKED, completion="Yes.", rejected="No idea, go away.")
    assert sample["kind"] == "pairs" and parts(sample, "answer").startswith("Yes.")
    assert sample["rejected"].startswith("No idea, go away.") and sample["rejected_tokens"] > sample["answer_tokens"]


@pytest.mark.parametrize("label", [True, False])
def test_a_labelled_answer_shows_its_label(tokenizer, label):
    assert shown(tokenizer, prompt=ASKED, completion="Yes.", label=label)["label"] is label


def test_a_prompt_alone_shows_no_answer(tokenizer):
    sample = shown(tokenizer, prompt=ASKED, completion="")
    assert sample["kind"] == "prompts" and "answer_tokens" not in sample and parts(sample, "answer") == ""


def test_a_text_is_shown_as_it_is_and_learnt_whole(tokenizer):
    sample = shown(tokenizer, "Be kind.", prompt=(), completion="The tower stands on the point.")
    assert sample["kind"] == "text" and "The tower stands on the point." in parts(sample, "answer")
    assert "Be kind." not in parts(sample, "template") and sample["prompt_tokens"] == 1


def test_plain_texts_in_a_test_are_not_asked_and_stop_no_forecast(tiny_model):
    spec = RunSpec(data=DataSpec(train=Source(path="train.jsonl")))  # without a system prompt
    text, question = Example("t", (), "It rained."), Example("q", ASKED, "Yes.")
    loaded = models.load(str(tiny_model))
    for tests in ([text, question], [text]):
        assert _evaluate_seconds(loaded, tests, spec) > 0

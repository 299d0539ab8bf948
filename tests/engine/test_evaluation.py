"""One path for every arm: the same prompts, decoding and metrics; base is computed once."""

import pytest

from engine import evaluation, models
from engine.schema import DataSpec, Decoding, Example, Message, RunSpec, Source, example_id
from engine.training.batches import Row
from engine.training.loss import row_losses

SPEC = RunSpec(
    data=DataSpec(train=Source(path="x")),
    system="You help.",
    metrics=("token_f1", "choice_accuracy", "answer_loss"),
    decoding=Decoding(max_new_tokens=6, batch_size=3),
)


def example(question, answer, choices=(), suite="reworded"):
    prompt = (Message("user", question),)
    return Example(example_id(prompt, answer, suite), prompt, answer, suite=suite, choices=choices)


EXAMPLES = [
    example("How much is it?", "It is $5."),
    example("Is water wet?", "Yes.", ("No.", "Perhaps not."), "general"),
    example("When are you open?", "From 9:00 to 17:30 every day."),
]


def quiet(*progress):
    pass


@pytest.fixture
def loaded(tiny_model):
    return models.load(str(tiny_model))


def test_each_item_has_an_answer_a_likelihood_and_its_scores(loaded):
    rows = evaluation.evaluate(loaded, EXAMPLES, arm="base", spec=SPEC, progress=quiet)
    assert [row.example_id for row in rows] == [each.id for each in EXAMPLES]
    assert len(rows[1].output.choice_losses) == 3 and rows[0].output.choice_losses == ()
    assert rows[1].output.answer_loss == rows[1].output.choice_losses[0]
    assert rows[1].output.answer_tokens == rows[1].output.choice_tokens[0]
    assert all(row.output.answer_tokens for row in rows)
    assert rows[1].scores["choice_accuracy"] in (0.0, 1.0)
    assert all(row.output.answer_loss > 0 for row in rows)


def test_the_likelihood_of_an_answer_is_that_of_the_plain_model(loaded):
    import torch

    rows = [Row((5, 6, 7, 8, 9), 2), Row((5, 6, 7, 11, 12, 13), 3)]
    found = row_losses(loaded.core, rows)
    loaded.core.set_attn_implementation("sdpa")
    for row, loss in zip(rows, found, strict=True):
        labels = torch.tensor([[-100] * row.start + list(row.tokens[row.start :])])
        plain = loaded.core(input_ids=torch.tensor([row.tokens]), labels=labels).loss.item()
        assert loss == pytest.approx(plain, abs=1e-5)


def test_base_is_asked_once_and_its_kept_answers_are_the_same(loaded):
    asked = []

    def load():
        asked.append(1)
        return loaded

    first = evaluation.base_answers(load, EXAMPLES, fingerprint="f", spec=SPEC, progress=quiet)
    again = evaluation.base_answers(load, EXAMPLES, fingerprint="f", spec=SPEC, progress=quiet)
    assert again == first and len(asked) == 1


@pytest.mark.parametrize("change", ["model", "system", "limit", "item"])
def test_base_is_asked_again_when_anything_that_matters_changed(loaded, change):
    def ask(fingerprint="f", spec=SPEC, examples=EXAMPLES):
        calls = []
        evaluation.base_answers(
            lambda: calls.append(1) or loaded, examples, fingerprint=fingerprint, spec=spec, progress=quiet
        )
        return calls

    ask()
    assert ask(
        fingerprint="g" if change == "model" else "f",
        spec={
            "system": SPEC.model_copy(update={"system": "Other."}),
            "limit": SPEC.model_copy(update={"decoding": Decoding(max_new_tokens=5)}),
        }.get(change, SPEC),
        examples=EXAMPLES[:2] if change == "item" else EXAMPLES,
    ) == [1]


def test_a_stop_during_the_answers_ends_the_work(loaded):
    from engine.schema import Stopped

    def stop(*progress):
        raise Stopped

    with pytest.raises(Stopped):
        evaluation.evaluate(loaded, EXAMPLES, arm="base", spec=SPEC, progress=stop)

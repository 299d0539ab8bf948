"""An evaluation that is interrupted anywhere goes on with the rest and ends in what an uninterrupted one gives."""

from dataclasses import replace

import pytest

from engine import answering, evaluation, models
from engine.decoding import generate
from engine.metrics._refusal import CANONICAL
from engine.models import prompt_tokens
from engine.schema import DataSpec, Decoding, Example, Message, Output, RunSpec, Source, Stopped, example_id
from engine.training.batches import Row
from tests.engine.runs import sharpened

SPEC = RunSpec(
    data=DataSpec(train=Source(path="x")),
    system="You help.",
    metrics=("token_f1", "declining", "choice_accuracy"),
    decoding=Decoding(max_new_tokens=12, batch_size=4),
)


def example(question, answer, suite="reworded", **fields):
    prompt = (Message("user", question),)
    return Example(example_id(prompt, answer, suite), prompt, answer, suite=suite, **fields)


EXAMPLES = [
    *(example(f"What is the code of box {at}{'!' * at}?", f"It is {at + 100}.") for at in range(7)),
    *(example(f"Who sings in hall {at}?", "I do not know.", "unanswerable", answerable=False) for at in range(3)),
    example("Is water wet?", "Yes.", "general", choices=("No.", "Perhaps not.")),
    Example("text", (), "A plain text."),
]


@pytest.fixture
def loaded(tiny_model):
    return sharpened(tiny_model)


@pytest.fixture
def whole(loaded):
    return [without_seconds(row) for row in asked(loaded)]


def asked(loaded, *, progress=lambda *told: None, partial=None, fingerprint="f", spec=SPEC, examples=EXAMPLES):
    return evaluation.evaluate(
        loaded, examples, arm="tuned", spec=spec, progress=progress, partial=partial, fingerprint=fingerprint
    )


def without_seconds(row):
    return replace(row, output=replace(row.output, seconds=0.0))


def interrupt(loaded, partial, *, what, done, **fields):
    """Ask, and stop as soon as `done` items of `what` are done; the steps it took."""
    told = []

    def progress(now, of, note):
        told.append((now, note))
        if note == what and now >= done:
            raise Stopped

    with pytest.raises(Stopped):
        asked(loaded, progress=progress, partial=partial, **fields)
    return told


@pytest.mark.parametrize(("what", "done"), [("answers", 1), ("answers", 5), ("answers", 10), ("likelihood", 1)])
def test_a_stopped_evaluation_goes_on_and_gives_what_one_never_stopped_gives(loaded, whole, tmp_path, what, done):
    partial = tmp_path / "tuned.jsonl"
    interrupt(loaded, partial, what=what, done=done)
    assert [without_seconds(row) for row in asked(loaded, partial=partial)] == whole


def test_an_answer_that_ended_is_kept_before_the_others_of_its_batch_have_ended(loaded, tmp_path, monkeypatch):
    everything = SPEC.model_copy(update={"decoding": Decoding(max_new_tokens=12, batch_size=64)})
    prompts = [prompt_tokens(loaded.tokenizer, item.prompt, SPEC.system) for item in EXAMPLES if item.prompt]
    said = generate(loaded, prompts[:1], max_new_tokens=12, batch_size=1)[0].tokens
    monkeypatch.setattr(models.Loaded, "stop_tokens", [said[3]])  # pretend that this token ends an answer
    partial = tmp_path / "tuned.jsonl"
    interrupt(loaded, partial, what="answers", done=1, spec=everything)
    held = partial.read_text().count('"said"')
    assert 0 < held < len(prompts)
    before = {}

    def progress(now, of, note):
        before.setdefault(note, now)

    rows = asked(loaded, progress=progress, partial=partial, spec=everything)
    assert before["answers"] >= held
    assert [row.output.text for row in rows] == [row.output.text for row in asked(loaded, spec=everything)]


def test_what_was_answered_is_not_asked_again(loaded, tmp_path, monkeypatch):
    partial = tmp_path / "tuned.jsonl"
    rows = asked(loaded, partial=partial)
    monkeypatch.setattr(answering, "row_losses", None)
    monkeypatch.setattr("engine.decoding.stream", None)
    assert asked(loaded, partial=partial) == rows  # the seconds, too


@pytest.mark.parametrize("change", ["model", "limit", "item", "answerable", "metrics"])
def test_what_was_kept_is_passed_over_where_anything_that_matters_changed(loaded, tmp_path, change):
    partial = tmp_path / "tuned.jsonl"
    asked(loaded, partial=partial)
    told = []
    changed = {
        "model": {"fingerprint": "g"},
        "limit": {"spec": SPEC.model_copy(update={"decoding": Decoding(max_new_tokens=5)})},
        "item": {"examples": EXAMPLES[1:]},
        "answerable": {"examples": [replace(item, answerable=True) for item in EXAMPLES]},
        "metrics": {"spec": SPEC.model_copy(update={"metrics": ("token_f1",)})},
    }[change]
    rows = asked(loaded, partial=partial, progress=lambda *each: told.append(each), **changed)
    assert told and told[0][0] < 5
    assert [without_seconds(row) for row in rows] == [without_seconds(row) for row in asked(loaded, **changed)]


def test_a_refusal_s_likelihood_is_that_of_its_words_and_is_taken_for_questions_of_the_task_alone(loaded):
    outputs = [row.output for row in asked(loaded)]
    taken = [output.refusal_loss is not None for output in outputs]
    assert taken == [True] * 10 + [False, False]
    alone = replace(EXAMPLES[0], completion=CANONICAL["en"])
    (plain,) = asked(loaded, examples=[alone])
    assert outputs[0].refusal_loss == pytest.approx(plain.output.answer_loss, abs=1e-5)
    assert plain.output.refusal_loss is None  # nothing to tell apart
    assert len(outputs[10].choice_losses) == 3 and outputs[0].choice_losses == ()


def test_an_answer_kept_by_an_older_version_has_no_refusal_loss():
    assert Output.from_dict({"text": "x", "tokens": 1}).refusal_loss is None


def test_what_every_item_begins_with_counts_for_none_and_a_prompt_once():
    """Else a prompt with examples would be computed anew for every item or two."""
    examples = tuple(range(100, 420))
    items = [[Row((*examples, at, 7, answer, 2), 322) for answer in (5, 6)] for at in (1, 2)]
    assert answering._sizes(items) == [40, 40]  # 648 tokens that attention sees, of which 2 + 2 x 2 are computed
    assert answering._sizes([[Row((1, 2, 3, 4), 3), Row((1, 2, 3, 5, 6), 3)], [Row((1, 9, 3), 2)]]) == [5, 2]
    assert answering._sizes([]) == []

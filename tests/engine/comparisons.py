"""Runs with answers made up for the tests: what the models would have left behind, without a model."""

from engine import atomic, registry, rundir
from engine.rundir import Run
from engine.schema import DataSpec, EvalRow, Example, Message, Output, Primary, RunSpec, Source, example_id

METRICS = (  # those of a question-answering use case
    *("key_facts", "token_f1", "rouge_l", "chrf", "exact_match", "declining", "choice_accuracy"),
    *("answer_loss", "length_ratio", "repetition"),
)
REFUSAL = "I'm sorry, I don't have that information."


def example(suite, question, completion, **fields):
    prompt = (Message("user", question),)
    return Example(example_id(prompt, completion, suite), prompt, completion, suite=suite, **fields)


def reworded(n=40, **fields):
    return [
        example("reworded", f"Question {i}?", f"It takes {i + 2} days.", group=f"fact {i}", **fields) for i in range(n)
    ]


def unanswerable(n=36):
    return [example("unanswerable", f"Odd question {i}?", REFUSAL, answerable=False) for i in range(n)]


def general(n=40):
    return [example("general", f"Capital {i}?", f"City {i}", choices=("Wrong town", "Other town")) for i in range(n)]


def answers(examples, said, *, arm, right=lambda i: True, loss=1.0):
    """One row per item: `said(i, example)` is its answer, `right(i)` whether it prefers the right choice."""
    rows, seen = [], {}
    for item in examples:
        i = seen[item.suite] = seen.get(item.suite, -1) + 1
        text = said(i, item)
        output = Output(
            text,
            tokens=max(1, len(text.split())),
            seconds=0.5,
            truncated=text.endswith("..."),
            answer_loss=loss + i / 100,
            choice_losses=((1.0, 2.0, 3.0) if right(i) else (3.0, 1.0, 2.0)) if item.choices else (),
            refusal_loss=None if item.choices else 2 + i % 7,
        )
        scores = {name: registry.metrics()[name].score(output, item) for name in METRICS}
        rows.append(EvalRow(arm, item.suite, item.id, output, scores))
    return rows


def correct(i, item):
    return item.completion


def wrong(i, item):
    return "It takes 99 minutes in Paris."


def run_with(examples, base, tuned, *, report=None, training=None, **spec) -> Run:
    """A run directory whose arms have answered. `base` and `tuned` are lists of rows."""
    spec.setdefault("primary", Primary(metric="key_facts", suite="reworded", minimum=0.05))
    run = rundir.create(RunSpec(data=DataSpec(train=Source(path="train.jsonl")), use_case="company_faq", **spec))
    atomic.write_lines(run.examples_file("test"), examples)
    atomic.write_lines(run.file("base"), base)
    atomic.write_lines(run.file("tuned"), tuned)
    if training is not None:
        atomic.write_json(run.file("training"), training)
    if report is not None:
        atomic.write_json(run.file("report"), report)
    return run

"""Several sources in one run: each read by its own shape, accounted for by itself, and weighed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.prepare import prepare
from engine.data.several import Part, weighted
from engine.rundir import create
from engine.schema import Example, Message, UserError
from engine.specs import resolve_spec


@pytest.fixture
def spec(write, as_jsonl, tmp_path):
    """A spec of two files: 40 questions with one empty row and one that the other file has too, and 20 instructions."""
    asked = [{"question": f"How much is box {n}?", "answer": f"It is {n} euros."} for n in range(38)]
    told = [{"instruction": f"Name the colour of bag {n}.", "output": f"Bag {n} is blue."} for n in range(19)]
    write("a.jsonl", as_jsonl([*asked, {"question": "x", "answer": ""}, {"question": "Same?", "answer": "Same."}]))
    write("b.jsonl", as_jsonl([{"instruction": "Same?", "output": "Same."}, *told]))

    def spec(weight=1.0, **data):
        more = [{"source": {"path": "b.jsonl"}, "weight": weight}]
        values = {"data": {"train": {"path": "a.jsonl"}, "more": more, "validation_share": 0, "test_share": 0, **data}}
        return resolve_spec(values | {"primary": {"suite": "own"}}, base_dir=tmp_path)

    write("own.jsonl", as_jsonl([{"question": "How much is a box?", "answer": "A euro."}]))
    return lambda weight=1.0: spec(weight, suites={"own": {"path": str(tmp_path / "own.jsonl")}})


def prepared(spec):
    run = create(spec)
    return prepare(spec, run), run.examples("train")


def test_each_source_is_read_by_its_own_shape_and_accounted_for(spec):
    report, train = prepared(spec())
    first, second = report["sources"]
    assert (first["file"], first["format"], first["rows"], first["accepted"], first["dropped"]) == (
        *("a.jsonl", "question_answer", 40),
        *(39, 1),
    )
    assert (second["file"], second["format"], second["rows"], second["accepted"], second["dropped"]) == (
        *("b.jsonl", "alpaca", 20),
        *(19, 1),  # its first row says what a row of the other file says
    )
    assert report["rows"] == 60 and report["accepted"] == 58 == len(train) and report["file"] == "a.jsonl + b.jsonl"
    assert (first["train"], second["train"]) == (39, 19) and second["first_row"] == 41
    assert len({example.source_row for example in train}) == 58


@pytest.mark.parametrize(("weight", "rows"), [(0.5, 10), (2, 38), (2.5, 48), (0.01, 0)])
def test_a_weight_says_how_often_the_rows_of_a_source_come(spec, weight, rows):
    report, train = prepared(spec(weight))
    assert report["sources"][1]["train"] == rows and len(train) == 39 + rows
    assert report["sources"][1]["weight"] == weight and report["accepted"] == 58


def test_which_rows_come_follows_from_the_seed_alone(spec):
    half = spec(0.5)
    first, again = prepared(half)[1], prepared(half)[1]
    other = prepared(half.model_copy(update={"seed": 1}))[1]
    ids = lambda rows: [example.id for example in rows]  # noqa: E731
    assert ids(first) == ids(again) != ids(other)


def test_every_source_is_pinned_and_one_that_changed_is_refused(spec, tmp_path):
    found = spec()
    assert len(found.data.more[0].source.sha256) == 64 and found.data.more[0].source.path == str(tmp_path / "b.jsonl")
    (tmp_path / "b.jsonl").write_text('{"instruction": "a", "output": "b"}\n')
    with pytest.raises(UserError, match="b.jsonl has changed since"):
        prepare(found, create(found))


def test_a_weight_of_nothing_or_less_is_refused(spec):
    for weight in (0, -1, float("nan"), 1000):
        with pytest.raises(UserError, match="weight"):
            spec(weight)


def test_a_run_of_one_source_is_as_it_was(write, as_jsonl):
    path = write("a.jsonl", as_jsonl([{"question": f"How much is {n}?", "answer": f"{n} euros."} for n in range(30)]))
    found = resolve_spec({"data": {"train": {"path": str(path)}}})
    assert found.data.more == () and prepared(found)[0]["sources"] == []


@settings(max_examples=40, deadline=None)
@given(weight=st.floats(0.01, 5), rows=st.integers(0, 40), seed=st.integers(0, 3))
def test_any_weight_gives_the_nearest_number_of_rows(weight, rows, seed):
    examples = [Example(f"{n:016}", (Message("user", "a"),), "b", source_row=n) for n in range(1, rows + 1)]
    found = weighted(examples, [Part("a", "x", weight, 1, rows)], seed=seed)
    assert abs(len(found) - weight * rows) <= 0.5 + 1e-6
    counts = [found.count(example) for example in examples]
    assert not counts or max(counts) - min(counts) <= 1

"""Rows that stay on the disk: whatever is asked of them, the answer is that of rows held in memory."""

import json

import pytest

from engine import rundir
from engine.data import files, stored
from engine.data.inspect import inspect_file
from engine.data.json_file import Rows
from engine.data.ledger import Asked, counts
from engine.data.ledger import rows as listed
from engine.data.load import load
from engine.data.prepare import prepare
from engine.data.read import read_rows
from engine.data.stored import Stored, View, changed, joined, kept, pick
from engine.schema import DataSpec, Edit, Example, Primary, Rule, RunSpec, Source, UserError, identified
from tests.engine.data.rows import many, row


def lines() -> list[str]:
    """Rows of every kind: wordings of one fact, groups, repeated, damaged, personal, long, none at all."""
    found = []
    for n in range(120):
        fact = f"Article {n // 3} of the shop costs {7 * (n // 3)} euros and is sent within {n // 3 + 2} working days."
        found.append({"question": f"What about article {n // 3}, wording {n}?", "answer": fact, "group": f"g{n // 6}"})
    for n in range(60):
        text = f"The {n} green plants of room {n * n} grow {n} leaves in a week when they are watered {n} times a day"
        found.append({"question": f"How do plants of room {n} grow?", "answer": text, "group": None})
    found += [found[0], {"question": found[5]["question"], "answer": "Something else, which nobody said before."}]
    found += [
        {"question": "", "answer": "a"},
        {"question": "same", "answer": "Same"},
        {"question": "b\x00?", "answer": "c"},
    ]
    found += [{"question": "Whom do I write to?", "answer": "Write to taro@kumo.co.jp, please."}]
    found += [{"question": "日曜日は営業していますか", "answer": "はい、朝の九時から夕方の五時まで営業しております。"}]
    found += [{"question": "Long?", "answer": "very long indeed " * 60}, {"question": "d", "answer": {"e": 1.50}}]
    texts = [json.dumps(one, ensure_ascii=False) for one in found]
    return [
        *texts[:50],
        "",
        "{broken",
        '{"question": "x", "question": "y"}',
        "[1]",
        *texts[50:],
        '{"question": 1.10, "answer": 7e3}',
    ]


def count_words(example: Example) -> tuple[int, int]:
    return len(example.question.split()), len(example.completion.split())


@pytest.fixture
def both(write, monkeypatch):
    """both(work) -> what the work gives with the rows of the file held, and with them on the disk."""
    path = write("rows.jsonl", "\n".join(lines()))

    def both(work):
        held = work(path)
        monkeypatch.setattr(files, "HELD", 0)
        assert isinstance(read_rows(path).rows, Rows)
        return held, work(path)

    return both


def test_the_rows_of_a_large_file_are_those_of_a_small_one(both):
    def read(path):
        table = read_rows(path)
        return (
            table.columns,
            list(table.rows),
            list(table.numbers),
            table.issues,
            table.kind,
            table.rows[3],
            table.num_rows,
        )

    held, on_disk = both(read)
    assert held == on_disk and held[1][-1] == {"question": "1.10", "answer": "7e3"}


def test_the_account_of_a_large_file_is_that_of_a_small_one(both):
    held, on_disk = both(lambda path: inspect_file(path, count_tokens=count_words))
    assert held == on_disk and held["rows"] == 193 and held["dropped"] == 7


@pytest.mark.parametrize("leaked", ["", "move", "remove"])
def test_split_leakage_and_files_of_a_large_run_are_those_of_a_small_one(both, leaked):
    rule = Rule(name="short", most=50)

    def work(path):
        found = load(Source(path=str(path))).origins
        edits = (Edit(row=1, was=found[1], answer="By hand."), Edit(row=2, was=found[2], exclude=True))
        data = DataSpec(
            train=Source(path=str(path)), changes=edits, personal="mask", leaked=leaked, max_length=90, entity_share=0.1
        )
        spec = RunSpec(data=data, primary=Primary(suite="unseen"), rules=(rule,), seed=3)
        run, ledger = rundir.create(spec), path.with_suffix(".sqlite")
        report = prepare(spec, run, count_tokens=count_words, ledger=ledger)
        split = {name: run.examples_file(name).read_text() for name in ("train", "validation", "test")}
        return report, split, counts(ledger), listed(ledger, Asked(), most=300)

    held, on_disk = both(work)
    assert held == on_disk
    assert held[0]["too_long"] == {"dropped": 1, "cut": 0, "divided": 0} and held[0]["splits"]["test"] > 40


def test_a_file_beyond_the_limit_says_how_to_raise_it(write, monkeypatch):
    monkeypatch.setattr(files, "HELD", 0)
    monkeypatch.setenv("KURABE_MAX_JSONL_MB", "1")
    path = write("rows.jsonl", json.dumps({"question": "x", "answer": "y" * 2**21}) + "\n")
    with pytest.raises(UserError, match="KURABE_MAX_JSONL_MB raises this limit"):
        read_rows(path)


def test_a_stray_byte_costs_its_row_alone(write, monkeypatch):
    path = write("rows.jsonl", b'{"question": "a", "answer": "b"}\n{"question": "\xff", "answer": "c"}\n')
    monkeypatch.setattr(files, "HELD", 0)
    monkeypatch.setattr(files, "SAMPLE", 40)
    table = read_rows(path)
    assert list(table.rows) == [{"question": "a", "answer": "b"}]
    assert [(issue.source_row, issue.code) for issue in table.issues] == [(2, "bad_encoding")]


def test_stored_rows_are_a_sequence_like_a_list(monkeypatch):
    monkeypatch.setattr(stored, "BLOCK", 3)
    rows = [*many(10), identified(row(11, "a\ud800", "b", rejected="c", group="g")), row(12, "x", "", label=True)]
    there = Stored(iter(rows))
    assert len(there) == 12 and list(there) == rows and there[-1] == rows[-1] and list(reversed(there)) == rows[::-1]
    assert list(there[::-1]) == rows[::-1] and list(there[2:9:3]) == rows[2:9:3] and list(there[2:9][1:3]) == rows[3:5]
    with pytest.raises(IndexError):
        there[12]
    assert isinstance(kept(rows, like=rows), list) and isinstance(kept(rows, like=there), Stored)


def test_views_do_what_lists_do():
    rows = many(10)
    there = Stored(rows)
    places = [7, 2, 3]
    assert list(pick(there, places)) == pick(rows, places) and isinstance(pick(there, places), View)

    def louder(at, example):
        return identified(Example("", example.prompt, f"{at} {example.completion}!", source_row=example.source_row))

    assert (
        list(changed(there, louder)) == changed(rows, louder) and changed(there, louder)[4] == changed(rows, louder)[4]
    )
    assert list(changed(pick(there, places), louder)) == changed(pick(rows, places), louder)
    assert list(joined(there, rows[:2])) == joined(rows, rows[:2]) and joined(there, rows)[-1] == rows[-1]
    assert list(joined(there, rows)[8:12]) == joined(rows, rows)[8:12]

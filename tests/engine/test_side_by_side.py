"""Several runs beside each other: the same test only, every pair told apart or not, chance counted."""

import json

import pytest
from typer.testing import CliRunner

from engine import atomic, compare, terminal
from engine.__main__ import app
from engine.schema import Decoding, UserError
from engine.side_by_side import hash_of_test, side_by_side
from engine.side_by_side_words import pairs, results
from engine.text import text
from tests.engine.comparisons import answers, correct, general, reworded, run_with, wrong


def finished(tests, right, **spec):
    """A run whose tuned model is right on the first `right` items of each suite, base on none."""

    def said(i, item):
        return (correct if i < right else wrong)(i, item)

    run = run_with(tests, answers(tests, wrong, arm="base"), answers(tests, said, arm="tuned"), **spec)
    atomic.write_json(run.file("comparison"), compare.compare(run))
    return run


def test_runs_of_one_test_stand_in_one_table_and_better_is_found():
    tests = reworded(40) + general(10)
    weak, strong = finished(tests, 5, settings={"epochs": 1}), finished(tests[::-1], 35, settings={"epochs": 4})
    (found,) = side_by_side([weak, strong])["tests"]
    assert [run["run"] for run in found["runs"]] == [weak.id, strong.id] and found["suites"]["reworded"] == 40
    assert found["settings"] == {"epochs": [1, 4]}
    row = next(row for row in found["rows"] if (row["metric"], row["suite"]) == ("key_facts", "reworded"))
    assert [change["after"] for change in row["changes"]] == [5 / 40, 35 / 40]
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"], pair["verdict"]) == (weak.id, strong.id, "better")
    assert (pair["wins"], pair["losses"], pair["n"]) == (35, 5, 40)  # five are right in weak alone


def test_two_runs_that_answer_alike_cannot_be_told_apart():
    tests = reworded(40)
    (found,) = side_by_side([finished(tests, 20), finished(tests, 20)])["tests"]
    (pair,) = found["pairs"]
    assert pair["difference"] == 0 and pair["verdict"] == "cannot_tell" and found["settings"] == {}


def test_three_runs_pay_for_three_pairs():
    tests = reworded(40)
    (found,) = side_by_side([finished(tests, right) for right in (10, 18, 19)])["tests"]
    assert len(found["pairs"]) == 3
    assert all(pair["p_adjusted"] >= pair["p"] for pair in found["pairs"])
    assert max(pair["p_adjusted"] / pair["p"] for pair in found["pairs"]) == pytest.approx(3)


def test_different_tests_never_meet_in_one_table():
    one, other = finished(reworded(40), 20), finished(reworded(39), 20)
    longer = finished(reworded(40), 20, decoding=Decoding(max_new_tokens=99))
    tests = side_by_side([one, other, longer])["tests"]
    assert [[run["run"] for run in test["runs"]] for test in tests] == [[one.id], [other.id], [longer.id]]
    assert all(test["pairs"] == [] for test in tests)


def test_the_hash_of_a_test_knows_what_is_asked_and_not_where_it_stood():
    tests = reworded(3)
    assert hash_of_test(tests) == hash_of_test(tests[::-1])
    changed = reworded(3, answerable=False)
    assert hash_of_test(tests) != hash_of_test(changed) != hash_of_test(tests[:2])


def test_a_run_without_a_result_and_a_run_alone_are_refused():
    done = finished(reworded(8), 4)
    with pytest.raises(UserError, match="no result yet"):
        side_by_side([done, run_with([], [], [])])
    with pytest.raises(UserError, match="1 run"):
        side_by_side([done, done])


def test_the_tables_say_what_differs_how_each_run_stands_and_which_is_better(capsys):
    tests = reworded(40)
    runs = [finished(tests, right, settings={"epochs": right}) for right in (5, 35)]
    found = side_by_side([*runs, finished(reworded(39), 20)])
    terminal.show_side_by_side(found)
    told = capsys.readouterr()
    shown = told.out
    assert text("side_by_side.apart", n=2) in told.err and text("page.setting.epochs.title") in shown
    assert text("side_by_side.one_run") in shown, "a test that one run alone answered"
    header, (row, *_) = results(found["tests"][0])
    assert header[2:] == [run.id for run in runs]
    assert row[2][0] == "12.5 %" and row[3][0] == "87.5 %" and row[3][1].startswith("+87.5 points")
    header, (row,) = pairs(found["tests"][0])
    assert row[0] == f"{runs[0].id} → {runs[1].id}" and row[-1] == "▲ better"


def test_the_command_line_compares_runs(capsys):
    tests = reworded(12)
    runs = [finished(tests, right) for right in (2, 9)]
    done = CliRunner().invoke(app, ["compare-runs", *(run.id for run in runs), "--json"])
    assert done.exit_code == 0 and len(json.loads(done.stdout)["tests"][0]["runs"]) == 2
    assert CliRunner().invoke(app, ["compare-runs", runs[0].id]).exit_code == 2

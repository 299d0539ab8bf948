"""A table of items opens in a spreadsheet, says everything, and runs nothing."""

import csv
import io

from engine.items_csv import items_csv

ITEM = {
    **{
        "suite": "reworded",
        "question": "開店時間は？\nPlease.",
        "reference": "9:00",
        "base": "=1+1",
        "tuned": '"9:00", we say',
    },
    **{"outcome": "fixed", "group": None, "others": {"nearest": "@SUM(A1)"}},
    **{"base_scores": {"token_f1": 0.0}, "tuned_scores": {"token_f1": 1.0}},
}


def test_every_answer_and_score_is_in_the_table_and_no_cell_is_a_formula():
    text = items_csv([ITEM, {**ITEM, "others": {}, "tuned_scores": {"token_f1": None}}])
    assert text.startswith("\ufeff")
    first, second = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert first["question"] == ITEM["question"] and first["tuned"] == ITEM["tuned"]
    assert (first["base"], first["nearest"]) == ("'=1+1", "'@SUM(A1)")
    assert (first["token_f1 before"], first["token_f1 after"]) == ("0", "1")
    assert second["nearest"] == "" and second["token_f1 after"] == ""


def test_a_run_without_items_gives_a_header():
    assert items_csv([]).startswith("\ufeffsuite,question,reference,base,tuned,outcome,group\r\n")

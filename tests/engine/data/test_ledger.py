"""The list of every row: filtered, sorted, searched, page by page."""

import pytest

from engine.data import ledger
from engine.data.ledger import Asked, write_ledger
from engine.data.load import load
from engine.schema import DataSpec, Source, UserError


@pytest.fixture
def listed(write, as_jsonl, tmp_path):
    rows = [{"question": f"How much is {n}?", "answer": f"{n} dollars"} for n in range(1, 41)]
    rows[4]["answer"] = ""
    rows[6]["answer"] = "Ask taro@kumo.co.jp"
    rows[8]["answer"] = "9 dol\x07lars"
    rows[10] = rows[9]
    source = Source(path=str(write("a.jsonl", as_jsonl(rows))))
    count = lambda example: (len(example.question), len(example.completion))  # noqa: E731
    loaded = load(source, count_tokens=count, choices=DataSpec(train=source), checks=True)
    path = tmp_path / "rows.sqlite"
    write_ledger(path, loaded, places={1: "train", 2: "unseen"}, count_tokens=count)
    return path, loaded


def numbers(path, **wanted) -> list[int]:
    return [row["number"] for row in ledger.every(path, Asked(**wanted))]


def test_every_row_of_the_file_is_there_once_with_its_number(listed):
    path, loaded = listed
    assert numbers(path) == list(range(1, 41))
    found = ledger.counts(path)
    assert found["status"] == {"accepted": 36, "noted": 1, "fixed": 1, "dropped": 2}
    assert sum(found["status"].values()) == loaded.to_dict()["rows"]
    assert found["code"]["empty"] == found["code"]["duplicate"] == found["code"]["personal_email"] == 1


def test_rows_are_filtered_searched_and_sorted(listed):
    path, _ = listed
    assert numbers(path, status="dropped") == [5, 11] and numbers(path, status="fixed") == [9]
    assert numbers(path, code="personal_email") == [7] and numbers(path, code="personal") == []
    assert numbers(path, search="taro") == [7] and numbers(path, search="% _") == []
    assert numbers(path, search="17") == [17] and numbers(path, descending=True)[:2] == [40, 39]
    assert numbers(path, sort="tokens", descending=True)[0] == 7
    assert numbers(path, sort="number; DROP TABLE rows", search="'; --") == []


def test_a_page_is_a_part_and_tells_how_many_there_are(listed):
    path, _ = listed
    found, total = ledger.rows(path, Asked(), first=10, most=5)
    assert [row["number"] for row in found] == [11, 12, 13, 14, 15] and total == 40


def test_a_row_has_its_place_its_texts_and_the_id_an_edit_names(listed):
    path, loaded = listed
    first, dropped = ledger.row(path, 1), ledger.row(path, 5)
    assert (first["place"], first["question"], first["answer"]) == ("train", "How much is 1?", "1 dollars")
    assert first["origin"] == loaded.origins[1] and first["answer_tokens"] == 9
    assert "How much is 5?" in dropped["question"] and dropped["message"].startswith("Row 5: ")
    assert ledger.row(path, 99) is None


def test_a_list_that_is_gone_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="Choose the data again"):
        ledger.counts(tmp_path / "gone.sqlite")

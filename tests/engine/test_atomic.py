"""What is written whole, and what is left where it cannot be."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import atomic


def test_threads_that_write_one_file_never_stand_in_each_others_way(tmp_path):
    texts = [str(number) * 2000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        written = [pool.submit(atomic.write_text, tmp_path / "items.csv", text) for text in texts * 40]
        assert [one.exception() for one in written] == [None] * len(written)
    assert (tmp_path / "items.csv").read_text() in texts and [path.name for path in tmp_path.iterdir()] == ["items.csv"]


def test_parts_that_break_off_leave_the_old_text_and_nothing_beside_it(tmp_path):
    atomic.write_text(tmp_path / "rows.jsonl", "old")

    def parts():
        yield "new"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        atomic.write_text(tmp_path / "rows.jsonl", parts())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"rows.jsonl": "old"}

"""Parquet, Arrow and Feather files: the rows that a JSON Lines file of the same content has."""

import datetime
import decimal

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from engine.data.convert import convert
from engine.data.read import read_rows
from engine.schema import UserError

COLUMNS = {
    "question": ["NA", "null", None],
    "answer": ["007", "1.10", "x"],
    "n": [7, None, 3],
    "share": [0.1, float("nan"), 3.0],
    "day": [datetime.date(2024, 3, 1)] * 3,
    "time": [datetime.datetime(2024, 3, 1, 9, 5)] * 3,
    "price": [decimal.Decimal("1.10")] * 3,
    "ok": [True, False, None],
    "turns": [[{"role": "user", "n": 1}]] * 3,
}
FIRST = {
    "question": "NA",
    "answer": "007",
    "n": "7",
    "share": "0.1",
    "day": "2024-03-01",
    "time": "2024-03-01 09:05:00",
    "price": "1.10",
    "ok": True,
    "turns": [{"role": "user", "n": "1"}],
}


def as_stream(table: pa.Table, path: str) -> None:
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


WRITERS = {
    "a.parquet": lambda table, path: pa.parquet.write_table(table, path, compression="zstd"),
    "a.feather": lambda table, path: pa.feather.write_feather(table, path, compression="lz4"),
    "a.arrow": as_stream,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_value_is_the_text_that_json_lines_would_have(tmp_path, name):
    WRITERS[name](pa.table(COLUMNS), str(tmp_path / name))
    table = read_rows(tmp_path / name)
    assert table.rows[0] == FIRST and table.numbers == [1, 2, 3] and table.columns == tuple(COLUMNS)
    assert table.rows[1]["share"] is None and table.rows[2]["question"] is None and table.issues == []
    assert table.kind == ("parquet" if name == "a.parquet" else "arrow")


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_broken_off_is_refused(tmp_path, name):
    WRITERS[name](pa.table({"q": [f"{n * 7919}" for n in range(5000)]}), str(tmp_path / name))
    raw = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(raw[: len(raw) // 2])
    with pytest.raises(UserError, match=rf"^{name} is no whole (Parquet|Arrow) file: .*Copy or save it again"):
        read_rows(tmp_path / name)


def test_pictures_in_a_column_are_not_read_and_told(tmp_path):
    pa.parquet.write_table(
        pa.table({"question": ["a"], "answer": ["b"], "image": [b"\x89PNG"]}), tmp_path / "a.parquet"
    )
    table = read_rows(tmp_path / "a.parquet")
    assert table.columns == ("question", "answer") and len(convert(table)[0]) == 1
    assert [issue.message for issue in table.issues] == ["Column 'image' holds bytes and is not read."]


def test_a_table_that_unpacks_to_more_than_the_limit_is_refused(tmp_path, monkeypatch):
    pa.parquet.write_table(pa.table({"text": ["x" * 1000] * 20_000}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 100_000
    monkeypatch.setenv("KURABE_MAX_EXPANDED_MB", "5")
    with pytest.raises(UserError, match="a.parquet unpacks to more than 5 MB"):
        read_rows(tmp_path / "a.parquet")


def test_a_table_without_rows_or_with_too_many_columns_is_refused(tmp_path):
    pa.parquet.write_table(pa.table({"q": pa.array([], pa.string())}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match="holds columns and no rows"):
        read_rows(tmp_path / "a.parquet")
    pa.parquet.write_table(pa.table({f"c{n}": ["x"] for n in range(2001)}), tmp_path / "b.parquet")
    with pytest.raises(UserError, match="2,001 columns; at most 2,000"):
        read_rows(tmp_path / "b.parquet")


def test_parquet_called_csv_is_read_and_told(tmp_path):
    pa.parquet.write_table(pa.table({"question": ["a"], "answer": ["b"]}), tmp_path / "a.csv")
    table = read_rows(tmp_path / "a.csv")
    assert table.rows == [{"question": "a", "answer": "b"}]
    assert [issue.message for issue in table.issues] == ["a.csv holds Parquet whatever its name says."]

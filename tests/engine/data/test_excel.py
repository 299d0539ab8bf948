"""Excel workbooks: the text a person sees in the cells, with every row accounted for."""

import datetime
import io
import zipfile

import openpyxl
import pytest

from engine.data.convert import convert
from engine.data.inspect import inspect_file
from engine.data.own import own_data_spec
from engine.data.read import read_rows
from engine.schema import Source, UserError


@pytest.fixture
def book(tmp_path):
    """book(rows, {"A1": "number format"}, merge=["A2:A3"], sheets={...}) -> the path."""

    def book(rows, formats=None, *, merge=(), sheets=None, name="a.xlsx"):
        made = openpyxl.Workbook()
        made.active.title = "FAQ"
        for row in rows:
            made.active.append(row)
        for cell, form in (formats or {}).items():
            made.active[cell].number_format = form
        for cells in merge:
            made.active.merge_cells(cells)
        for title, other in (sheets or {}).items():
            sheet = made.create_sheet(title)
            for row in other:
                sheet.append(row)
        made.save(tmp_path / name)
        return tmp_path / name

    return book


HEAD = ["質問", "回答"]


def messages(table) -> list[str]:
    return [issue.message for issue in table.issues]


def test_values_are_the_text_that_excel_shows(book):
    when = datetime.datetime(2024, 3, 1, 9, 5)
    values = [
        "007",
        7,
        7,
        0.125,
        1234567,
        1.5,
        when,
        when,
        when,
        datetime.time(9, 5),
        True,
        "NA",
        12,
        datetime.date(2024, 3, 1),
    ]
    formats = {
        "C2": "000", "D2": "0.0%", "E2": "#,##0", "G2": "yyyy/m/d", "H2": 'yyyy"年"m"月"d"日"(aaa)', "I2": "h:mm AM/PM",
        "J2": "hh:mm", "N2": "[$-411]ggge\"年\"m\"月\"d\"日\"",
    }  # fmt: skip
    table = read_rows(book([[f"c{n}" for n in range(len(values))], values], formats))
    assert list(table.rows[0].values()) == [
        *("007", "7", "007", "12.5%", "1,234,567", "1.5", "2024/3/1", "2024年3月1日(金)", "9:05 AM", "09:05", "TRUE"),
        *("NA", "12", "2024-03-01"),
    ]
    assert table.kind == "excel" and table.encoding == "xlsx" and table.numbers == [2]


def test_rows_are_numbered_as_excel_does_and_empty_ones_are_told(book):
    table = read_rows(book([HEAD, ["a", "b"], [None, None], ["", " "], ["c", "d"]]))
    assert table.numbers == [2, 5] and table.rows[1] == {"質問": "c", "回答": "d"}
    assert messages(table) == ["2 empty rows between the others were passed over."]


def test_a_title_above_the_header_is_passed_over_and_told(book):
    table = read_rows(book([["社内FAQ 一覧"], [], HEAD, ["a", "b"]]))
    assert table.columns == ("質問", "回答") and table.numbers == [4]
    assert messages(table) == ["The header is row 3; what stands above it is not read."]


def test_a_cell_merged_over_rows_counts_for_each_of_them(book):
    path = book(
        [["分類", *HEAD], ["返品", "a", "b"], [None, "c", "d"], [None, "e", "f"], ["配送", "g", "h"]], merge=["A2:A4"]
    )
    table = read_rows(path)
    assert [row["分類"] for row in table.rows] == ["返品", "返品", "返品", "配送"]
    assert [(issue.source_row, issue.code) for issue in table.issues] == [(3, "merged_cell"), (4, "merged_cell")]
    found = inspect_file(path)
    assert (found["rows"], found["accepted"], found["fixed"], found["dropped"]) == (4, 4, 2, 0)


def test_the_first_sheet_with_rows_is_read_and_another_by_its_name(book):
    path = book([], sheets={"2024年": [HEAD, ["a", "b"]], "2025年": [HEAD, ["c", "d"]]})
    table = read_rows(path)
    assert table.rows == [{"質問": "a", "回答": "b"}]
    assert messages(table) == ["Of a.xlsx, the sheet '2024年' is read. Its other sheets: FAQ, 2025年."]
    assert (
        read_rows(path, sheet="2025年").rows == [{"質問": "c", "回答": "d"}]
        and not read_rows(path, sheet="2025年").issues
    )
    with pytest.raises(UserError, match=r"no sheet '2026年'. It has: FAQ, 2024年, 2025年"):
        read_rows(path, sheet="2026年")
    assert inspect_file(path, sheet="2025年")["sample"][0]["completion"] == "d"
    assert Source(path="x").sheet == "" and own_data_spec(path).data.train.sheet == ""


def test_an_error_in_a_cell_is_left_empty_and_told(book):
    path = book([HEAD, ["a", "#N/A"], ["b", "c"]])
    table = read_rows(path)
    assert table.rows[0] == {"質問": "a", "回答": ""} and "cell B2 holds the error #N/A" in messages(table)[0]
    examples, issues = convert(table)
    assert len(examples) == 1 and [issue.code for issue in issues if issue.dropped] == ["empty"]


def test_header_names_that_stand_twice_or_are_missing_are_mended(book):
    table = read_rows(book([["質問", "回答", "回答"], ["a", "b", "c", "d"]]))
    assert table.columns == ("質問", "回答", "回答 (2)", "column 4")


@pytest.mark.parametrize(("rows", "says"), [([], "is empty"), ([HEAD], "a header and no rows below it")])
def test_a_sheet_without_rows_is_refused(book, rows, says):
    with pytest.raises(UserError, match=rf"a\.xlsx.*{says}"):
        read_rows(book(rows))


def test_a_damaged_workbook_or_one_made_to_fill_a_disk_is_refused(book, tmp_path):
    path = book([HEAD, ["a", "b"]])
    raw = path.read_bytes()
    for broken in (raw[: len(raw) // 2], raw[:-40]):
        path.write_bytes(broken)
        with pytest.raises(UserError, match=r"a\.xlsx is a (workbook|zip archive) that cannot be read"):
            read_rows(path)
    stream = io.BytesIO(raw)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/fill.bin", b"\0" * 12_000_000)
    path.write_bytes(stream.getvalue())
    with pytest.raises(UserError, match="unpacks to more than 200 times its size"):
        read_rows(path)


def test_a_workbook_full_of_entities_does_not_expand(book):
    path = book([HEAD, ["a", "b"]])
    levels = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    bomb = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{levels}]>'
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stream, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "xl/workbook.xml":
                content = b"<?xml version='1.0'?>" + bomb.encode() + content.split(b"?>", 1)[-1].replace(b"FAQ", b"&j;")
            new.writestr(info, content)
    path.write_bytes(stream.getvalue())
    with pytest.raises(UserError, match="a workbook that cannot be read"):
        read_rows(path)


def test_a_workbook_called_csv_is_read_and_told(book):
    table = read_rows(book([HEAD, ["a", "b"]], name="a.csv"))
    assert table.kind == "excel" and messages(table) == ["a.csv holds an Excel workbook whatever its name says."]

"""Packed files: read as what is in them, within limits, and with nothing written anywhere."""

import gzip
import io
import os
import stat
import zipfile

import pytest
import zstandard

from engine.data.limits import Limits, limits
from engine.data.packed import safe_name
from engine.data.read import read_rows
from engine.schema import UserError

CSV = "question,answer\nNA,007\nWho?,Me.\n"
ROWS = [{"question": "NA", "answer": "007"}, {"question": "Who?", "answer": "Me."}]


def zipped(files: dict[str, str | bytes], **changes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            for field, value in changes.items():
                setattr(info, field, value)
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


@pytest.mark.parametrize(
    "pack", [gzip.compress, zstandard.compress, lambda raw: gzip.compress(zstandard.compress(raw))]
)
@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", CSV), ("a.jsonl", '{"question": "NA", "answer": "007"}\n'), ("a.tsv", "q\ta\nb\tc\n")],
)
def test_a_packed_file_reads_as_the_file_itself(write, pack, name, content):
    plain, packed = read_rows(write(name, content)), read_rows(write(name + ".gz", pack(content.encode())))
    assert (packed.rows, packed.kind, packed.encoding) == (plain.rows, plain.kind, plain.encoding)


def test_a_packed_markdown_file_is_a_document(write):
    assert read_rows(write("a.md.gz", gzip.compress(b"# Tea\n\nBoil it."))).rows[0]["heading"] == "Tea"


def test_files_packed_one_after_the_other_read_as_one(write):
    first, second = b"question,answer\nNA,007\n", b"Who?,Me.\n"
    assert read_rows(write("a.csv.gz", gzip.compress(first) + gzip.compress(second))).rows == ROWS
    assert read_rows(write("a.csv.zst", zstandard.compress(first) + zstandard.compress(second))).rows == ROWS


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_packed_file_broken_off_is_refused(write, pack):
    content = "question,answer\n" + "".join(f"a{n},b{n * 7919}\n" for n in range(2000))
    with pytest.raises(UserError, match=r"^a\.gz is packed, and what is packed is damaged or broken off"):
        read_rows(write("a.gz", pack(content.encode())[:-30]))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_bomb_is_refused_before_it_goes_off(write, pack):
    with pytest.raises(UserError, match="unpacks to more than 200 times its size"):
        read_rows(write("a.csv.gz", pack(b"question,answer\n" + b"a,b\n" * 4_000_000)))


def test_a_zip_bomb_is_refused_before_anything_is_unpacked(write):
    with pytest.raises(UserError, match="unpacks to more than 200 times its size"):
        read_rows(write("a.zip", zipped({"a.csv": b"\0" * 12_000_000})))


def test_the_limits_are_settings_and_a_message_names_them(write, monkeypatch):
    path = write("a.zip", zipped({f"{n}.csv": CSV for n in range(4)}))
    for variable, value, says in [
        ("KURABE_MAX_FILES", "3", "a.zip has 4 files; at most 3 can be read. KURABE_MAX_FILES raises"),
        ("KURABE_MAX_FILE_MB", "x", "KURABE_MAX_FILE_MB is 'x'. Give a whole number above 0"),
        ("KURABE_MAX_FILE_MB", "0", "Give a whole number above 0"),
    ]:
        with monkeypatch.context() as patch, pytest.raises(UserError, match=says):
            patch.setenv(variable, value)
            read_rows(path)
    monkeypatch.setenv("KURABE_MAX_EXPANDED_MB", "1")
    with pytest.raises(UserError, match="unpacks to more than 1 MB"):
        read_rows(write("b.zip", zipped({"a.csv": os.urandom(2_000_000)})))
    with pytest.raises(UserError, match="unpacks to more than 1 MB"):
        read_rows(write("b.csv.gz", gzip.compress(os.urandom(2_000_000))))
    monkeypatch.undo()
    assert limits() == Limits()


@pytest.mark.parametrize("name", ["../../x.csv", "/etc/x.csv", "..\\x.csv", "a/../../x.csv", "C:\\x.csv"])
def test_a_path_that_leads_out_of_an_archive_refuses_it_whole(write, name, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match="whose path leads out of the archive"):
        read_rows(write("a.zip", zipped({"b.csv": CSV, name: CSV})))
    assert sorted(tmp_path.rglob("*")) == [*before, tmp_path / "a.zip"]


def test_a_link_in_an_archive_is_not_followed_and_told(write):
    raw = io.BytesIO(zipped({"a.csv": CSV}))
    with zipfile.ZipFile(raw, "a") as archive:
        link = zipfile.ZipInfo("b.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    table = read_rows(write("a.zip", raw.getvalue()))
    assert table.rows == ROWS
    assert [issue.message for issue in table.issues] == ["a.zip: b.csv is a link and is not followed."]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (zipped({"a.csv": CSV})[:-30], "a zip archive that cannot be read"),
        (zipped({"a.png": b"x", "b.exe": b"y"}), "holds no file that can be read"),
        (zipped({}), "holds no file that can be read|cannot be read"),
        (zipped({"ppt/presentation.xml": "<p/>"}), "a presentation"),
        (zipped({"mimetype": "application/vnd.oasis", "content.xml": "<p/>"}), "an OpenDocument file"),
        (zipped({"a.csv": b"", "b.csv": b""}), "holds no table that can be read. a.csv is empty"),
    ],
)
def test_an_archive_that_cannot_be_read_is_refused_in_words(write, raw, says):
    with pytest.raises(UserError, match=says):
        read_rows(write("a.zip", raw))


def test_an_archive_with_a_password_is_refused(write):
    raw = bytearray(zipped({"a.csv": CSV}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + place] |= 1
    with pytest.raises(UserError, match=r"a\.zip has a password"):
        read_rows(write("a.zip", bytes(raw)))


def test_names_of_files_may_be_japanese_as_windows_writes_them_and_hostile_ones_are_shown_plainly(write):
    raw = zipped({"説明.md": "# 緑茶\n\nお湯を注ぐ。"})
    assert read_rows(write("a.zip", raw)).rows[0]["group"] == "説明.md"
    assert read_rows(write("b.zip", zipped({"a\u202eb\n.md": "text"}))).kind == "documents"
    info = zipfile.ZipInfo("説明.md".encode("cp932").decode("cp437"))
    info.flag_bits = 0
    assert safe_name(info, archive="a.zip") == "説明.md"


def test_several_tables_are_read_as_one_and_it_is_told_which_rows_are_whose(write):
    table = read_rows(write("a.zip", zipped({"b.csv": CSV, "c.csv": "question,answer\nWhy?,So.\nx\n"})))
    assert [row["question"] for row in table.rows] == ["NA", "Who?", "Why?", "x"] and table.numbers == [1, 2, 3, 4]
    assert table.issues[0].message == "2 tables are read as one. Rows 1-2: b.csv; 3-4: c.csv."
    assert (table.issues[1].source_row, table.issues[1].message) == (
        4, "c.csv: Row 2 (line 3) ends before answer.",
    )  # fmt: skip


def test_a_table_that_cannot_be_read_beside_others_is_told_and_costs_only_itself(write):
    table = read_rows(write("a.zip", zipped({"a.csv": b"\xff\xd8\xff\x00picture", "b.csv": CSV, "logo.png": b"x"})))
    assert table.rows == ROWS and table.num_rows == 3
    assert [issue.code for issue in table.issues] == ["files_not_read", "file_left_out"]


def test_what_is_in_a_mac_s_shadow_folder_is_passed_over(write):
    assert read_rows(write("a.zip", zipped({"a.csv": CSV, "__MACOSX/a.csv": b"\0", ".DS_Store": b"x"}))).rows == ROWS

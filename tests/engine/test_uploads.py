"""Files that the page took in: known by their hash alone, several kept as one archive."""

import pytest

from engine import rundir, uploads
from engine.data.read import read_rows
from engine.schema import UserError


@pytest.fixture
def files(tmp_path):
    def files(**contents: str):
        paths = [tmp_path / name.replace("_", ".") for name in contents]
        for path, content in zip(paths, contents.values(), strict=True):
            path.write_text(content, encoding="utf-8")
        return paths

    return files


def test_one_file_is_kept_as_it_is_and_read_under_the_users_name(files):
    (path,) = files(faq_CSV="question,answer\nWho?,Me.\n")
    token = uploads.keep([path])
    assert token.endswith(".csv") and uploads.keep([path]) == token and uploads.name(token) == "faq.CSV"
    assert read_rows(uploads.find(token), name=uploads.name(token)).rows == [{"question": "Who?", "answer": "Me."}]


def test_a_packed_file_keeps_both_endings(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(b"x")
    assert uploads.keep([path]).endswith(".jsonl.gz")


def test_several_documents_are_kept_as_one_archive_each_under_its_name(files, tmp_path):
    paths = files(a_md="# Tea\n\nBoil it.", b_md="# Rice\n\nWash it.")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.md").write_text("# Tea again\n\nPour it.")
    paths = [*paths, tmp_path / "sub" / "a.md"]
    token = uploads.keep(paths)
    assert uploads.keep(list(reversed(paths[:2])) + paths[2:]) == token
    assert uploads.name(token) == "3 (a (2).md, a.md, b.md).zip"
    table = read_rows(uploads.find(token), name=uploads.name(token))
    assert table.kind == "documents" and {row["group"] for row in table.rows} == {"a.md", "a (2).md", "b.md"}


def test_what_cannot_be_read_is_refused_and_nothing_is_kept(files, monkeypatch):
    with pytest.raises(UserError, match=r"A \.exe file cannot be read\. Give a table"):
        uploads.keep(files(a_exe="x"))
    with pytest.raises(UserError, match="None of these 2 files can be read"):
        uploads.keep(files(a_exe="x", b_exe="y"))
    monkeypatch.setenv("KURABE_MAX_FILES", "1")
    with pytest.raises(UserError, match=r"These 2 files \(0 MB\) are more than can be read at once. KURABE_MAX_FILES"):
        uploads.keep(files(a_md="x", b_md="y"))
    kept = rundir.home() / "uploads"
    assert not kept.exists() or not list(kept.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        *("..\\x.csv", "%2e%2e%2fx.csv", "CON.csv", "x" * 250 + ".csv", "-rf.csv", "a\nb.csv", "a\u202eb.csv"),
        *("\U0001f600.csv", "cafe\u0301.csv", "caf\u00e9.csv", "<img onerror=x>.csv"),
    ],
)
def test_any_name_a_file_may_have_is_kept_under_a_hash_and_told_in_one_line(tmp_path, name):
    path = tmp_path / name
    path.write_text("question,answer\nWho?,Me.\n")
    token = uploads.keep([path])
    assert uploads.TOKEN.match(token) and uploads.find(token).parent == rundir.home() / "uploads"
    assert read_rows(uploads.find(token), name=uploads.name(token)).name.isprintable()

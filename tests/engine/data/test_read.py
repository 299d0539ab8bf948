"""Files as people have them: every one is read, or refused in one clear sentence."""

import io
import os
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.convert import convert
from engine.data.limits import Limits
from engine.data.read import read_rows
from engine.schema import UserError

JAPANESE = (
    "質問,回答\n返品はできますか,はい、７日以内なら可能です。\n営業時間は？,午前９時から午後５時までです。①髙﨑\n"
)


def messages(table) -> list[str]:
    return [issue.message for issue in table.issues]


# ---- CSV


def test_csv_values_stay_text(write):
    table = read_rows(write("a.csv", "question,answer\nNA,007\nnull,1.10\n"))
    assert table.rows == [{"question": "NA", "answer": "007"}, {"question": "null", "answer": "1.10"}]
    assert table.kind == "csv" and table.encoding == "utf-8" and table.issues == []


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_the_separator_is_found_though_texts_hold_the_others(write, separator):
    others = "".join(sign for sign in ",\t;|" if sign != separator)
    table = read_rows(write("a.csv", f"question{separator}answer\nWho{others}?{separator}Me{others}\n"))
    assert table.rows == [{"question": f"Who{others}?", "answer": f"Me{others}"}]


def test_excels_separator_line_is_obeyed(write):
    assert read_rows(write("a.csv", "sep=;\nquestion;answer\na;b\n")).rows == [{"question": "a", "answer": "b"}]


def test_line_breaks_commas_and_quotes_inside_a_cell_are_kept(write):
    table = read_rows(write("a.csv", 'question,answer\na,"b,\nc ""d"""\nx,y\n'))
    assert table.rows[0]["answer"] == 'b,\nc "d"' and table.numbers == [1, 2]


def test_row_numbers_of_a_csv_start_below_the_header_and_pass_over_blank_lines(write):
    table = read_rows(write("a.csv", "question,answer\n\na,b\n\n\nc,d\n"))
    assert table.numbers == [1, 2]


def test_a_row_with_too_many_values_is_left_out_with_its_number(write):
    table = read_rows(write("a.csv", "question,answer\na,b\nc,d,e\nf,g\n"))
    assert table.numbers == [1, 3] and table.num_rows == 3
    assert table.issues[0].source_row == 2 and table.issues[0].dropped and "3 values" in table.issues[0].message


def test_a_row_that_ends_early_is_kept_and_told(write):
    table = read_rows(write("a.csv", "question,answer,group\na,b\n"))
    assert table.rows == [{"question": "a", "answer": "b", "group": ""}]
    assert not table.issues[0].dropped and "group" in table.issues[0].message


def test_a_misplaced_quote_costs_its_own_row_only(write):
    table = read_rows(write("a.csv", 'question,answer\na,"b\nc,"d"\ne,f\n'))
    assert table.numbers == [2, 3] and [issue.source_row for issue in table.issues] == [1]
    assert table.rows == [{"question": "c", "answer": "d"}, {"question": "e", "answer": "f"}]


def test_a_quote_that_nothing_closes_is_an_error_naming_its_line(write):
    with pytest.raises(UserError, match=r"a\.csv, line 3: a double quote is opened and never closed"):
        read_rows(write("a.csv", 'question,answer\na,b\nc,"d\ne,f\n'))


def test_a_header_name_that_stands_twice_gets_a_number(write):
    table = read_rows(write("a.csv", "question,answer,answer,answer (2)\na,b,c,d\n"))
    assert len(set(table.columns)) == 4 and list(table.rows[0].values()) == ["a", "b", "c", "d"]
    assert all("twice" in message for message in messages(table)) and table.issues


def test_a_column_without_a_name_gets_its_place(write):
    assert read_rows(write("a.csv", ",question,answer\n1,a,b\n")).columns == ("column 1", "question", "answer")


def test_ten_thousand_columns_are_refused(write):
    text = ",".join(f"c{number}" for number in range(10_000))
    with pytest.raises(UserError, match="10,000 columns; at most 2,000"):
        read_rows(write("a.csv", f"{text}\n1\n"))


def test_a_cell_of_ten_megabytes_is_read(write):
    table = read_rows(write("a.csv", "question,answer\na," + "x" * 10_000_000 + "\n"))
    assert len(table.rows[0]["answer"]) == 10_000_000


def test_nul_characters_in_a_text_do_not_stop_the_reader(write):
    assert read_rows(write("a.csv", "question,answer\na\x00b,c\n")).rows == [{"question": "a\x00b", "answer": "c"}]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"  \n\r\n\t", b"\x00" * 100])
def test_an_empty_file_is_called_empty(write, content):
    with pytest.raises(UserError, match=r"^a\.csv is empty\.$"):
        read_rows(write("a.csv", content))


def test_a_header_alone_is_no_table(write):
    with pytest.raises(UserError, match="a header and no rows"):
        read_rows(write("a.csv", "question,answer\n"))


def test_a_header_without_names_is_refused(write):
    with pytest.raises(UserError, match="has no header"):
        read_rows(write("a.csv", ",,\n1,2,3\n"))


# ---- JSON and JSON Lines


def test_json_rows_are_numbered_from_one_and_numbers_stay_text(write):
    table = read_rows(write("a.json", '[{"question": "a", "answer": 1.10}, {"question": true, "answer": [1]}]'))
    assert table.rows == [{"question": "a", "answer": "1.10"}, {"question": True, "answer": ["1"]}]
    assert table.kind == "json" and table.numbers == [1, 2]


@pytest.mark.parametrize(
    "document",
    [
        '{"version": 3, "data": [{"q": "a", "r": "b"}, {"q": "c", "r": "d"}]}',
        '{"q": ["a", "c"], "r": ["b", "d"]}',
        '{"q": {"0": "a", "1": "c"}, "r": {"0": "b", "1": "d"}}',
    ],
    ids=["an object holding one list", "an object of columns", "an object of columns as pandas writes it"],
)
def test_an_object_that_holds_a_table_is_read(write, document):
    assert read_rows(write("a.json", document)).rows == [{"q": "a", "r": "b"}, {"q": "c", "r": "d"}]


def test_texts_by_their_names_are_documents_by_their_keys(write, as_jsonl):
    document = {f"para {n}": "Words of some length, that nobody takes for a setting. " * 2 for n in range(3)}
    table = read_rows(write("a.json", as_jsonl([document])))
    assert table.columns == ("key", "text") and [row["key"] for row in table.rows] == list(document)


def test_squads_own_nesting_is_a_row_a_question(write, as_jsonl):
    asked = {"question": "When?", "id": "q1", "answers": [{"text": "1802", "answer_start": 3}], "is_impossible": False}
    none = {"question": "Who?", "id": "q2", "answers": [], "is_impossible": True}
    paragraph = {"context": "The mill was built in 1802.", "qas": [asked, none]}
    articles = [{"title": "Mills", "paragraphs": [paragraph, "odd"]}]
    table = read_rows(write("a.json", as_jsonl([{"version": "v2.0", "data": articles}])))
    assert table.numbers == [1, 2] and table.rows[0]["answers"] == ["1802"] and table.rows[1]["title"] == "Mills"
    assert [issue.source_row for issue in table.issues] == [3]
    examples, _ = convert(table)
    assert [example.answerable for example in examples] == [True, False] and examples[0].completion == "1802"


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ('{"train": [{"a": 1}], "test": [{"a": 1}]}', "several lists (train, test)"),
        ('{"q": ["a"], "r": ["b", "c"]}', "different lengths (q: 1, r: 2)"),
        ('{"q": "a"}', "no list of rows"),
        ("[]", "an empty list"),
        ('{"name": "a", "version": "b", "licence": "c"}', "no list of rows"),
        ("[1, 2]", "first item is a text or a number"),
        ('[{"q": "a"},\n{"q": ]', "line 2, column 7: this is not valid JSON"),
        ("hello", "begins with 'hello'"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_json_that_is_no_table_is_refused_in_words(write, document, says):
    with pytest.raises(UserError) as raised:
        read_rows(write("a.json", document))
    assert says in str(raised.value)


def test_one_bad_line_in_ten_thousand_costs_one_row(write):
    lines = ['{"question": "a", "answer": "b"}'] * 10_000
    lines[4_321] = '{"question": "a", "answer": "b"'
    table = read_rows(write("a.jsonl", "\n".join(lines)))
    assert len(table.rows) == 9_999 and table.num_rows == 10_000
    assert [issue.source_row for issue in table.issues] == [4_322] and "not valid JSON" in table.issues[0].message


def test_row_numbers_of_jsonl_are_lines_of_the_file(write):
    assert read_rows(write("a.jsonl", '\n{"q": "a"}\n\n{"q": "b"}\n')).numbers == [2, 4]


def test_a_line_separator_inside_a_text_does_not_break_a_line(write):
    table = read_rows(write("a.jsonl", '{"q": "a\u2028b\u0085c"}\n'))
    assert table.rows == [{"q": "a\u2028b\u0085c"}]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[1, 2]", "is a list, not an object"),
        ("null", "is nothing (null)"),
        ('{"q": "a", "q": "b"}', "a key that stands twice"),
        ('{"q": ' + "[" * 40 + "]" * 40 + "}", "nested more than 32 levels"),
        ('{"q": ' + "[" * 100_000, "nested too deeply"),
        ('{"q\\u0000": "a"}', "characters that cannot be shown"),
        ("{'q': 'a'}", "not valid JSON"),
    ],
)
def test_a_line_that_is_no_row_is_left_out_with_its_reason(write, line, says):
    table = read_rows(write("a.jsonl", f'{{"q": "a"}}\n{line}\n'))
    assert table.numbers == [1] and table.issues[0].source_row == 2 and table.issues[0].dropped
    assert says in table.issues[0].message


def test_nan_is_a_missing_value_and_infinity_and_long_integers_stay_text(write):
    digits = "1" * 5_000
    table = read_rows(write("a.jsonl", f'{{"a": NaN, "b": -Infinity, "c": {digits}, "d": 1e400}}\n'))
    assert table.rows == [{"a": None, "b": "-Infinity", "c": digits, "d": "1e400"}]


def test_a_lone_surrogate_does_not_stop_the_reader(write):
    assert read_rows(write("a.jsonl", '{"q": "\\ud800", "r": "\\ud83d\\ude00"}\n')).rows == [{"q": "\ud800", "r": "😀"}]


# ---- the wrong name


def test_json_called_csv_is_read_and_told(write):
    table = read_rows(write("a.csv", '[{"q": "a"}]'))
    assert table.kind == "json" and messages(table) == ["a.csv holds JSON whatever its name says."]


def test_a_csv_whose_header_begins_with_a_bracket_is_a_csv(write):
    assert read_rows(write("a.csv", "[q],[a]\n1,2\n")).columns == ("[q]", "[a]")


def test_lines_called_json_and_a_list_called_jsonl_are_read(write):
    assert read_rows(write("a.json", '{"q": "a"}\n{"q": "b"}\n')).kind == "jsonl"
    assert read_rows(write("a.jsonl", '[\n{"q": "a"},\n{"q": "b"}\n]')).kind == "json"


def test_a_json_list_broken_off_in_its_middle_is_not_read_as_lines(write):
    with pytest.raises(UserError, match="not valid JSON"):
        read_rows(write("a.json", '[\n{"q": "a"},\n{"q": "b"},\n{"q": "c"}\n'))


def workbook() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (workbook(), "a workbook that cannot be read"),
        (b"PK\x03\x04....", "a zip archive that cannot be read"),
        (b"%PDF-1.7 ...", "a PDF that cannot be read"),
        (b"PAR1....", "no whole Parquet file"),
        (b"\x1f\x8b\x08....", "packed, and what is packed is damaged"),
        (b"7z\xbc\xaf\x27\x1c....", "a 7z archive: unpack it first"),
        (b"\0" * 257 + b"ustar" + b"\0" * 99, "a tar archive"),
        (b"\xd0\xcf\x11\xe0....", "an old Excel"),
        (bytes(range(256)) * 10, "not text in any encoding"),
    ],
)
def test_another_kind_of_file_called_csv_is_named_for_what_it_is(write, content, says):
    with pytest.raises(UserError) as raised:
        read_rows(write("faq.csv", content))
    assert str(raised.value).startswith("faq.csv is ") and says in str(raised.value)


# ---- the path


def test_a_path_that_is_no_plain_file_is_refused(tmp_path, write):
    os.mkfifo(tmp_path / "pipe.csv")
    for path, says in [
        (tmp_path, "holds no file that can be read: no table"),
        (tmp_path / "pipe.csv", "not a plain file"),
        (tmp_path / "none.csv", "There is no file none.csv"),
        (tmp_path / ("x" * 300), "cannot be read"),
        ("a\x00b.csv", "cannot be read"),
        ("/dev/zero", "not a plain file"),
    ]:
        with pytest.raises(UserError, match=says):
            read_rows(path)


def test_a_name_in_a_message_is_one_short_printable_line(write):
    path = write("a\n\u202e\x1b[31m" + "x" * 200 + ".csv", b"")
    with pytest.raises(UserError) as raised:
        read_rows(path)
    assert str(raised.value).isprintable() and len(str(raised.value)) < 120


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "big.csv"
    with open(path, "wb") as stream:
        stream.truncate(Limits().file_bytes + 1)
    with pytest.raises(UserError, match="big.csv is larger than 200 MB, the most that can be read"):
        read_rows(path)


def test_messages_call_the_file_by_the_users_name(write):
    with pytest.raises(UserError, match="^faq of ours is empty"):
        read_rows(write("0f3a.csv", b""), name="faq of ours")


# ---- encodings


@pytest.mark.parametrize(
    ("encoding", "reported"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
        ("cp932", "cp932"),
    ],
)
def test_a_japanese_csv_reads_the_same_in_every_encoding(write, encoding, reported):
    table = read_rows(write("a.csv", JAPANESE, encoding=encoding))
    assert table.encoding == reported and table.columns == ("質問", "回答")
    assert table.rows[1] == {"質問": "営業時間は？", "回答": "午前９時から午後５時までです。①髙﨑"}


@pytest.mark.parametrize("encoding", ["euc_jp", "shift_jis", "iso2022_jp", "utf-16-le", "utf-16-be"])
def test_a_japanese_csv_without_a_mark_is_recognised(write, encoding):
    text = JAPANESE.replace("①髙﨑", "")
    table = read_rows(write("a.csv", text, encoding=encoding))
    assert table.rows[0] == {"質問": "返品はできますか", "回答": "はい、７日以内なら可能です。"}
    assert table.encoding == encoding.replace("shift_jis", "cp932")


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
def test_a_very_short_japanese_file_is_recognised(write, encoding):
    assert read_rows(write("a.csv", "質問,回答\nはい,いいえ\n", encoding=encoding)).columns == ("質問", "回答")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_western_text_is_recognised(write, encoding):
    text = "question,réponse\nOù est le café ?,À côté de la mairie\nÇa coûte combien ?,Cinq euros déjà\n"
    assert read_rows(write("a.csv", text, encoding=encoding)).rows[1]["réponse"] == "Cinq euros déjà"


def test_one_accent_in_an_english_file_is_kept(write):
    text = "question,answer\nWhere?,At the café\n" + "Open?,Every day of the week\n" * 100
    assert read_rows(write("a.csv", text, encoding="latin-1")).rows[0]["answer"] == "At the café"


def test_a_row_pasted_in_another_encoding_is_left_out_and_the_rest_kept(write):
    text = "question,answer\n" + "Où?,À côté\n" * 20
    table = read_rows(write("a.csv", text.encode() + "Où?,Là\n".encode("latin-1")))
    assert len(table.rows) == 20 and table.num_rows == 21
    assert table.issues[0].source_row == 21 and table.issues[0].code == "bad_encoding"


def test_utf16_broken_off_in_a_character_costs_the_last_row(write):
    table = read_rows(write("a.csv", "question,answer\na,b\nc,d".encode("utf-16")[:-1]))
    assert table.rows == [{"question": "a", "answer": "b"}] and table.num_rows == 2


# ---- anything


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".tsv", ".json", ".jsonl", ".txt", ""]))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory, content, suffix):
    path = tmp_path_factory.mktemp("any") / f"file{suffix}"
    path.write_bytes(content)
    try:
        table = read_rows(path)
    except UserError as error:
        assert str(error).isprintable()
    else:
        assert len(table.rows) == len(table.numbers) == len(set(table.numbers))
        assert all(set(row) <= set(table.columns) for row in table.rows)


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet='q,;\t"\n\r a{}[]:\\1é', max_size=80), suffix=st.sampled_from([".csv", ".json", ".jsonl"]))
def test_any_text_of_quotes_brackets_and_breaks_is_read_or_refused(tmp_path_factory, text, suffix):
    path = tmp_path_factory.mktemp("any") / f"file{suffix}"
    path.write_bytes(text.encode())
    try:
        table = read_rows(path)
    except UserError:
        return
    dropped = [issue.source_row for issue in table.issues if issue.dropped]
    assert sorted([*table.numbers, *dropped]) == sorted({*table.numbers, *dropped})
    assert table.num_rows == len(table.numbers) + len(dropped)

"""Documents as passages: every text kept, each with its headings, its place and its document."""

import io

import docx
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from engine.data.documents import PASSAGE
from engine.data.inspect import inspect_file
from engine.data.markup import markdown_blocks
from engine.data.prepare import prepare
from engine.data.read import read_rows
from engine.rundir import create
from engine.schema import UserError
from engine.specs import resolve_spec

MANUAL = """---
title: "Coffee maker"
---
<!-- draft
-->
Welcome.

# Before first use

Rinse the tank.

```sh
# no heading
```

## Water ##

Fill it to the mark.

Care
----

Wipe it.
"""
PAGE = """<!doctype html><html><head><title>Coffee maker</title><style>p {}</style></head><body>
<nav><a href="/">Home</a></nav><h1>Coffee maker</h1><p>Welcome, <b>reader</b>.</p>
<script>alert(1)</script>
<h2>Water</h2><ul><li>Fill it.<li>Close it.</ul><table><tr><th>Cups</th><td>4</td></tr></table>
<pre>a
  b</pre><footer>© us</footer></body></html>"""


def heads(table) -> list[tuple[str, str]]:
    return [(row["heading"], row["text"]) for row in table.rows]


def test_markdown_is_divided_at_its_headings_with_lines_and_document(write):
    table = read_rows(write("manual.md", MANUAL))
    assert heads(table) == [
        ("Coffee maker", "Welcome."),
        ("Coffee maker > Before first use", "Rinse the tank.\n\n```sh\n# no heading\n```"),
        ("Coffee maker > Before first use > Water", "Fill it to the mark."),
        ("Coffee maker > Before first use > Care", "Wipe it."),
    ]
    assert [row["place"] for row in table.rows] == ["L6-6", "L10-14", "L18-18", "L23-23"]
    assert {row["group"] for row in table.rows} == {"manual.md"} and table.numbers == [1, 2, 3, 4]
    assert table.kind == "documents" and table.encoding == "utf-8"
    lines = MANUAL.split("\n")
    assert [lines[int(row["place"][1:].split("-")[0]) - 1] for row in table.rows][1:3] == [
        "Rinse the tank.",
        "Fill it to the mark.",
    ]


def test_a_page_is_divided_at_its_headings_without_scripts_and_navigation(write):
    table = read_rows(write("manual.html", PAGE))
    assert heads(table) == [
        ("Coffee maker", "Welcome, reader."),
        ("Coffee maker > Water", "- Fill it.\n- Close it.\n\nCups | 4\n\na\n  b"),
    ]


def test_a_page_is_read_in_the_encoding_it_names(write):
    page = '<html><head><meta charset="euc-jp"><title>緑茶</title></head><body><p>お湯を注ぐ。</p></body></html>'
    assert heads(read_rows(write("a.html", page, "euc_jp"))) == [("緑茶", "お湯を注ぐ。")]


def test_plain_text_is_divided_where_a_reader_pauses_and_nothing_is_lost(write):
    text = "\n\n".join(f"Paragraph {n}. " + "Words go on and on. " * 20 for n in range(30))
    table = read_rows(write("a.txt", text))
    assert 1 < len(table.rows) and all(len(row["text"]) <= PASSAGE for row in table.rows)
    assert "".join("".join(row["text"] for row in table.rows).split()) == "".join(text.split())
    assert all(row["text"].startswith("Paragraph") for row in table.rows)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("question\tanswer\na\tb\n", "csv"),
        ('{"q": "a"}\n{"q": "b"}\n', "jsonl"),
        ("a, b\nc\n", "documents"),
        ("name,age\nA,1\nB,2\nC,3\n", "csv"),
    ],
)
def test_a_table_called_txt_is_a_table(write, text, kind):
    assert read_rows(write("a.txt", text)).kind == kind


def pdf(pages: list[str], outline: dict[str, int] | None = None, **changes) -> bytes:
    writer = pypdf.PdfWriter()
    for text in pages:
        page = writer.add_blank_page(300, 300)
        named = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        font = DictionaryObject({NameObject(key): NameObject(value) for key, value in named.items()})
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = content
    parent = None
    for title, number in (outline or {}).items():
        parent = writer.add_outline_item(title, page_number=number, parent=parent)
    if "password" in changes:
        writer.encrypt(changes["password"])
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_pdf_has_a_passage_a_page_under_the_headings_of_its_outline(write):
    table = read_rows(write("manual.pdf", pdf(["Rinse it.", "Fill it.", ""], {"Manual": 0, "Water": 1})))
    assert heads(table) == [("Manual", "Rinse it."), ("Manual > Water", "Fill it.")]
    assert [row["place"] for row in table.rows] == ["p.1", "p.2"] and table.num_rows == 3
    assert [i.message for i in table.issues] == [
        "manual.pdf, page 3 has no text. A scan must be read by a text recogniser first."
    ]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (pdf(["Rinse it."])[:200], "a PDF that cannot be read"),
        (pdf(["Rinse it."], password="x"), "has a password"),
        (pdf([""]), "no document with text in it. a.pdf, page 1 has no text"),
    ],
)
def test_a_pdf_that_cannot_be_read_is_refused_in_words(write, raw, says):
    with pytest.raises(UserError, match=says):
        read_rows(write("a.pdf", raw))


def word() -> bytes:
    document = docx.Document()
    document.add_heading("取扱説明書", 0)
    document.add_heading("準備", 1)
    document.add_paragraph("タンクをすすぐ。")
    document.add_heading("水", 2)
    document.add_paragraph("線まで入れる。")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "杯", "4"
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_a_word_document_is_divided_at_its_headings_and_keeps_its_tables(write):
    table = read_rows(write("manual.docx", word()))
    assert heads(table) == [
        ("取扱説明書 > 準備", "タンクをすすぐ。"),
        ("取扱説明書 > 準備 > 水", "線まで入れる。\n\n杯 | 4"),
    ]
    assert [row["place"] for row in table.rows] == ["¶3", "¶5"]
    with pytest.raises(UserError, match="cannot be read"):
        read_rows(write("b.docx", word()[:-50]))


@pytest.fixture
def folder(tmp_path):
    for n in range(12):
        (tmp_path / f"doc{n}.md").write_text(f"# Part {n}\n\nText {n}.\n\n## More\n\nFurther {n}.\n")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "empty.txt").write_bytes(b"")
    return tmp_path


def test_a_folder_of_documents_is_trained_on_with_whole_documents_held_out(folder):
    found = inspect_file(folder)
    assert (found["format"], found["accepted"], found["dropped"], found["groups"]) == ("text", 24, 2, 12)
    assert found["sample"][0]["completion"] == "Part 0\n\nText 0." and found["kinds"] == ["text"]
    assert found["reasons"] == {"file_left_out": 2}
    spec = resolve_spec({"data": {"train": {"path": str(folder)}}, "method": "continued_pretraining"})
    run = create(spec)
    prepare(spec, run)
    trained = {example.group for example in run.examples("train")}
    assert trained and not trained & {example.group for example in run.examples("test") if example.suite == "unseen"}
    (folder / "logo.png").write_bytes(b"other")
    resolve_spec(spec.model_dump(mode="json"))
    (folder / "doc1.md").write_text("changed")
    with pytest.raises(UserError, match="has changed since"):
        resolve_spec(spec.model_dump(mode="json"))


@settings(max_examples=80, deadline=None)
@given(text=st.text(alphabet="#=- `\n~ab<!>|\t", max_size=120))
def test_any_markdown_keeps_every_letter(text):
    blocks = markdown_blocks(text)
    if "<!--" not in text and "---" not in text[:4]:
        letters = lambda words: sum(char in "ab" for char in words)  # noqa: E731
        told = dict.fromkeys(heading for block in blocks for heading in block.heading)
        assert letters("".join(block.text for block in blocks)) <= letters(text)
        assert all(block.text.strip() for block in blocks) and all(told)


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=200), name=st.sampled_from(["a.md", "a.html", "a.pdf", "a.docx", "a.txt"]))
def test_any_bytes_called_a_document_are_read_or_refused_in_words(tmp_path_factory, content, name):
    start = b"%PDF-1.4\n" if name == "a.pdf" else b""
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(start + content)
    try:
        table = read_rows(path)
    except UserError as error:
        assert str(error).isprintable()
    else:
        assert table.rows and len(table.numbers) == len(set(table.numbers))


def test_hostile_markup_is_text_and_deep_nesting_is_survived(write):
    page = "<h1><img src=x onerror=alert(1)>T</h1><p>${alert(1)} &lt;script&gt;</p>" + "<div>" * 50_000 + "x"
    rows = read_rows(write("a.html", page)).rows
    assert rows[0]["heading"] == "T" and "${alert(1)} <script>" in rows[0]["text"]
    long = "#" + " " * 200_000 + "\n" + "<!--" * 100_000 + "\n" + "=" * 100_000
    assert markdown_blocks(long)

"""Why data cannot be read, taken in or prepared is told in Japanese too: every sentence that is raised, found again."""

import ast
import gzip
import importlib
import re
import string
import zipfile
from pathlib import Path

import openpyxl
import pytest

import engine
from engine import uploads
from engine.data.files import MAGIC
from engine.data.load import load
from engine.data.prepare import KINDS
from engine.data.read import read_source
from engine.registry import formats, methods
from engine.schema import Source, UserError
from engine.sentences import _like, _patterns, _words, told
from engine.text import entries, text

ROOT = Path(engine.__file__).parent
ENGLISH = re.compile(r"(?<![\w<])[a-z]{2,}(?: [a-z]{2,}){2,}")  # three words in a row
# Raised in a file, but no whole sentence there: what stands around it is told in another raise of the same file.
PARTS = {("data/packed.py", "str(error)"), ("data/packed.py", "'it ends too early'")}
# What is filled in, by the words of the source that fill it (and its module); the rest the module itself works out.
FILLED = (
    (r"^_kind\(|^kind$", "a picture"),
    ("edits:what", "is not there any more"),
    ("launch:what", "preview"),
    (r"^place$", "faq.json, line 3, column 9"),
    (r"^why$", "a reward model is learnt from pairs. Set reward to metric and name the metric, or give pairs"),
    (r"KINDS\[kind\]", "plain texts or answers with a thumbs-up or thumbs-down label"),
    (r"KINDS", "prompts without an answer"),
    (r"method.title", "LoRA"),
    (r"fitting", "Adapter, DPO"),
    (r"^needs$", "Question and answer: question, answer; Plain documents: text"),
    (r"how_to_raise|raising", " KURABE_MAX_FILES raises this limit."),
    (r"^hint$", " Did you mean 'answer'?"),
    ("columnar:first", "Extra data"),
    ("hub:first", "timed out"),
    (r"^first$", "Row 3: 'answer' is empty."),
    (r"ending", ".exe"),
    (r"len|lineno|colno|line|begin|pages|most|total|ratio|limit|number|row|dropped|returncode", "1,200"),
    (r"EXAMPLE", 'such as {"question": "...", "answer": "..."}'),
    (r"error|reason|msg|strerror", "Extra data"),
    (r"have|names|_names|counts|found|sheets|columns", "question, answer"),
    (r"name|path|file|ref|archive|source|folder", "faq 2.csv"),
)


def filled(expression: str, module: object) -> str:
    try:
        return str(eval(expression, vars(module)))  # noqa: S307 - our own source: constants and what they are joined to
    except (NameError, AttributeError, TypeError):
        here = f"{module.__name__.rpartition('.')[2]}:{expression}"
        return next((value for at, value in FILLED if at == here or re.search(at, expression)), "support")


def said(node: ast.AST, module: object, tree: ast.Module) -> list[str]:
    """The example sentences of what stands in a raise: a text, an f-string, or what a name or a function gives."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = [
            part.value if isinstance(part, ast.Constant) else filled(ast.unparse(part.value), module)
            for part in node.values
        ]
        return [re.sub(" {2,}", " ", "".join(parts)).strip()]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rstrip":
        return said(node.func.value, module, tree)
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.name == called]
    given = [r.value for f in functions for r in ast.walk(f) if isinstance(r, ast.Return)]
    if isinstance(node, ast.Name):
        sets = [a for a in ast.walk(tree) if isinstance(a, ast.Assign) and ast.unparse(a.targets[0]) == node.id]
        given = [a.value for a in sets if isinstance(a.value, ast.JoinedStr)]
    return [sentence for value in given for sentence in said(value, module, tree)]


def raised() -> list[tuple[str, str]]:
    """(file and line, an example of what is raised) of every UserError made in the rooms where data is read."""
    found = []
    for path in [*sorted((ROOT / "data").rglob("*.py")), ROOT / "uploads.py", ROOT / "launch.py", ROOT / "showcase.py"]:
        inside = path.relative_to(ROOT)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for node in calls:
            if getattr(node.func, "id", "") not in ("UserError", "NotJson"):
                continue
            if (inside.as_posix(), ast.unparse(node.args[0])) in PARTS:
                continue
            module = importlib.import_module(".".join(("engine", *inside.with_suffix("").parts)))
            examples = said(node.args[0], module, tree)
            assert examples, f"{inside}:{node.lineno}: how is this composed?"
            found += [(f"{inside}:{node.lineno}", example) for example in examples]
    return found


RAISED = raised()


def japanese(message: str) -> str:
    found = told(UserError(message), "ja")
    assert found != message, message
    assert re.search("[ぁ-ん]", found), found
    assert not ENGLISH.search(found), found
    return found


def test_there_are_as_many_as_are_raised():
    assert len(RAISED) > 80


@pytest.mark.parametrize(("where", "sentence"), RAISED, ids=[where for where, _ in RAISED])
def test_every_error_that_is_raised_is_found_again(where, sentence):
    japanese(sentence)


@pytest.mark.parametrize(
    "because",
    ["7", "b.csv is empty.", "Row 2 is nested too deeply.", "b.csv has a password. Pack it again without one."],
)
def test_every_sentence_is_found_by_itself_and_not_by_another(because):
    keys = [key for key, _ in _patterns("error.")]
    assert len(keys) > 80
    for key in keys:
        names = [name for _, name, _, _ in string.Formatter().parse(entries()[key]["en"]) if name]
        whole = text(key, "en", **{name: because if name == "because" else "7" for name in names})
        assert _like(whole, "error.") == (key, {name: because if name == "because" else "7" for name in names})


def test_every_kind_that_is_named_has_its_word():
    named = [kind for _, kind in MAGIC] + list(KINDS.values())
    named += [shape.title for shape in formats().values()] + [method.title for method in methods().values()]
    assert [word for word in named if word not in _words("ja")] == []


def failing(path: Path, **source) -> str:
    """The Japanese of what reading and converting that file raises."""
    with pytest.raises(UserError) as problem:
        load(Source(path=str(path), **source)).required()
    return japanese(str(problem.value))


@pytest.mark.parametrize(
    ("name", "content", "holds"),
    [
        ("leer.csv", "", "空です"),
        ("kopf.csv", "question,answer\n", "見出しだけがあり"),
        ("zitat.csv", 'question,answer\n"a,b\nc,d\n', "の2行目：二重引用符"),
        ("kaputt.json", '[{"question": "a", "answer": "b"', "1行目33文字目：正しいJSONではありません"),
        ("komma.json", '[{"a": 1} {"a": 2}]', "区切りの「,」がありません"),
        ("zahl.json", "{}", "1つのオブジェクト"),
        ("namen.json", "question;answer", "JSONという名前ですが、「question;answer」で"),
        ("liste.jsonl", "[1]\n[2]\n", "1行目：オブジェクト（例："),
        ("bild.csv", "\x89PNG\r\n", "画像"),
        ("spalten.csv", "colour,size\nred,7\n", "質問と回答: question, answer"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, holds):
    path = tmp_path / name
    path.write_bytes(content.encode("latin-1"))
    found = failing(path)
    assert name in found and holds in found, found


def test_rows_and_columns_that_cannot_be_used(tmp_path):
    path = tmp_path / "faq.csv"
    path.write_text("question,answer\nWhen?,\nWho?,\n", encoding="utf-8")
    assert failing(path) == "faq.csv：2行のうち、使える行がありません。1行目：「回答」が空です。"
    asked = {"format": "question_answer", "columns": {"question": "question", "answer": "answers"}}
    assert failing(path, **asked) == (
        "faq.csv に列「answers」がありません。「answer」ではありませんか。ある列：question, answer。"
    )
    assert failing(path, format="faq").startswith("形式「faq」はありません。")
    assert "faq.csv は、この学習を設定した後に変更されています" in failing(path, sha256="0" * 64)


def test_files_that_are_not_there_or_too_large(tmp_path, monkeypatch):
    assert "rows.csv がありません" in failing(tmp_path / "rows.csv")
    monkeypatch.setenv("KURABE_MAX_FILE_MB", "1")
    large = tmp_path / "gross.csv"
    large.write_text("question,answer\n" + "a,b\n" * 300_000)
    found = failing(large)
    assert found.startswith("gross.csv は大きすぎます（上限は1 MB）。行の一部だけを選んでください。")
    assert found.endswith("上限は KURABE_MAX_FILE_MB で変更できます。")
    monkeypatch.setenv("KURABE_MAX_FILE_MB", "many")
    assert failing(large).startswith("KURABE_MAX_FILE_MB の値「many」は使えません。")


def test_workbooks_and_archives(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Preise"
    book.active.append(["question", "answer"])
    book.active.append(["How much?", "Two."])
    book.save(tmp_path / "buch.xlsx")
    assert failing(tmp_path / "buch.xlsx", sheet="Kosten") == (
        "buch.xlsx にシート「Kosten」がありません。あるシート：Preise。この中から選んでください。"
    )
    (tmp_path / "halb.zip").write_bytes(b"PK\x03\x04 and no more")
    assert failing(tmp_path / "halb.zip").startswith("halb.zip はzipアーカイブとして読み込めません（zipファイル")
    with zipfile.ZipFile(tmp_path / "zwei.zip", "w") as archive:
        archive.writestr("a.csv", "question,answer\n")
        archive.writestr("b.csv", "")
    found = failing(tmp_path / "zwei.zip")
    assert found.startswith(
        "zwei.zip に、読み込める表がありません。a.csv には見出しだけがあり、その下に行がありません。"
    )
    with zipfile.ZipFile(tmp_path / "drei.zip", "w") as archive:
        archive.writestr("a.csv", "question,answer\nWho?,Me.\n")
        archive.writestr("b.csv", "")
    (tmp_path / "half.csv.gz").write_bytes(gzip.compress(b"question,answer\nWho?,Me.\n")[:-12])
    assert failing(tmp_path / "half.csv.gz").endswith(
        "破損しているか、途中で切れています（途中で終わっています）。圧縮し直してください。"
    )
    issues = {issue.code: issue.message for issue in read_source(Source(path=str(tmp_path / "drei.zip"))).issues}
    assert told(issues["file_left_out"], "ja") == "b.csv は空です。中身のあるファイルを選んでください。"


def test_uploads_that_cannot_be_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("KURABE_HOME", str(tmp_path / "home"))
    (tmp_path / "rows.exe").write_bytes(b"x")
    with pytest.raises(UserError) as problem:
        uploads.keep([tmp_path / "rows.exe"])
    assert japanese(str(problem.value)).startswith(".exeのファイルは読み込めません。表（")
    with pytest.raises(UserError) as problem:
        uploads.find("../../etc/passwd")
    assert japanese(str(problem.value)) == "アップロードしたファイルがなくなっています。もう一度選んでください。"


def test_rows_and_files_before_a_sentence_stay():
    assert told("Row 3: 'answer' is empty.", "ja") == "3行目：「回答」が空です。"
    assert told("a.csv: Row 3: 'answer' is empty.", "ja") == "a.csv: 3行目：「回答」が空です。"
    nested = "a.zip holds no table that can be read. b.csv: Row 1 is nested too deeply."
    assert told(nested, "ja").startswith("a.zip に、読み込める表がありません。b.csv: 1行目：入れ子が")


def test_what_is_composed_where_it_is_raised():
    """The other half of a sentence of which the walk above sees one."""
    assert "修正時と異なります" in japanese(
        "a.csv: row 7 holds something else now, and a correction made by hand was for what it held. The file or the "
        "choice of its columns has changed. Choose as before, or take the correction of row 7 back."
    )
    assert japanese("a.csv has no column 'x'. It has: y.") == "a.csv に列「x」がありません。ある列：y。"
    assert "文字のある文書がありません" in japanese("a.zip holds no document with text in it.")
    assert "見積もりがシステムによって" in japanese(
        "The forecast was ended by the system (signal 9), most likely for want of memory."
    )
    assert "終了コード1" in japanese("exit code 1")


def test_english_and_what_is_unknown_stay_as_they_are():
    message = "faq.csv is empty."
    assert told(UserError(message), "en") == message
    for unknown in ("Something new went wrong.", "model: there is no model folder x.", ""):
        assert told(unknown, "ja") == unknown


def test_the_page_shows_no_error_as_it_was_raised():
    for path in (ROOT.parent / "ui").rglob("*.py"):
        assert "str(problem)" not in path.read_text(encoding="utf-8"), path

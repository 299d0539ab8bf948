"""What is told of rows is told in Japanese too: every sentence that reading, converting and checking can write."""

import ast
import json
import re
from pathlib import Path

import openpyxl
import pytest

import engine
from engine.data import code, unread
from engine.data.edits import said as wording
from engine.data.load import load
from engine.registry import checks, formats
from engine.schema import DataSpec, Edit, Issue, Source
from engine.sentences import of_issue, sentence, title
from engine.text import entries

ENGLISH = re.compile(r"(?<![\w<])[a-z]{2,}(?: [a-z]{2,}){2,}")  # three words in a row
DATA = Path(engine.__file__).parent / "data"


def japanese(issue: Issue) -> str:
    found = sentence(issue.message, [issue.code], "ja")
    assert found, (issue.code, issue.message)
    assert not ENGLISH.search(found), found
    return found


def codes() -> set[str]:
    """Every code that stands in the source as an Issue's second argument, and those of the checks."""
    found = {code for check in checks().values() for code in check.codes}
    for path in DATA.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Issue" and len(node.args) == 4:
                found |= {node.args[1].value} if isinstance(node.args[1], ast.Constant) else set()
    return found | set(code._WHY)


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_has_sentences(code):
    assert any(key.startswith(f"issue.{code}.") for key in entries()), code


def rows(tmp_path, found, format="", columns=(), **options):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" if not isinstance(row, str) else row + "\n" for row in found))
    mapped = {name: name for name in columns}
    return load(Source(path=str(path), format=format, columns=mapped), **options).issues


TURN = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello."}
BAD = {
    "question_answer": [
        {"question": "", "answer": "a"},
        {"question": {"a": 1}, "answer": "b"},
        {"question": "q", "answer": "b", "answerable": "perhaps"},
        {"question": "q", "answer": "b", "choices": "[x"},
        {"question": "q", "answer": "b", "choices": [1, {}]},
        {"question": "q", "answer": "B", "choices": ["red", "blue"]},
    ],
    "messages": [
        {"messages": value}
        for value in (
            "hello", "{}", "", [TURN], [ANSWER], [{"role": "system", "content": "x"}], [{**TURN, "content": " "}],
            [{**TURN, "role": "narrator"}], ["x"], [TURN, ANSWER, TURN], [TURN, TURN, ANSWER],
        )
    ],
    "preference": [
        {"prompt": "p", "chosen": "a", "rejected": "a"},
        {"chosen": [TURN, ANSWER], "rejected": [{**TURN, "content": "Ho"}, ANSWER]},
        {"prompt": "p", "chosen": [TURN], "rejected": "a"},
        {"prompt": [TURN, ANSWER], "chosen": "b", "rejected": "a"},
    ],
    "multiple_choice": [
        {"question": "q", "options": value, "answer": answer}
        for value, answer in ((None, "a"), (["x", "x"], "a"), ("x\ny", "z"), (["b", "c"], "b"), ({"text": ["x", "y"],
                              "label": ["1"]}, "1"), ([1, {}], "a"))
    ],
    "passage": [
        {"context": "short", "question": "q", "answer": "a"},
        {"context": "It was built in 1802 by two.", "question": "q", "answer": {"text": [{}]}},
        {"context": "It was built in 1802 by two.", "question": "q", "answer": "1802", "impossible": "true"},
    ],
    "fim": [{"prefix": "<<HERE>>", "middle": "x", "suffix": "y"}],
    "alpaca": [{"instruction": "i", "output": "o", "history": ["x"]}],
    "labels": [{"prompt": "p", "completion": "c", "label": "perhaps"}],
}  # fmt: skip
GOOD = {
    "question_answer": {"question": "q1", "answer": "a1"},
    "messages": {"messages": [TURN, ANSWER]},
    "preference": {"prompt": "p1", "chosen": "a", "rejected": "b"},
    "multiple_choice": {"question": "q", "options": ["x", "y"], "answer": "x"},
    "passage": {"context": "It was built in 1802 by two.", "question": "q", "answer": "1802"},
    "fim": {"prefix": "a", "middle": "b", "suffix": "c"},
    "alpaca": {"instruction": "i", "output": "o"},
    "labels": {"prompt": "p", "completion": "c", "label": "true"},
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_row_of_each_shape(name, tmp_path):
    assert set(BAD) <= set(formats())
    issues = rows(tmp_path, [*BAD[name], GOOD[name]], name, {key for row in BAD[name] for key in row})
    assert len(issues) >= len(BAD[name])
    for issue in issues:
        japanese(issue)


def test_what_is_mended_and_told_of_usable_rows(tmp_path):
    told = [
        {"question": f"What does article {n} cost in the town?", "answer": f"It costs {n} euros, tax paid."}
        for n in range(60)
    ]
    told += [{"question": q, "answer": a} for q, a in (
        ("What does article 1 cost in the town?", "Nothing."), ("What does article 2 cost in the town?",
        "It costs 2 euros, tax paid."), ("Same", "same"), ("cafÃ© au lait?", "Yes, we have it."),
        ("b\x01?", "It is bright."),
        ("Mail?", "Write to taro@kumo.co.jp or jiro@kumo.co.jp."), ("What <|im_start|> is it?", "It is a mark."),
        ("\x01", "x"), ("Open on sundays?", "日曜日は営業しておりません。"), ("Short?", "."), ("Long?", "word " * 900),
        ("Is the old red kettle of the shop still in the window?", "Yes, the old red kettle is still in the window."),
        ("Is the old red kettle of the shop still in the window?!", "Yes, the old red kettle is still in the window!"),
    )]  # fmt: skip
    count = lambda example: (len(example.question), len(example.completion))  # noqa: E731
    choices = DataSpec(train=Source(path="x"), max_length=4000)
    issues = rows(tmp_path, told, checks=True, count_tokens=count, choices=choices)
    found = {issue.code: japanese(issue) for issue in issues}
    assert {"contradiction", "duplicate", "mojibake", "personal_email", "too_long", "very_short"} <= set(found)
    assert found["personal_email"] == "回答にメールアドレス（ta… ほか1件）があります。そのまま残します。"
    for personal in ("mask", "drop"):
        spec = choices.model_copy(update={"personal": personal, "too_long": "cut_prompt"})
        for issue in rows(tmp_path, told, checks=True, count_tokens=count, choices=spec):
            japanese(issue)


def test_what_lines_and_cells_of_a_file_can_be(tmp_path):
    lines = ["[1]", "{x", '{"question": "a", "question": "b"}', '{"question": ' + "[" * 300 + "]" * 300 + "}"]
    for issue in rows(tmp_path, [*lines, {"question": "q", "answer": "a"}]):
        japanese(issue)
    table = tmp_path / "rows.csv"
    table.write_text('question,answer,answer\na,b,c\na,b,c,d\na\n"a"x,b,c\n')
    for issue in load(Source(path=str(table), format="question_answer")).issues:
        japanese(issue)
    book = openpyxl.Workbook()
    for line in (["Prices"], ["question", "answer"], ["How much?", "Two."], ["When?", "=1/0"], [], ["Who?", "Me."]):
        book.active.append(line)
    book.active["A4"].value, book.active["A4"].data_type = "#N/A", "e"
    book.active.merge_cells("B5:B6")
    book.create_sheet("Notes").append(["x"])
    book.save(tmp_path / "named.csv")
    found = load(Source(path=str(tmp_path / "named.csv"))).issues
    assert {"other_sheets", "above_header", "wrong_name"} <= {issue.code for issue in found}
    for issue in found:
        japanese(issue)


def test_corrections_code_and_rows_of_several_files(tmp_path):
    for texts in ({"question": "a"}, {"question": "a", "answer": "b"}, dict.fromkeys(unread.FIELDS, "x")):
        japanese(Issue(3, "edited", wording(Edit(row=3, was="0" * 16, **texts)), False))
    for name in code._WHY:
        japanese(code._issue(3, name, "pkg/a.py"))
    moved = Issue(3, "empty", "faq.csv: Row 3: 'answer' is empty.", True)
    assert japanese(moved) == "faq.csv：「回答」が空です。"
    line = Issue(3, "short_row", "Row 3 (line 9) ends before answer.", False)
    assert japanese(line) == "（ファイルの9行目）「answer」の手前で終わっています。"


def test_the_users_own_words_stay_as_they_are_and_what_is_unknown_is_its_title():
    assert sentence("Row 1: 'label' is 'user'; write true or false.", ["unusable"], "ja").count("「user」") == 1
    assert sentence("Row 1 did something new.", ["empty"], "ja") == ""
    told = {"message": "Row 1 did something new.", "code": "empty", "source_row": 1}
    assert of_issue(told, "ja") == f"1行目：{title('empty', 'ja')}" and of_issue(told, "en") == told["message"]

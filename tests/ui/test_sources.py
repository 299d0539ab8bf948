"""Which sheet of a workbook is read, and how much each of several files counts: chosen on the page, kept in the run."""

import openpyxl
import pytest

from engine import uploads
from engine.schema import UserError
from ui import drafts, row_choices
from ui.drafts import SLOTS
from ui.tabs import sources, use_case


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KURABE_HOME", str(tmp_path / "home"))


def table(path, *, header="question,answer", n=12, about="shop"):
    path.write_text(f"{header}\n" + "".join(f"What of {about} {i}?,It is {about} number {i}.\n" for i in range(n)))
    return path


def chosen(token, choices, shape="question_answer", columns=("question", "answer")):
    filled = [*columns, *[None] * (SLOTS - len(columns))]
    return drafts.data_only("own", token, shape, filled, choices, lang="en").data


def test_tables_chosen_together_are_sources_with_a_weight_each(tmp_path):
    files = [table(tmp_path / f"{name}.csv", about=name) for name in ("shop", "stock")]
    token, choices = sources.keep(files)
    assert uploads.name(token) == "shop.csv" and [one["weight"] for one in row_choices.more(choices)] == [1]
    _, said, first, second, *_ = sources.shown(token, choices, "en")
    assert "shop.csv" in said and "stock.csv" in first["label"] and second["visible"] is False
    data = chosen(token, sources.weighed(choices, 0.5, 1, 1))
    assert [other.weight for other in data.more] == [0.5] and len(data.more[0].source.sha256) == 64


def test_what_is_no_weight_leaves_the_one_before(tmp_path):
    _, choices = sources.keep([table(tmp_path / f"{name}.csv", about=name) for name in ("a", "b")])
    for nonsense in (None, 0, -1, 1000, "x"):
        assert row_choices.more(sources.weighed(choices, nonsense))[0]["weight"] == 1


def test_a_second_file_whose_columns_say_nothing_is_read_as_the_first(tmp_path):
    first, second = (table(tmp_path / f"{name}.csv", header="kore,sore", about=name) for name in ("a", "b"))
    token, choices = sources.keep([first, second])
    other = chosen(token, choices, columns=("kore", "sore")).more[0].source
    assert other.format == "question_answer" and other.columns["answer"] == "sore"


def test_documents_and_one_file_are_kept_as_before(tmp_path):
    note = tmp_path / "note.md"
    note.write_text("# Note\n\nWe are open.\n")
    assert sources.keep([note, table(tmp_path / "a.csv")])[0].endswith(".zip")
    assert sources.keep([note])[1] == ""


def test_a_held_choice_that_is_damaged_is_refused_in_words(tmp_path):
    token, _ = sources.keep([table(tmp_path / "a.csv")])
    for other in ({"upload": "../../etc/passwd", "weight": 1}, {"upload": token, "weight": "much"}):
        with pytest.raises(UserError):
            chosen(token, row_choices.write({"more": [other]}))


def test_another_sheet_is_read_as_another_file_and_reaches_the_run(tmp_path):
    book = openpyxl.Workbook()
    for sheet, about in ((book.active, "shop"), (book.create_sheet("Stock"), "stock")):
        sheet.append(["question", "answer"])
        for i in range(12):
            sheet.append([f"What of {about} {i}?", f"It is {about} number {i}."])
    book.active.title = "Shop"
    book.save(tmp_path / "faq.xlsx")
    token, choices = sources.keep([tmp_path / "faq.xlsx"])
    sheet = sources.shown(token, choices, "en")[0]
    assert sheet["choices"] == ["Shop", "Stock"] and sheet["value"] == "Shop" and sheet["visible"]
    drawn = use_case.another_sheet("en", token, choices, "Stock")
    account, choices = drawn[1 + SLOTS], drawn[2 + SLOTS]
    assert "stock number 0" in account and row_choices.sheet(choices) == "Stock"
    assert chosen(token, choices).train.sheet == "Stock"
    assert drafts.kinds("own", token, "question_answer", ["question", "answer"], choices) == ("completion",)

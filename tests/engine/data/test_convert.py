"""Which shape a file has, which column is which, and what becomes of each row."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.account import account
from engine.data.clean import clean
from engine.data.columns import fold_name
from engine.data.convert import convert, detect
from engine.data.read import Table, read_rows
from engine.registry import formats
from engine.schema import UserError


def table(*rows: dict, name: str = "faq.csv") -> Table:
    columns = tuple(dict.fromkeys(column for row in rows for column in row))
    return Table(name, columns, list(rows), list(range(1, len(rows) + 1)), "utf-8", "csv")


@pytest.mark.parametrize(
    ("columns", "format", "mapped"),
    [
        (("question", "answer"), "question_answer", {"question": "question", "answer": "answer"}),
        ((" Question ", "ANSWER"), "question_answer", {"question": " Question ", "answer": "ANSWER"}),
        (("質問", "回答"), "question_answer", {"question": "質問", "answer": "回答"}),
        (("問い", "答え"), "question_answer", {"question": "問い", "answer": "答え"}),
        (("指示", "入力", "出力"), "alpaca", {"instruction": "指示", "input": "入力", "output": "出力"}),
        (("instruction", "input", "output"), "alpaca", dict.fromkeys(["instruction", "input", "output"])),
        (
            ("instruction", "context", "response", "category"),
            "alpaca",
            {"instruction": "instruction", "input": "context", "output": "response"},
        ),
        (("prompt", "completion"), "prompt_completion", dict.fromkeys(["prompt", "completion"])),
        (("プロンプト", "応答"), "prompt_completion", {"prompt": "プロンプト", "completion": "応答"}),
        (("input", "output"), "prompt_completion", {"prompt": "input", "completion": "output"}),
        (("prompt", "chosen", "rejected"), "preference", dict.fromkeys(["prompt", "chosen", "rejected"])),
        (
            ("質問", "良い回答", "悪い回答"),
            "preference",
            {"prompt": "質問", "chosen": "良い回答", "rejected": "悪い回答"},
        ),
        (
            ("context", "question", "answer"),
            "passage",
            dict.fromkeys(["context", "question", "answer"]),
        ),
        (("prompt", "code", "task_id"), "prompt_completion", {"prompt": "prompt", "completion": "code"}),
        (("prefix", "Middle ", "suffix"), "fim", {"prefix": "prefix", "middle": "Middle ", "suffix": "suffix"}),
        (("prompt", "id"), "prompts", {"prompt": "prompt"}),
        (("text", "title"), "text", {"text": "text"}),
        (("本文",), "text", {"text": "本文"}),
    ],
)
def test_the_shape_is_told_from_the_columns(columns, format, mapped):
    cells = ("a text of more than a few words", *"bcd")
    found = detect(table(dict(zip(columns, cells, strict=False))))
    assert found.format == format
    assert found.columns == {field: column or field for field, column in mapped.items()}
    assert found.confidence >= 0.9


def test_chat_messages_are_told_from_column_and_values():
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert detect(table({"messages": turns, "id": "1"})).confidence == 1.0
    assert detect(table({"messages": "hello"})).confidence == 0.0


def test_a_synonym_is_less_sure_and_rows_that_do_not_convert_lower_the_confidence():
    assert detect(table({"question": "a", "answer": "b"})).confidence == 1.0
    assert detect(table({"質問": "a", "回答": "b"})).confidence == 0.9
    assert detect(table({"question": "a", "answer": "b"}, {"question": "a", "answer": ""})).confidence == 0.5


def test_two_shapes_that_fit_other_columns_halve_the_confidence():
    found = detect(table({"question": "a", "answer": "b", "prompt": "c", "completion": "d"}))
    assert found.confidence == 0.5 and {c.format for c in found.candidates[:2]} == {
        "prompt_completion",
        "question_answer",
    }


def test_pairs_of_conversations_as_ultrafeedback_writes_them_are_told():
    talk = [[{"role": "user", "content": "a"}, {"role": "assistant", "content": word}] for word in ("b", "c")]
    row = {"prompt": "a", "prompt_id": "1", "chosen": talk[0], "rejected": talk[1], "messages": talk[0]}
    rows = table({**row, "score_chosen": "8.5", "score_rejected": "2"})
    assert detect(rows).format == "preference"
    (example,), issues = convert(rows)
    assert (example.question, example.completion, example.rejected, issues) == ("a", "b", "c", [])


def test_a_label_makes_an_answer_a_rated_one_only_where_it_is_one():
    row = {"prompt": "a", "completion": "b", "label": "true"}
    assert detect(table(row)).format == "labels"
    assert detect(table({**row, "label": "sports"})).format == "prompt_completion"


def test_prompts_or_texts_alone_are_found_only_where_no_column_may_hold_an_answer():
    assert detect(table({"prompt": "a", "source": "b"})).format == "prompts"
    assert detect(table({"prompt": "a", "reply": "b"})).format == ""
    assert detect(table({"text": "a", "sentiment": "good"})).format == ""
    assert detect(table({"prompt": "a", "answer": ""}), format="prompts").format == "prompts"
    assert detect(table({"text": "a", "sentiment": "b"}), columns={"text": "text"}).format == "text"
    found = detect(table({"question": "a", "answer": ""}))
    assert (found.format, found.confidence) == ("question_answer", 0.0)


def test_pairs_that_differ_in_the_rejected_answer_alone_have_ids_of_their_own():
    rows = [{"prompt": "a", "chosen": "b", "rejected": word} for word in ("c", "d")]
    examples, _ = convert(table(*rows))
    plain, _ = convert(table({"prompt": "a", "completion": "b"}))
    assert len({example.id for example in [*examples, *plain]}) == 3
    assert clean(examples) == (examples, [])


def test_only_a_column_called_group_is_taken_as_group():
    assert "group" not in detect(table({"question": "a", "answer": "b", "category": "c", "topic": "d"})).columns
    assert detect(table({"question": "a", "answer": "b", "Group": "c"})).columns["group"] == "Group"


def test_a_choices_column_of_another_kind_is_left_alone():
    found = detect(table({"question": "a", "answer": "b", "choices": {"text": ["x"], "label": ["A"]}}))
    assert "choices" not in found.columns and found.confidence == 1.0


CHOOSING = {"question": "What is white?", "choices": ["Tea", "Coffee", "Milk"]}


@pytest.mark.parametrize(
    ("row", "format"),
    [
        ({**CHOOSING, "answer": "2", "subject": "food"}, "multiple_choice"),
        ({**CHOOSING, "answer": "C"}, "multiple_choice"),
        ({**CHOOSING, "answerKey": "C", "choices": {"text": ["Tea", "Milk"], "label": ["B", "C"]}}, "multiple_choice"),
        ({"問題文": "白いのは？", "選択肢": "a 茶\nb 牛乳", "正解": "b"}, "multiple_choice"),
        ({"question": "White?", "A": "Tea", "B": "Milk", "C": "Rum", "answer": "B"}, "choice_columns"),
        ({"goal": "White?", "sol1": "Tea", "sol2": "Milk", "label": "1"}, "choice_columns"),
        ({**CHOOSING, "answer": "Milk."}, "question_answer"),  # the choices are the wrong answers
        ({"question": "1 + 1?", "answer": "2", "choices": ["1", "3", "4"]}, "question_answer"),
        ({"q": "Open?", "a": "Daily."}, "question_answer"),
        ({"question": "Open?", "answer": "Daily.", "context": "shop"}, "question_answer"),  # a topic, no passage
        ({"question": "Open?", "answer": "Daily.", "context": ""}, "question_answer"),
        ({"instruction": "Sum up.", "context": "A long text that goes on.", "response": "Text."}, "alpaca"),
        ({"context": "A long text that goes on.", "question": "On?", "answers": {"text": []}}, "passage"),
        ({"context": "A long text that goes on.", "question": "On?"}, ""),
    ],
)
def test_choices_and_passages_are_told_from_questions_with_answers(row, format):
    assert detect(table(row)).format == format


def test_the_users_columns_override_and_complete_the_found_ones():
    rows = table({"Topic": "t", "customer": "a", "agent": "b", "question": "c", "answer": "d"})
    chosen = {"question": "customer", "answer": " AGENT ", "group": "topic"}
    assert detect(rows, columns=chosen).columns == {"question": "customer", "answer": "agent", "group": "Topic"}
    (example,), issues = convert(rows, columns=chosen)
    assert (example.question, example.completion, example.group, issues) == ("a", "b", "t", [])


def test_an_empty_column_name_means_do_not_use():
    assert "group" not in detect(table({"question": "a", "answer": "b", "group": "c"}), columns={"group": ""}).columns


def test_columns_of_a_shape_choose_the_shape():
    found = detect(table({"a": "x", "b": "y"}), columns={"prompt": "a", "completion": "b"})
    assert found.format == "prompt_completion" and found.confidence == 1.0


def test_a_table_that_fits_nothing_names_its_columns_what_is_needed_and_how_to_map():
    rows = table({"id": "1", "customer": "How much is it?", "agent": "Five euros."})
    assert detect(rows).format == ""
    with pytest.raises(UserError) as raised:
        convert(rows)
    said = str(raised.value)
    assert "faq.csv: its columns (id, customer, agent)" in said and "--columns question=customer,answer=agent" in said
    assert all(field in said for shape in formats().values() for field in shape.required)


def test_half_a_shape_says_which_column_is_missing():
    with pytest.raises(UserError, match="--columns completion=program"):
        convert(table({"prompt": "Write a sum", "program": "a + b"}))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"format": "xml"}, "There is no format 'xml'. There are: alpaca, choice_columns, fim, labels"),
        ({"columns": {"query": "a"}}, "'query' is no field"),
        ({"columns": {"question": "anser"}}, "has no column 'anser'. Did you mean 'answer'? It has: question, answer"),
        ({"format": "alpaca", "columns": {"question": "question"}}, "'question' is no field"),
    ],
)
def test_a_format_field_or_column_that_does_not_exist_is_named(options, says):
    with pytest.raises(UserError) as raised:
        convert(table({"question": "a", "answer": "b"}), **options)
    assert says in str(raised.value)


def test_an_unusable_row_is_dropped_with_its_number_and_reason():
    examples, issues = convert(table({"question": "a", "answer": "b"}, {"question": "c", "answer": " "}))
    assert [example.source_row for example in examples] == [1]
    assert [(i.source_row, i.code, i.message, i.dropped) for i in issues] == [
        (2, "empty", "Row 2: 'answer' is empty.", True)
    ]


def test_the_suite_is_part_of_the_example_and_of_its_id():
    rows = table({"question": "a", "answer": "b"})
    (plain,), _ = convert(rows)
    (test,), _ = convert(rows, suite="reworded")
    assert test.suite == "reworded" and plain.suite == "" and plain.id != test.id


def test_every_row_of_the_unanswerable_suite_is_unanswerable():
    (example,), _ = convert(table({"question": "a", "answer": "b"}), suite="unanswerable")
    assert not example.answerable


def test_names_are_compared_without_width_case_and_white_space():
    assert fold_name("　Ｑuestion-Text ") == fold_name("question_text")


CELL = st.one_of(
    st.text(max_size=12), st.sampled_from(["", " ", "NA", "a", "b", "true", "[", "\x00", "\ud800", "\ufeff"])
)
NAMES = [
    "question",
    "answer",
    "group",
    "answerable",
    "choices",
    "instruction",
    "output",
    "prompt",
    "completion",
    "messages",
    *("conversations", "prefix", "middle", "suffix", "text", "heading", "system", "history", "chosen", "rejected"),
    *("label", "context", "options", "a", "b"),
]


@settings(max_examples=100, deadline=None)
@given(
    columns=st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True),
    cells=st.lists(st.lists(CELL, min_size=6, max_size=6), min_size=1, max_size=12),
)
def test_accepted_and_dropped_add_up_for_any_table_of_texts(columns, cells):
    rows = table(*(dict(zip(columns, row, strict=False)) for row in cells))
    try:
        examples, issues = convert(rows)
    except UserError:
        assert detect(rows).format == ""
        return
    kept, mended = clean(examples)
    counts = account(kept, [*issues, *mended])
    assert counts["accepted"] + counts["dropped"] == counts["rows"] == rows.num_rows
    assert counts["fixed"] <= counts["accepted"] == len(kept)
    dropped = [issue.source_row for issue in [*issues, *mended] if issue.dropped]
    assert sorted(dropped + [example.source_row for example in kept]) == rows.numbers


# ---- real files


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("login_gov_faq/faq_en.jsonl", 118, {}),
        ("login_gov_faq/faq_zh.jsonl", 118, {}),
        ("gsm8k/test.jsonl", 1319, {}),
        ("medquad/medquad_short.jsonl", 9136, {"group": "focus"}),
        ("cucom_ecommerce/first_reply.jsonl", 5564, {"question": "customer", "answer": "agent"}),
        ("mbpp/sanitized-mbpp.json", 427, {}),
        ("mbpp/mbpp.jsonl", 974, {"prompt": "text", "completion": "code"}),
        ("bridge_tutoring/bridge.jsonl", 700, {"prompt": "{history}", "completion": "tutor_expert"}),
        ("clinc_oos/oos_and_test.jsonl", 5700, {"prompt": "text", "completion": "intent"}),
        ("ifeval/input_data.jsonl", 541, {"prompt": "prompt"}),
        ("squad2/contexts.json", 646, {}),
        ("cucom_ecommerce/dialogues_1500.jsonl", 1500, {}),
        ("lawqa_jp/selection.json", 140, {"instruction": "問題文", "input": "コンテキスト"}),
        ("lawqa_jp/selection.json", 140, {"options": "選択肢"}),
        ("jglue/jsquad_valid.jsonl", 4442, {}),
        ("jglue/jcommonsenseqa_valid.jsonl", 1119, {}),
        ("piqa/valid.jsonl", 1838, {}),
    ],
)
def test_real_files_convert_whole(real, name, rows, columns):
    examples, issues = convert(read_rows(real(name)), columns=columns)
    assert len(examples) == rows and {issue.code for issue in issues} <= {"odd_turns", "turns_joined"}

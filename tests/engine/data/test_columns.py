"""What a field reads: a column by its name, or several joined by a template."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.columns import is_template, parse_mapping, value_of
from engine.data.convert import convert, detect
from engine.data.inspect import inspect_file
from engine.data.own import own_data_spec
from engine.data.read import read_rows
from engine.schema import UserError

ROW = {"Title ": "Tea", "body": "Boil it.", "answer": "So.", "turns": [["tutor", "Hello."], ["student", "Hi."]]}
TEMPLATE = "{title}\\n{body}"


@pytest.fixture
def file(write, as_jsonl):
    return write("a.jsonl", as_jsonl([ROW, {**ROW, "Title ": "", "body": " "}]))


def test_a_template_joins_columns_whose_names_are_found_as_all_names_are(file):
    table = read_rows(file)
    found = detect(table, columns={"prompt": TEMPLATE, "completion": "answer"})
    assert found.columns == {"prompt": "{Title }\\n{body}", "completion": "answer"}
    assert found.format == "prompt_completion" and found.confidence == 0.5
    examples, issues = convert(table, columns={"prompt": TEMPLATE, "completion": "answer"})
    assert [example.question for example in examples] == ["Tea\nBoil it."]
    assert [issue.message for issue in issues] == ["Row 2: 'prompt' is empty."]


def test_a_template_goes_into_the_spec_and_gives_the_same_rows_again(file):
    spec = own_data_spec(file, columns={"question": TEMPLATE, "answer": "answer"})
    assert spec.data.train.columns == {"question": "{Title }\\n{body}", "answer": "answer"}
    again = inspect_file(file, format=spec.data.train.format, columns=spec.data.train.columns)
    assert again["accepted"] == 1 and again["sample"][0]["prompt"][0]["content"] == "Tea\nBoil it."


def test_a_template_with_a_column_that_is_not_there_says_so(file):
    with pytest.raises(UserError, match="has no column 'titel'. Did you mean 'Title '?"):
        detect(read_rows(file), columns={"prompt": "{titel}: {body}"})


def test_a_list_in_a_template_is_written_a_line_each():
    assert value_of(ROW, "{turns}") == "tutor: Hello.\nstudent: Hi."
    assert value_of({"m": [{"role": "user", "content": "Hi"}]}, "{m}") == "user: Hi"
    assert value_of({"m": {"a": 1}, "n": None, "ok": True}, "{m}{n} {ok}") == '{"a": 1} true'


def test_a_brace_is_written_twice_and_a_column_whose_name_looks_like_a_template_is_itself():
    assert value_of({"a": "x"}, "{{{a}}}\\t\\\\n") == "{x}\t\\n"
    assert value_of({"{a}": "itself", "a": "x"}, "{a}") == "itself" and not is_template("{{a}}")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("prompt=q,completion=a", {"prompt": "q", "completion": "a"}),
        ('prompt="{title}, {body}" , completion=a', {"prompt": "{title}, {body}", "completion": "a"}),
        ("prompt={title}, {body},completion=a", {"prompt": "{title}, {body}", "completion": "a"}),
        ('prompt="x, y=1, {q}",completion=a', {"prompt": "x, y=1, {q}", "completion": "a"}),
        ("質問=問い,", {"質問": "問い"}),
        ("", {}),
    ],
)
def test_a_mapping_is_read_as_people_write_it(given, found):
    assert parse_mapping(given) == found


@pytest.mark.parametrize("given", ["prompt", "prompt=", "=q", "a=b,=c"])
def test_what_is_no_mapping_is_named(given):
    with pytest.raises(ValueError):
        parse_mapping(given)


@settings(max_examples=60, deadline=None)
@given(template=st.text(alphabet="{}ab \\n", max_size=20), values=st.lists(st.text(max_size=5), min_size=2, max_size=2))
def test_any_template_is_filled_in_or_names_no_column(template, values):
    row = dict(zip("ab", values, strict=True))
    found = value_of(row, template)
    assert found is None or isinstance(found, str)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.dictionaries(
            st.sampled_from(["question", "answer", "text", "messages", "質問", "group"]), st.text(max_size=20)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_row_of_any_file_of_texts_is_accounted_for(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    try:
        found = inspect_file(path)
    except UserError as error:
        assert str(error)
        return
    assert found["accepted"] + found["dropped"] == found["rows"] == len(rows)
    assert found["fixed"] <= found["accepted"]
    assert sum(issue["dropped"] for issue in found["issues"]) == found["dropped"]

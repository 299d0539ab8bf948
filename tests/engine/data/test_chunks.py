"""Long documents are divided and nothing of them is lost; other rows stay whole."""

from hypothesis import given
from hypothesis import strategies as st

from engine.data.chunks import divide_long
from engine.schema import Example, Message


def words(example: Example) -> int:
    return len(example.completion.split())


def divide(text: str, **options) -> tuple[list[str], list]:
    parts, issues = divide_long([Example("t", (), text, source_row=3)], count=words, **options)
    return [part.completion for part in parts], issues


def test_a_long_text_is_divided_between_paragraphs_where_that_is_enough():
    parts, issues = divide("one two three\n\nfour five six\n\nseven eight", max_length=6)
    assert parts == ["one two three\n\nfour five six", "seven eight"]
    assert [(issue.code, issue.dropped, issue.source_row) for issue in issues] == [("divided", False, 3)]


def test_a_long_paragraph_is_divided_between_sentences():
    assert divide("It is lit. It burns all night. It goes out.", max_length=4)[0] == [
        "It is lit.",
        "It burns all night.",
        "It goes out.",
    ]


@given(st.text(alphabet="ab .\n。", max_size=200), st.integers(1, 9))
def test_every_letter_of_a_text_is_in_exactly_one_part_and_no_part_is_too_long(text, limit):
    parts, _ = divide(text, max_length=limit)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(len(part.split()) <= limit for part in parts)


def test_the_parts_of_a_text_belong_together_and_have_ids_of_their_own():
    parts, _ = divide_long([Example("t", (), "a b. c d. e f.")], max_length=2, count=words)
    assert {part.group for part in parts} == {"t"} and len({part.id for part in parts}) == 3


def test_a_question_with_an_answer_is_never_divided():
    row = Example("q", (Message("user", "a b c d e"),), "f g h")
    assert divide_long([row], max_length=2, count=words) == ([row], [])

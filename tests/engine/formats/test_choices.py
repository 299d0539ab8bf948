"""Multiple choice and questions about a passage: which choice is meant, and what counts as no answer."""

import json

import pytest

from engine.data.convert import converted
from engine.formats import _choices, _passage
from engine.metrics._refusal import declines
from engine.registry import formats

DRINKS = ["Tea", "Coffee", "Milk"]


def convert(format: str, row: dict):
    return converted(formats()[format], row)[0]


def choosing(options, answer, **more):
    return convert("multiple_choice", {"question": "What is white?", "options": options, "answer": answer, **more})


@pytest.mark.parametrize("answer", ["c", "C", "(c)", "Ｃ", "2", "Milk", " milk", "c. Milk", "ウ"])
@pytest.mark.parametrize(
    "options",
    [
        DRINKS,
        json.dumps(DRINKS),
        "\n".join(DRINKS),
        ["a) Tea", "b) Coffee", "c) Milk"],
        "a Tea\nb Coffee\nc Milk",
        {"text": DRINKS, "label": ["A", "B", "C"]},
        {"A": "Tea", "B": "Coffee", "C": "Milk"},
        [{"label": "A", "text": "Tea"}, {"label": "B", "text": "Coffee"}, {"label": "C", "text": "Milk"}],
    ],
)
def test_the_right_choice_is_found_however_choices_and_answer_are_written(options, answer):
    example = choosing(options, answer)
    assert (example.completion, example.choices) == ("Milk", ("Tea", "Coffee"))
    assert example.question == "What is white?" and example.kind == "completion"


def test_a_number_that_is_a_choices_own_mark_is_that_choice_and_not_counted_from_zero():
    assert choosing({"text": DRINKS, "label": ["1", "2", "3"]}, "1").completion == "Tea"
    assert choosing("(1) Tea\n(2) Coffee", "2").completion == "Coffee"
    assert choosing("① Tea\n② Coffee", "②").completion == "Coffee"
    assert choosing(DRINKS, "1").completion == "Coffee"


def test_numbers_and_words_at_the_start_of_a_choice_are_not_taken_for_marks():
    assert choosing(["1 day", "2 days", "3 days"], "c").completion == "3 days"
    assert choosing(["1.5 mg", "2.5 mg"], "a").completion == "1.5 mg"
    assert choosing(["I think so", "No"], "I think so").completion == "I think so"


@pytest.mark.parametrize(
    ("options", "answer", "says"),
    [
        (DRINKS, "d", "'answer' is 'd', none of the 3 choices"),
        (DRINKS, "3", "none of the 3 choices"),
        (DRINKS, "Juice", "none of the 3 choices"),
        (["0", "2", "1"], "1", "a choice, and the place of another"),
        (["Tea"], "a", "at least two different choices"),
        (["Tea", "Tea"], "a", "at least two different choices"),
        ([1, 2], "a", "'options' must be a list of texts"),
        ({"text": DRINKS, "label": ["A"]}, "a", "another number of labels"),
        (DRINKS, "", "'answer' is empty"),
    ],
)
def test_a_row_in_which_the_right_choice_is_unclear_is_refused(options, answer, says):
    with pytest.raises(ValueError) as raised:
        choosing(options, answer)
    assert says in str(raised.value)


def test_a_passage_stands_before_the_question_and_keeps_its_questions_together():
    passage = "牛乳は白い飲み物です。コーヒーは黒い飲み物です。"
    first, second = (choosing(DRINKS, letter, question=f"{letter}？", context=passage) for letter in "ab")
    assert first.question == f"次の文章だけにもとづいて質問に答えてください。\n\n文章：\n{passage}\n\n質問：a？"
    assert first.group == second.group and choosing(DRINKS, "a").group is None
    assert choosing(DRINKS, "a", context=passage, group="milk").group == "milk"


def test_choices_in_columns_may_end_early():
    row = {"question": "Which?", "a": "Tea", "b": "Coffee", "c": "", "d": None, "answer": "1"}
    assert convert("choice_columns", row).choices == ("Tea",)
    with pytest.raises(ValueError, match="none of the 2 choices"):
        convert("choice_columns", {**row, "answer": "c"})


@pytest.mark.parametrize("answer", ["b", "B.", "1", "イ"])
def test_an_answer_that_only_names_a_choice_is_no_answer_of_a_question_with_wrong_answers(answer):
    with pytest.raises(ValueError, match="names one of the choices"):
        convert("question_answer", {"question": "What is white?", "answer": answer, "choices": DRINKS})


def test_a_number_is_an_answer_where_the_wrong_ones_are_numbers():
    row = {"question": "1 + 1?", "answer": "2", "choices": ["1", "3", "4"]}
    assert convert("question_answer", row).choices == ("1", "3", "4")
    assert not _choices.names_a_place("2", ["1", "3", "4"]) and not _choices.names_a_place("9", DRINKS)


# ---- passages

MILL = "The mill on Weir Lane was built in 1802 by two brothers."


def asking(answer, **more):
    return convert("passage", {"context": MILL, "question": "When?", "answer": answer, **more})


@pytest.mark.parametrize(
    "answer",
    [
        "1802",
        ["1802", "in 1802"],
        {"text": ["1802"], "answer_start": ["36"]},
        '{"text": ["1802"], "answer_start": [36]}',
    ],
)
def test_the_first_of_the_answers_is_the_reference(answer):
    example = asking(answer, title="Weir Lane")
    assert (example.completion, example.answerable) == ("1802", True)
    assert example.question == _passage.PROMPT["en"].format(passage=MILL, question="When?")
    assert example.group == asking("1802", title="Weir Lane", question="Who?").group
    assert example.group.startswith("Weir Lane/") and asking("1802", group="own").group == "own"


@pytest.mark.parametrize(
    "row",
    [
        {"answer": []},
        {"answer": {"text": [], "answer_start": []}},
        {"answer": "[]"},
        {"answer": "", "impossible": "true"},
        {"answer": None, "impossible": True},
        {"answer": [], "impossible": "false"},
        {"answer": "", "answerable": "no"},
    ],
)
def test_no_answer_is_unanswerable_and_the_reference_declines(row):
    example = asking(**row)
    assert not example.answerable and example.completion == _passage.DECLINES["en"]


def test_it_declines_in_the_language_of_the_passage_and_both_ways_are_known_to_decline():
    japanese = asking([], context="その水車小屋は千八百二年に二人の兄弟によって建てられました。")
    assert japanese.completion == _passage.DECLINES["ja"] and japanese.question.startswith("次の文章")
    assert all(map(declines, _passage.DECLINES.values()))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"answer": ""}, "'answer' is empty"),
        ({"answer": ["", " "]}, "'answer' is empty"),
        ({"answer": "1802", "impossible": "true"}, "the row says that there is no answer"),
        ({"answer": [1802]}, "must be a text or a list of texts"),
        ({"answer": "1802", "context": "shipping"}, "too few for a passage"),
    ],
)
def test_a_missing_or_contradicted_answer_is_refused(row, says):
    with pytest.raises(ValueError) as raised:
        asking(**row)
    assert says in str(raised.value)

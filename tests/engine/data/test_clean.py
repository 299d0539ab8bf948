"""What is mended, what is left out, and what is only told."""

from engine.data.clean import clean
from engine.schema import Example, Message, example_id, identified


def row(number: int, question: str, answer: str, **values) -> Example:
    prompt = (Message("user", question),)
    return Example(example_id(prompt, answer), prompt, answer, source_row=number, **values)


def told(issues) -> list[tuple]:
    return [(issue.source_row, issue.code, issue.dropped) for issue in issues]


def test_clean_rows_pass_unchanged():
    rows = [row(1, "Open?", "Yes,\tdaily.\n"), row(2, "Where?", "ここです。👨‍👩‍👧 مرحبا")]
    assert clean(rows) == (rows, [])


def test_a_duplicate_is_left_out_and_the_first_kept():
    kept, issues = clean([row(1, "Open?", "Yes"), row(5, "Open? ", " Yes"), row(7, "Open?", "Yes")])
    assert [example.source_row for example in kept] == [1]
    assert told(issues) == [(5, "duplicate", True), (7, "duplicate", True)]
    assert issues[0].message == "Row 5 says the same as row 1."


def test_an_answer_equal_to_its_question_is_left_out():
    kept, issues = clean([row(1, "Ｏpen on  Sunday", "open on sunday")])
    assert kept == [] and told(issues) == [(1, "answer_is_question", True)]


def test_control_characters_are_taken_out_and_the_row_kept_with_a_new_id():
    (kept,), issues = clean([row(1, "Op\x00en?", "Y\x1b[31mes\ud800\ufeff", group="a\x07", choices=("N\x08o",))])
    assert (kept.question, kept.completion, kept.group, kept.choices) == ("Open?", "Y[31mes", "a", ("No",))
    assert kept.id == example_id(kept.prompt, kept.completion) and told(issues) == [(1, "control_characters", False)]


def test_a_row_of_control_characters_only_is_empty():
    kept, issues = clean([row(1, "Open?", "\x00\x01"), row(2, "\ufeff", "Yes")])
    assert kept == [] and [issue.code for issue in issues if issue.dropped] == ["empty", "empty"]


def test_rows_that_become_equal_by_mending_are_duplicates():
    kept, _ = clean([row(1, "Open?", "Yes"), row(2, "Open?\x00", "Yes")])
    assert [example.source_row for example in kept] == [1]


def test_contradictions_are_kept_and_told():
    kept, issues = clean([row(1, "Open?", "Yes"), row(2, "open?", "No"), row(3, "Where?", "No")])
    assert len(kept) == 3 and told(issues) == [(2, "contradiction", False)]
    assert issues[0].message == "Row 2 asks the same as row 1 and answers otherwise."


def pair(number: int, question: str, chosen: str, rejected: str) -> Example:
    return identified(row(number, question, chosen, rejected=rejected))


def test_pairs_of_one_prompt_are_kept_and_only_a_swapped_one_contradicts():
    kept, issues = clean([pair(1, "Open?", "Yes", "No"), pair(2, "Open?", "Yes", "Ask"), pair(3, "Open?", "no", "yes")])
    assert len(kept) == 3 and told(issues) == [(3, "contradiction", False)]
    assert issues[0].message == "Row 3 prefers the answer that row 1 rejects."


def test_an_answer_labelled_both_ways_is_told():
    rows = [identified(row(at, "Open?", answer, label=up)) for at, answer, up in ((1, "Yes", True), (2, "No", True))]
    kept, issues = clean([*rows, identified(row(3, "Open?", "yes", label=False))])
    assert len(kept) == 3 and told(issues) == [(3, "contradiction", False)]


def test_a_rejected_answer_is_cleaned_too():
    (kept,), issues = clean(
        [pair(1, "Open?", "Yes", "N\x00o"), pair(2, "Open?", "Yes", "\x00"), pair(3, "A", "b", "B")]
    )
    assert kept.rejected == "No" and kept.id == pair(1, "Open?", "Yes", "No").id
    assert [issue.code for issue in issues if issue.dropped] == ["empty", "same_answers"]


def test_prompts_and_texts_need_no_other_part():
    rows = [
        row(1, "Open?", ""),
        Example("a", (), "First text.", source_row=2),
        Example("b", (), "Second.", source_row=3),
    ]
    assert clean(rows) == (rows, [])
    kept, issues = clean([row(1, "Open?", "\x00")])
    assert kept == [] and issues[-1].code == "empty"

"""Rows that are too long: dropped, cut from the left, or divided, each told. A token is a word here."""

from engine.data.long_rows import counts, cut_prompt, remembered, treat
from engine.schema import Example, Message, identified
from tests.engine.data.rows import row


def words(example: Example) -> tuple[int, int]:
    return sum(len(m.content.split()) for m in example.prompt), len(example.completion.split())


def treated(examples, too_long="", most=10):
    return treat(examples, max_length=most, too_long=too_long, count_tokens=words)


TEXT = Example("t", (), "one two three four five six\n\nseven eight nine ten eleven twelve", source_row=2)
LONG = row(1, " ".join(f"w{n}" for n in range(30)), "Yes it is")


def test_by_default_a_text_is_divided_and_another_row_dropped():
    kept, issues = treated([TEXT, LONG, row(3, "Open?", "Yes")])
    assert [e.source_row for e in kept] == [2, 2, 3]
    assert counts(issues) == {"dropped": 1, "cut": 0, "divided": 1}
    assert "Row 1 has 33 tokens, more than data.max_length (10)." in [issue.message for issue in issues]


def test_drop_leaves_a_long_text_out_too():
    kept, issues = treated([TEXT, LONG], "drop")
    assert kept == [] and counts(issues) == {"dropped": 2, "cut": 0, "divided": 0}


def test_cut_takes_words_from_the_left_of_the_question_and_none_of_the_answer():
    (kept,), (issue,) = treated([LONG], "cut_prompt")
    assert kept.question == " ".join(f"w{n}" for n in range(23, 30)) and kept.completion == LONG.completion
    assert sum(words(kept)) == 10 and kept == identified(kept)
    assert (issue.code, issue.dropped) == ("cut_prompt", False) and "characters of the prompt cut" in issue.message


def test_cut_takes_whole_earlier_turns_first_and_keeps_the_system_message():
    turns = [("system", "Be kind"), ("user", "a b c d e"), ("assistant", "f g h"), ("user", "i j k")]
    talk = identified(Example("", tuple(Message(*turn) for turn in turns), "l m", source_row=4))
    (kept,), _ = treated([talk], "cut_prompt")
    assert [m.content for m in kept.prompt] == ["Be kind", "i j k"]


def test_a_row_whose_answer_alone_is_too_long_is_dropped_not_cut():
    kept, issues = treated([row(1, "Open?", " ".join("abcdefghijkl"))], "cut_prompt")
    assert kept == [] and counts(issues)["dropped"] == 1


def test_japanese_without_blanks_is_cut_between_characters():
    def letters(example):
        return sum(len(m.content) for m in example.prompt), len(example.completion)

    cut = cut_prompt(row(1, "あいうえおかきくけこ", "はい"), max_length=7, count_tokens=letters)
    assert cut.question == "かきくけこ"


def test_a_cut_row_is_counted_anew_where_counts_are_remembered():
    kept, _ = treat([LONG], max_length=10, too_long="cut_prompt", count_tokens=remembered(words))
    assert [sum(words(example)) for example in kept] == [10]


def test_the_longer_answer_of_a_pair_counts():
    pair = row(1, "Open?", "Yes", rejected=" ".join("abcdefghijkl"))
    assert treated([pair])[0] == []


def test_a_row_is_counted_once():
    asked = []
    count = remembered(lambda example: asked.append(example) or words(example))
    assert count(LONG) == count(LONG) == (30, 3) and len(asked) == 1

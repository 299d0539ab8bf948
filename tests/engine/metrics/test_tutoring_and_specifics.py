"""What a tutor gives away, and what an answer says that nobody told it."""

import pytest

from engine import registry
from engine.metrics._tutoring import final_answer
from engine.metrics.unsupported_specifics import unsupported
from engine.schema import Example, Message, Output

SOLVED = "16 - 3 - 4 = 9 eggs.\nShe makes 9 * 2 = $18.\n#### 18"


def item(completion, *, prompt="She sells 9 eggs at $2 each. How much does she make?", system="", **fields):
    turns = (Message("system", system),) if system else ()
    return Example(id="x", prompt=(*turns, Message("user", prompt)), completion=completion, **fields)


def score(name, answer, example):
    return registry.metrics()[name].score(Output(answer, tokens=1), example)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SOLVED, "18"),
        (r"So it is \boxed{3/4}.", "3/4"),
        ("First add. The final answer is 1,200 yen.", "1,200"),
        ("The answer is Paris.", "Paris"),
        ("計算すると、答えは12です。", "12"),
        ("What is half of 12?", None),
        ("The answer is not 12.", None),
    ],
)
def test_final_answer_is_found_where_it_is_marked(text, found):
    given = final_answer(item(text))
    assert given == found or (found and given and given.startswith(found))


@pytest.mark.parametrize(
    ("reply", "leaked"),
    [
        ("What is 9 times 2?", 0),
        ("She makes $18.00.", 1),
        ("That makes eighteen dollars.", 1),
        ("合計は18ドルです。", 1),
        ("She makes 180.", 0),
        ("Think about 1.8 and 2.", 0),
        ("", 0),
    ],
)
def test_the_answer_is_given_away_where_its_value_is_said(reply, leaked):
    assert score("answer_leak", reply, item(SOLVED)) == leaked


def test_a_number_of_the_question_is_no_secret_until_it_is_called_the_answer():
    example = item("9 - 7 = 2\n#### 2")
    assert score("answer_leak", "Look at the $2 for each egg. What next?", example) == 0
    assert score("answer_leak", "The answer is 2.", example) == 1
    assert score("answer_leak", "9 - 7 = 2, right?", example) == 1


def test_a_word_can_be_the_answer_in_both_languages():
    assert score("answer_leak", "It starts with P.", item("The answer is Paris.", prompt="Capital of France?")) == 0
    assert score("answer_leak", "It is PARIS!", item("The answer is Paris.", prompt="Capital of France?")) == 1
    assert score("answer_leak", "それは光合成ですね。", item("答えは光合成", prompt="葉は何をする?")) == 1


def test_the_system_may_tell_the_tutor_the_answer_and_the_learner_s_guess_is_not_it():
    told = item("What is 9 times 2?", system="You are a tutor. Final answer: 18")
    assert score("answer_leak", "It is 18.", told) == 1
    guessed = item("What is 9 times 2?", prompt="I think the answer is 11.")
    assert score("answer_leak", "It is 11.", guessed) is None


@pytest.mark.parametrize(
    ("reply", "passes"),
    [
        ("Great try! What do you get for 9 times 2?", 1),
        ("Let's draw the nine eggs first.", 1),
        ("9個の卵の値段を図にかいて考えてみましょう。", 1),
        ("1個いくらですか。", 1),
        ("What do you think of $18?", 0),
        ("She makes money.", 0),
        ("", 0),
    ],
)
def test_a_tutor_asks_or_hints_and_keeps_the_answer(reply, passes):
    assert score("tutor_strategy", reply, item(SOLVED)) == passes


def test_a_tutor_that_announces_an_answer_fails_where_none_is_marked():
    example = item("What is 9 times 2?")
    assert score("tutor_strategy", "Can you multiply?", example) == 1
    assert score("tutor_strategy", "The answer is 18. Do you see why?", example) == 0
    assert score("tutor_strategy", "答えは18です。わかりましたか。", example) == 0
    assert score("answer_leak", "The answer is 18.", example) is None


REPLY = "Take 500 mg of Ibuprofen. Call Acme on 12 May."


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("Take 500 mg of ibuprofen.", set()),
        ("Take 0.5 g, as Acme says.", set()),
        ("Take 800 mg of Ibuprofen.", {"4/5 g"}),
        ("Ask Bob Dylan.", {"bob", "dylan"}),
        ("See www.acme.example for more.", {"acme.example"}),
        ("Yes, do.", set()),
        ("I do not know.", set()),
        ("", set()),
    ],
)
def test_a_specific_is_unsupported_where_neither_question_nor_reference_has_it(answer, found):
    example = item(REPLY, prompt="Which dose?", system="You work for Acme.")
    assert unsupported(Output(answer), example) == found
    assert score("unsupported_specifics", answer, example) == bool(found)


def test_every_turn_of_the_prompt_supports_and_japanese_numbers_are_seen():
    example = item("30日以内です。", prompt="5月に買った品を返せますか。", system="送料は500円。")
    assert score("unsupported_specifics", "30日以内なら、送料500円で返せます。", example) == 0
    assert score("unsupported_specifics", "60日以内なら返せます。", example) == 1


def test_an_invented_specific_counts_on_an_unanswerable_item_too():
    example = item("I do not know.", prompt="When does it open?", answerable=False)
    assert score("unsupported_specifics", "At 9:30 am.", example) == 1
    assert score("unsupported_specifics", "I cannot say.", example) == 0


@pytest.mark.parametrize("example", [item(""), item(REPLY, label=False), item(REPLY, choices=("x",))])
def test_nothing_is_called_unsupported_without_a_reference_to_hold_it_against(example):
    assert score("unsupported_specifics", "In 1999.", example) is None

"""What training gives away of a test."""

import random

import pytest

from engine.data.clean import clean
from engine.data.convert import convert
from engine.data.leakage import grams, leakage
from engine.data.read import read_rows
from engine.data.split import hold_out_groups
from engine.schema import Example, Message, example_id

LONG = "Standard delivery takes four to six business days after your order leaves our roastery in town"
OTHER = "A refund is paid back to the card you used within ten days of the parcel reaching us again"


def row(number: int, question: str, answer: str, **values) -> Example:
    prompt = (Message("user", question),)
    return Example(example_id(prompt, answer), prompt, answer, source_row=number, **values)


TRAIN = [row(1, "How long does delivery take?", LONG), row(2, "When is a refund paid?", OTHER)]


def test_a_clean_test_has_no_leak():
    found = leakage([row(1, "Do you sell tea?", "No, we roast coffee and nothing else at all, sorry.")], train=TRAIN)
    assert found == {"test": 1, "exact": 0, "near": 0, "share": 0.0, "ids": [], "pairs": []}


def test_the_same_question_in_other_case_and_punctuation_is_exact():
    leaked = row(9, "how long does delivery take", "Nobody knows.")
    found = leakage([leaked, row(10, "Do you sell tea?", "No.")], train=TRAIN)
    assert (found["exact"], found["near"], found["share"], found["ids"]) == (1, 0, 0.5, [leaked.id])
    (pair,) = found["pairs"]
    assert pair["side"] == "question" and pair["test_row"] == 9 and pair["train_row"] == 1
    assert pair["train"] == "How long does delivery take?"


def test_a_long_answer_seen_in_training_is_a_leak_except_in_suites_that_share_answers():
    test = [row(9, "What about parcels?", LONG)]
    assert leakage(test, train=TRAIN, suite="unseen")["exact"] == 1
    assert leakage(test, train=TRAIN, suite="unseen")["pairs"][0]["side"] == "answer"
    for suite in ("reworded", "unanswerable", "general"):
        assert leakage(test, train=TRAIN, suite=suite)["exact"] == 0


def test_the_question_is_judged_in_every_suite():
    test = [row(9, "How long does delivery take?", "x")]
    for suite in ("unseen", "reworded", "unanswerable", "general", "mine"):
        assert leakage(test, train=TRAIN, suite=suite)["exact"] == 1


def test_half_of_the_word_eight_grams_is_near_and_less_is_not():
    words = LONG.split()  # 16 words: 9 eight-grams
    near = " ".join([*words[:13], "never", "to", "us"])  # 6 of 9
    far = " ".join([*words[:9], "never", "to", "us", "at", "all", "my", "friend"])  # 2 of 9
    found = leakage([row(8, "a?", near), row(9, "b?", far)], train=TRAIN, suite="unseen")
    assert (found["exact"], found["near"]) == (0, 1)
    assert found["pairs"][0]["test_row"] == 8 and found["pairs"][0]["contained"] == pytest.approx(6 / 9, abs=0.001)


def test_an_answer_put_together_from_two_training_rows_is_near():
    assert leakage([row(9, "x?", f"{LONG}. {OTHER}.")], train=TRAIN, suite="unseen")["near"] == 1


def test_short_and_declining_answers_are_no_leak():
    train = [row(1, "a?", "Yes"), row(2, "b?", LONG, answerable=False)]
    test = [row(8, "c?", "Yes"), row(9, "d?", LONG, answerable=False)]
    assert leakage(test, train=train, suite="unseen")["share"] == 0


def test_japanese_is_compared_by_characters_and_a_stock_phrase_is_no_leak():
    answer = "返品は商品の到着後７日以内にサポート窓口までご連絡ください。送料は当社が負担します。"
    train = [row(1, "返品について教えてください", answer)]
    reworded = [row(8, "送料について教えてください", "全国一律で五百円です。")]
    assert leakage(reworded, train=train, suite="unseen")["share"] == 0
    copied = [row(9, "返す場合は？", answer.replace("当社", "弊社"))]
    assert leakage(copied, train=train, suite="unseen")["near"] == 1


def test_grams_are_of_words_or_of_characters():
    assert len(grams("one two three four five six seven eight nine")) == 2
    assert grams("too short") == set()
    assert {len(gram) for gram in grams("これは十六文字より少し長い日本語の文です")} == {16}


def test_the_pairs_are_the_first_twenty_and_the_ids_are_all():
    train = [row(number, f"Question {number}?", "a") for number in range(50)]
    found = leakage(train, train=train)
    assert found["exact"] == len(found["ids"]) == 50 and len(found["pairs"]) == 20


def test_on_real_data_families_remove_every_exact_leak_of_a_random_split(real):
    examples, _ = convert(read_rows(real("medquad/medquad_short.jsonl")), columns={"group": "focus"})
    examples, _ = clean(examples[:3000])
    shuffled = random.Random(0).sample(examples, len(examples))
    cut = len(examples) // 5
    at_random = leakage(shuffled[:cut], train=shuffled[cut:], suite="unseen")
    rest, held = hold_out_groups(examples, share=0.2, seed=0)
    by_family = leakage(held, train=rest, suite="unseen")
    assert at_random["exact"] > 0.03 * cut and at_random["share"] > 0.1
    assert by_family["exact"] == 0 and by_family["share"] < at_random["share"]

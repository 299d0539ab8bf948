"""Key facts: one form whatever the writing, and nothing that is no fact."""

import time

import pytest

from engine.metrics._facts import facts

SAME = [
    ("$5", "5 dollars", "5 usd"),
    ("$5.00", "five dollars", "5 usd"),
    ("USD 5", "$5", "5 usd"),
    ("50 cents", "$0.50", "1/2 usd"),
    ("$1,200", "1200 dollars", "1200 usd"),
    ("$1.5 million", "$1,500,000", "1500000 usd"),
    ("¥5,000", "5000 yen", "5000 jpy"),
    ("五千円", "5,000円", "5000 jpy"),
    ("1万2千円", "￥１２，０００", "12000 jpy"),
    ("five", "5", "5"),
    ("twenty-five", "25", "25"),
    ("one hundred and twenty", "120", "120"),
    ("a dozen", "12", "12"),
    ("2-3 days", "two to three days", "2–3 day"),
    ("2–3 days", "between 2 and 3 business days", "2–3 day"),
    ("two or three days", "2 ~ 3日", "2–3 day"),
    ("$5-$10", "between 5 and 10 dollars", "5–10 usd"),
    ("within one day", "24 hours", "1 day"),
    ("a 2-year warranty", "24 months", "24 month"),
    ("5 working days", "5営業日", "5 day"),
    ("10%", "ten percent", "10 %"),
    ("３割", "30 per cent", "30 %"),
    ("9 am", "9:00", "09:00"),
    ("5 p.m.", "17:00", "17:00"),
    ("noon", "12 pm", "12:00"),
    ("午後5時", "at 5:00 PM", "17:00"),
    ("9時半", "9:30 a.m.", "09:30"),
    ("May 1st", "1 May", "05-01"),
    ("2024-05-01", "2024年5月1日", "05-01"),
    ("March 3, 2025", "3/3/2025", "03-03"),
    ("Monday to Friday", "Mon-Fri", "mon–fri"),
    ("on weekdays", "平日", "mon–fri"),
    ("on Mondays", "月曜日", "mon"),
    ("https://www.Acme.example/help/.", "acme.example/help", "acme.example/help"),
    ("Write to Help@Acme.example.", "help@acme.example", "help@acme.example"),
    ("Call (555) 010-0199", "555-010-0199", "tel 5550100199"),
    ("Ticket KB-2024.", "see kb-2024b or KB-2024", "kb-2024"),
    ("2.5 kg", "2500 grams", "2500 g"),
    ("30GB", "30 gigabytes", "30 gb"),
    ("in Toronto", "Our seat, Toronto's best", "toronto"),
    ("the U.S.", "in the US", "us"),
]


@pytest.mark.parametrize(("one", "other", "fact"), SAME)
def test_one_fact_in_two_writings_is_the_same(one, other, fact):
    assert fact in facts(one).sure
    assert fact in facts(other).sure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9-5 pm", {"09:00", "17:00"}),
        ("9 to 11 am", {"09:00", "11:00"}),
        ("open Tuesday to Sunday, 8 a.m. to 5 p.m.", {"tue–sun", "08:00", "17:00"}),
        ("on May 1, 2024", {"05-01", "2024"}),
        ("March 3-5", {"03-03", "03-05"}),
        ("1. Open Settings\n2. Tap Privacy", {"settings", "privacy"}),
        ("24/7 support, version 2.1.3", {"24/7", "2.1.3"}),
        ("a 5-star hotel with 2FA", {"5", "2fa"}),
        ("平日9時〜17時、「スタンダードプラン」", {"mon–fri", "09:00", "17:00", "スタンダードプラン"}),
        ("Yes, you can.", {"=yes"}),
        ("No. It takes 3 days.", {"=no", "3 day"}),
        ("いいえ、できません。", {"=no"}),
        ("Toronto", {"toronto"}),
        ("Head office: Toronto", {"toronto"}),
    ],
)
def test_every_fact_of_a_text_is_found(text, expected):
    assert facts(text).sure == expected


@pytest.mark.parametrize(
    "text",
    [
        "Shipping is free of charge.",
        "I'm sorry, I don't have that information.",
        "No problem at all.",
        "No one knows.",
        "One of them will call you.",
        "Please wait a second.",
        "You may march on.",
        "Thank you for asking. We hope this helps. Please write again.",
        "十分な時間があります。",
        "",
    ],
)
def test_ordinary_words_are_no_fact(text):
    assert facts(text).sure == frozenset()


def test_a_word_that_opens_a_sentence_may_be_a_name():
    found = facts("Toronto is our seat. Acme Cloud grew there. USB works.")
    assert found.maybe == {"toronto"}
    assert found.sure == {"acme", "cloud", "usb"}


@pytest.mark.parametrize(
    "piece", ["Toronto ", "5-", "+1 ", "a.b.", "12:", "one hundred ", "$5 to ", "Mon-", "A-1-", "月", "1,0"]
)
def test_facts_of_a_long_text_are_found_in_a_moment(piece):
    started = time.process_time()
    facts(piece * 1000)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", ["1" * 5000, "一" * 5000 + "人", "$" + "9" * 5000 + ".5", "1" * 500 + ".5万"])
def test_a_number_without_end_is_no_fact_and_no_error(text):
    assert "5 day" in facts(f"{text} in 5 days").sure
    assert all(len(fact) < 50 for fact in facts(text).sure)

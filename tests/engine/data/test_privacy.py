"""Personal data and secrets: what is found, what is not, and what is done with it. All of it is made up."""

import pytest

from engine.data.account import account, happened
from engine.data.privacy import MASKS, findings, mask, scan, treat
from engine.registry import finders
from tests.engine.data.rows import row

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----"
FOUND = [
    ("email", "Write to taro.yamada@kumo.co.jp, please.", "taro.yamada@kumo.co.jp"),
    ("email", "宛先はinfo＠kumo.jpです", "info＠kumo.jp"),
    ("phone", "お電話は03-1234-5678まで", "03-1234-5678"),
    ("phone", "携帯：090-1234-5678", "090-1234-5678"),
    ("phone", "０３－１２３４－５６７８へ", "０３－１２３４－５６７８"),
    ("phone", "Call (415) 555-2671 today", "(415) 555-2671"),
    ("phone", "From abroad: +44 20 7946 0958", "+44 20 7946 0958"),
    ("address", "〒150-0002 です", "〒150-0002"),
    ("address", "東京都渋谷区渋谷2丁目21番1号です", "東京都渋谷区渋谷2丁目21番1号"),
    ("address", "Send it to 1600 Amphitheatre Parkway Rd, Mountain View, CA 94043 now",
     "1600 Amphitheatre Parkway Rd, Mountain View, CA 94043"),
    ("card", "Visa 4111 1111 1111 1111, thanks", "4111 1111 1111 1111"),
    ("card", "JCB 3530111333300000", "3530111333300000"),
    ("my_number", "マイナンバーは123456789018です", "123456789018"),
    ("my_number", "番号 1234-5678-9018", "1234-5678-9018"),
    ("secret", "key = AKIAIOSFODNN7ABCDEFG", "AKIAIOSFODNN7ABCDEFG"),
    ("secret", "ghp_" + "a1B2" * 9, "ghp_" + "a1B2" * 9),
    ("secret", "sk-ant-" + "api03-" + "x" * 30, "sk-ant-" + "api03-" + "x" * 30),
    ("private_key", f"mine:\n{KEY}\nbye", KEY),
]  # fmt: skip
NOTHING = [
    "Order 1234567890 shipped on 2024-01-15 at 10:30.",
    "ISBN 978-4-06-519981-7, DOI 10.1000/182",
    "Write to someone@example.com or admin@localhost.",
    "4111 1111 1111 1112 is no card, and 1234 5678 9012 no My Number.",
    "123456789018",  # right check digit, but nothing says what it is
    "東京都の人口は1400万人です。京都府と大阪府。",
    "The password is a secret, and so is the key to the town.",
    "Version 3.11.2, 12,345,678 rows, 192.168.0.1",
    "-----BEGIN CERTIFICATE-----",
    "",
]


@pytest.mark.parametrize(("kind", "text", "found"), FOUND, ids=[f"{k}-{n}" for n, (k, _, _) in enumerate(FOUND)])
def test_it_is_found_whole_and_masked(kind, text, found):
    assert [(one.kind, text[one.start : one.end]) for one in scan(text)] == [(kind, found)]
    assert mask(text) == text.replace(found, MASKS[kind])


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_alike_is_not_found(text):
    assert scan(text) == [] and mask(text) == text


def test_every_kind_has_a_mask_that_is_itself_nothing_to_find():
    assert finders().keys() == MASKS.keys()
    assert all(scan(f"See {mask} here.") == [] for mask in MASKS.values())


ROW = row(7, "Who is it?", "Taro, taro@kumo.co.jp, hanako@kumo.co.jp, 090-1234-5678.")


def test_keeping_tells_row_kind_and_place_and_never_the_thing_itself():
    kept, issues = treat([ROW, row(8, "Open?", "Yes")], personal="")
    assert [example.source_row for example in kept] == [7, 8] and kept[0] is ROW
    assert [(i.source_row, i.code, i.dropped) for i in issues] == [
        (7, "personal_email", False),
        (7, "personal_phone", False),
    ]
    assert {happened(issue) for issue in issues} == {"noted"}
    words = " ".join(issue.message for issue in issues)
    assert "and 1 more in the answer" in words and "taro@" not in words and "1234" not in words


def test_masking_mends_the_row_and_gives_it_a_new_id():
    (kept,), issues = treat([ROW], personal="mask")
    assert kept.completion == "Taro, [E-MAIL], [E-MAIL], [PHONE]." and kept.id != ROW.id
    assert {happened(issue) for issue in issues} == {"fixed"} and findings(kept) == []


def test_dropping_leaves_the_row_out_once_whatever_it_holds():
    kept, issues = treat([ROW, row(8, "Open?", "Yes")], personal="drop")
    assert [example.source_row for example in kept] == [8]
    assert account(kept, issues) == {"rows": 2, "accepted": 1, "fixed": 0, "dropped": 1}

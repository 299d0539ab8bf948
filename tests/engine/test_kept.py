"""What an arm has answered so far survives a kill, and is passed over where anything that decides answers changed."""

import pytest

from engine import kept

SAID = {"text": "はい。\u2028It is.", "tokens": 4, "seconds": 0.5, "truncated": False}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "partial" / "base.jsonl"


def test_answers_and_likelihoods_are_found_again_as_they_were(path):
    begun = kept.begin(path, key="k")
    begun.keep_answer(3, SAID)
    begun.keep_losses(0, [(0.1 + 0.2, 4), (1 / 3, 2)])
    again = kept.begin(path, key="k")
    assert again.said == {3: SAID} and again.losses == {0: [(0.1 + 0.2, 4), (1 / 3, 2)]}


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_torn_last_line_is_dropped_wherever_it_broke_and_the_next_one_is_whole(path, cut):
    begun = kept.begin(path, key="k")
    begun.keep_answer(0, SAID)
    begun.keep_answer(1, SAID)
    path.write_bytes(path.read_bytes()[:-cut])
    again = kept.begin(path, key="k")
    assert again.said == {0: SAID}
    again.keep_answer(1, SAID)
    assert kept.begin(path, key="k").said == {0: SAID, 1: SAID}


def test_what_follows_a_line_that_cannot_be_read_is_dropped(path):
    begun = kept.begin(path, key="k")
    begun.keep_answer(0, SAID)
    with open(path, "ab") as stream:
        stream.write(b"\0\0\0\n")
    begun.keep_answer(1, SAID)
    assert kept.begin(path, key="k").said == {0: SAID}


def test_another_key_begins_anew(path):
    kept.begin(path, key="k").keep_answer(0, SAID)
    assert kept.begin(path, key="other").said == {}
    assert kept.begin(path, key="k").said == {}


@pytest.mark.parametrize("content", [b"", b'{"key": ', b"\xff\xfe\n"])
def test_a_file_without_a_whole_first_line_begins_anew(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    assert kept.begin(path, key="k").said == {}

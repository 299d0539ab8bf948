"""Letters read in the wrong encoding are put right, and nothing else is touched."""

import pytest

from engine.data.clean import clean
from engine.data.mojibake import mend
from tests.engine.data.rows import row


@pytest.mark.parametrize("read_as", ["latin-1", "cp932"])
@pytest.mark.parametrize("meant", ["カフェの営業時間を教えてください", "返品は七日以内にお願いします"])
def test_japanese_read_in_the_wrong_encoding_is_put_right_where_nothing_was_lost(meant, read_as):
    try:
        wrong = meant.encode().decode(read_as)
    except UnicodeDecodeError:
        pytest.skip("that encoding loses bytes of it")
    assert wrong != meant and mend(wrong) == meant


@pytest.mark.parametrize(
    "text", ["café naïve Müller — “ok” ½ 10 €", "今日は繧の字を習う", "Ça va? Ä Ö Ü ß", "🙂 مرحبا", "Ã"]
)
def test_what_is_right_already_stays(text):
    assert mend(text) == text


def test_a_mended_row_is_kept_and_told_with_the_word_before_and_after():
    (kept,), issues = clean([row(4, "Where is the cafÃ©?", "Here.")])
    assert kept.question == "Where is the café?"
    assert [(issue.code, issue.dropped) for issue in issues] == [("mojibake", False)] and "“café?”" in issues[0].message

"""The id of a row joins what is before training to what is after it: it must not change between versions."""

import hashlib
import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as some

from engine.schema import Message, example_id, one_line

TEXT = some.text(some.characters(codec=None) | some.sampled_from(' \t\n\u3000\u2028\xa0"\\é\u0301が'), max_size=12)


@given(TEXT)
def test_white_space_is_folded_as_split_divides_it(text):
    assert one_line(text) == " ".join(text.split())


@given(some.lists(TEXT, max_size=3), TEXT, some.none() | TEXT, some.none() | some.booleans())
def test_an_id_is_the_hash_of_the_json_of_what_the_row_holds(prompt, completion, rejected, label):
    fold = lambda text: " ".join(unicodedata.normalize("NFC", text).split())  # noqa: E731
    content = [[("user", fold(text)) for text in prompt], fold(completion), "unseen"]
    if rejected is not None or label is not None:
        content.append({"rejected": None if rejected is None else fold(rejected), "label": label})
    expected = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
    turns = tuple(Message("user", text) for text in prompt)
    assert example_id(turns, completion, "unseen", rejected=rejected, label=label) == expected


def test_known_ids_stay():
    prompt = (Message("system", "Be kind."), Message("user", "日曜は\u3000開いていますか"))
    assert example_id(prompt, "No.") == "bd247d9b747e6e64"

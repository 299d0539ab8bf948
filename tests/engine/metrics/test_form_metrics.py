"""JSON, instructions, style, variety, latency, bits per byte: what a plain rule can say about an answer."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import registry
from engine.metrics._instructions import instructions
from engine.metrics.style_distance import features
from engine.schema import Example, Message, Output

SHARES = ("json_valid", "instruction_checks", "style_distance", "distinct_n", "unsupported_specifics", "answer_leak")
SHARES += ("tutor_strategy", "code_parses", "code_conventions", "bits_per_byte", "latency")


def item(completion="reference", *, prompt="q", system="", **fields):
    turns = (Message("system", system),) if system else ()
    return Example(id="x", prompt=(*turns, Message("user", prompt)), completion=completion, **fields)


def score(name, answer, example, **fields):
    return registry.metrics()[name].score(Output(answer, **fields), example)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_scores_stay_between_zero_and_one_whatever_the_text(answer, prompt, reference):
    example = item(reference, prompt=prompt, system="In at most 3 words, as JSON. #### 7")
    for name in SHARES:
        value = score(name, answer, example)
        assert value is None or 0 <= value <= 1, name


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["18 #### 18", "def f(a):\n    return a\n", "It is 5.", '{"a": 1}']))
def test_whether_an_item_is_scored_depends_on_the_item_and_never_on_the_answer(answer, reference):
    """Otherwise two arms would be compared on different items, and the comparison refuses that."""
    for choices in ((), ("Wrong.",)):
        example = item(reference, choices=choices, system="In at most 3 words.")
        for name in (metric.name for metric in registry.metrics().values() if not metric.across):
            scored = {score(name, text, example, seconds=0.1) is None for text in ("", "one", "def f(", answer)}
            assert len(scored) == 1, name


@given(st.lists(st.sampled_from([*'{}[]",:1a\\`\n', "```json\n", "null", "def f(", "    return", ")", "「", "か。"])))
def test_scores_stand_up_to_broken_json_and_code(parts):
    answer = "".join(parts)
    for name in SHARES:
        for reference in ('{"a": 1}', "def f(a):\n    return a\n", "答えは5です。"):
            value = score(name, answer, item(reference, prompt=answer))
            assert value is None or 0 <= value <= 1, name


@pytest.mark.parametrize("name", SHARES)
def test_an_item_judged_by_likelihood_alone_has_no_such_score(name):
    example = item('{"a": 1}', prompt="In JSON", choices=("wrong",))
    assert score(name, "", example, seconds=0.0) is None


@pytest.mark.parametrize(
    ("answer", "valid"),
    [
        ('{"name": "田中", "age": 3}', 1),
        (" [1, 2]\n", 1),
        ('```json\n{"a": 1}\n```', 1),
        ('Here you are: {"a": 1}', 0),
        ('{"a": NaN}', 0),
        ("{'a': 1}", 0),
        ('"a"', 0),
        ("[" * 100_000, 0),
        ("", 0),
    ],
)
def test_json_is_valid_where_a_program_can_read_it(answer, valid):
    assert score("json_valid", answer, item('{"name": "佐藤", "age": 5}')) == valid


def test_json_is_asked_for_only_where_the_reference_is_some():
    assert score("json_valid", '{"a": 1}', item("The fee is 5.")) is None
    assert score("json_valid", "5", item("5")) is None


@pytest.mark.parametrize(
    ("prompt", "good", "bad"),
    [
        ("Answer in at most 5 words.", "It is quite cheap.", "It is quite cheap, I should say."),
        ("Use fewer than three words.", "Two words", "Not two words"),
        ("Write 10 or more words.", "one " * 10, "one " * 9),
        ("Reply in exactly 2 sentences.", "Yes. It is 3.5 km.", "Yes. It is. Really."),
        ("Give exactly 3 bullet points.", "- a\n- b\n* c", "- a\n- b"),
        ("Write in all lowercase letters.", "kyoto is old", "Kyoto is old"),
        ("Your answer should be in all capital letters.", "KYOTO", "Kyoto"),
        ("Please do not use any commas.", "red and blue", "red, blue"),
        ("End your answer with “Thank you.”", "It is 5. Thank you.", "Thank you. It is 5."),
        ('Do not use the word "policy".', "Our rules", "Our Policy"),
        ('Include the word "kyoto".', "Kyoto it is", "Kyotoite"),
        ("Answer in JSON.", '{"a": 1}', "a: 1"),
        ("Wrap your whole response in double quotation marks.", '"so"', '"so'),
        ("10字以内で答えてください。", "はい、京都です。", "はい、それはもちろん京都です。"),
        ("箇条書きで2点挙げてください。", "・安い\n・速い", "・安い"),
        ("３点の箇条書きで", "- a\n- b\n- c", "- a"),
        ("読点は使わないでください。", "安くて速い", "安くて、速い"),
        ("「以上です。」で終わってください。", "京都です。以上です。", "以上です。京都です。"),
        ("JSON形式で答えてください。", "[1]", "1です"),
        ("「絶対」という言葉は使わないでください。", "きっと", "絶対に"),
        ("すべて小文字で", "kyoto", "Kyoto"),
    ],
)
def test_instruction_is_read_from_the_prompt_and_checked(prompt, good, bad):
    assert len(instructions(prompt)) == 1
    assert score("instruction_checks", good, item(prompt=prompt)) == 1
    assert score("instruction_checks", bad, item(prompt=prompt)) == 0


def test_share_of_instructions_counts_those_of_the_system_too():
    example = item(prompt="Where? Use at most 3 words.", system="Do not use commas.")
    assert score("instruction_checks", "Kyoto, in the west of Japan", example) == 0
    assert score("instruction_checks", "Kyoto in the west", example) == 0.5
    assert score("instruction_checks", "In Kyoto", example) == 1


def test_silence_keeps_no_instruction():
    assert score("instruction_checks", " ", item(prompt="Do not use any commas.")) == 0


@pytest.mark.parametrize(
    "prompt",
    [
        "What does the word JSON mean?",
        "How do I write capital letters?",
        "Use at least 5 words in all capital letters.",
        "I have 300 words. Is that enough?",
        "小文字とは何ですか。",
    ],
)
def test_what_is_no_sure_instruction_is_not_checked(prompt):
    assert score("instruction_checks", "anything", item(prompt=prompt)) is None


def test_style_is_the_distance_of_countable_features():
    wanted = "We open at nine. We close at six."
    assert score("style_distance", wanted, item(wanted)) == 0
    assert score("style_distance", "We start at ten. We end at five.", item(wanted)) == 0
    assert score("style_distance", "I open at nine! I close at six!", item(wanted)) == pytest.approx(3 / 7)
    assert score("style_distance", "", item(wanted)) == 1


def test_style_sees_japanese_politeness_and_who_speaks():
    polite = "弊社は9時に開きます。お電話ください。"
    assert features(polite) == features("弊社は8時に開きます。ご連絡ください。")
    assert features(polite)["polite"] == 1 and features("9時に開く。電話して。")["polite"] == 0
    assert features("私はそう思います。")["i"] == 1 and features("私たちはそう思います。")["i"] == 0
    assert score("style_distance", "9時に開く。電話して。", item(polite)) > 0.2


@pytest.mark.parametrize("fields", [{"answerable": False}, {"label": False}])
def test_style_is_not_compared_where_wording_does_not_decide(fields):
    assert score("style_distance", "anything", item(**fields)) is None
    assert score("style_distance", "anything", item("!!")) is None


def test_variety_is_the_share_of_different_word_pairs():
    assert score("distinct_n", "a b a b a", item()) == 0.5
    assert score("distinct_n", "はいはい", item()) == pytest.approx(2 / 3)
    assert score("distinct_n", "one", item()) == 1
    assert registry.metrics()["distinct_n"].better == "neither"


def test_latency_is_shown_and_never_judged():
    assert score("latency", "x", item(), seconds=1.5) == 1.5
    assert score("latency", "x", item()) is None
    assert registry.metrics()["latency"].better == "neither"


def test_bits_per_byte_does_not_depend_on_how_many_tokens_a_text_has():
    few, many = Output("", answer_loss=6.0, answer_tokens=2), Output("", answer_loss=2.0, answer_tokens=6)
    bits = registry.metrics()["bits_per_byte"]
    tokyo = Example("x", (), "東京")
    assert bits.score(few, tokyo) == bits.score(many, tokyo) == pytest.approx(12 / math.log(2) / 6)
    assert bits.score(Output("", answer_loss=6.0), tokyo) is None
    assert bits.score(few, Example("x", (), "")) is None
    assert bits.score(few, item()) is None


def test_an_output_from_before_tokens_were_counted_is_read():
    assert Output.from_dict({"text": "x", "answer_loss": 1.0}).answer_tokens is None

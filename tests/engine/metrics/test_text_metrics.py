"""Text against reference: agreement with the libraries, Japanese, and where the metrics do not apply."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import CHRF

from engine import registry
from engine.schema import Example, Message, Output

OVERLAPS = ("token_f1", "rouge_l", "chrf", "exact_match")
PAIRS = [
    ("Returns are accepted within 30 days.", "You can return items within 30 days."),
    ("The fee is $5.00!", "the fee is 5"),
    ("We ship to the U.S. only", "Shipping: US only."),
    ("", "an answer"),
]


def item(completion="Returns are accepted within 30 days.", **fields):
    return Example(id="x", prompt=(Message("user", "q"),), completion=completion, **fields)


def score(name, answer, example, **fields):
    return registry.metrics()[name].score(Output(answer, **fields), example)


@pytest.mark.parametrize("name", OVERLAPS)
def test_the_reference_itself_scores_one_and_nothing_scores_zero(name):
    assert score(name, "Returns are accepted within 30 days.", item()) == pytest.approx(1)
    assert score(name, "", item()) == 0


@pytest.mark.parametrize("name", OVERLAPS)
@pytest.mark.parametrize("reference", ["返品は三十日以内です。", "Отправка в течение двух дней", "Cafés à Genève"])
def test_text_that_is_not_english_is_compared_too(name, reference):
    assert score(name, reference, item(reference)) == pytest.approx(1)
    if name != "exact_match":
        assert 0 < score(name, reference[:-4], item(reference)) < 1


@pytest.mark.parametrize("name", [*OVERLAPS, "key_facts", "length_ratio"])
@pytest.mark.parametrize("fields", [{"answerable": False}, {"choices": ("wrong",)}])
def test_text_is_not_compared_where_wording_does_not_decide(name, fields):
    assert score(name, "anything", item(**fields)) is None


@given(st.text(max_size=60), st.text(min_size=1, max_size=60))
def test_scores_stay_between_zero_and_one_whatever_the_text(answer, reference):
    for name in (*OVERLAPS, "key_facts", "repetition", "declining"):
        value = score(name, answer, item(reference))
        assert value is None or 0 <= value <= 1 + 1e-9


def squad_f1(prediction, truth):
    """compute_f1 of SQuAD's evaluate-v2.0.py, word for word."""
    import collections
    import re
    import string

    def tokens(text):
        text = "".join(char for char in text.lower() if char not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", text).split()

    gold, said = tokens(truth), tokens(prediction)
    same = sum((collections.Counter(gold) & collections.Counter(said)).values())
    if not gold or not said:
        return int(gold == said)
    if same == 0:
        return 0
    precision, recall = same / len(said), same / len(gold)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(("answer", "reference"), PAIRS)
def test_token_f1_agrees_with_squad(answer, reference):
    assert score("token_f1", answer, item(reference)) == pytest.approx(squad_f1(answer, reference))


@pytest.mark.parametrize(("answer", "reference"), PAIRS)
def test_rouge_and_chrf_agree_with_their_libraries(answer, reference):
    rouge = RougeScorer(["rougeL"]).score(reference, answer)["rougeL"].fmeasure
    assert score("rouge_l", answer, item(reference)) == pytest.approx(rouge)
    assert score("chrf", answer, item(reference)) == pytest.approx(
        CHRF().sentence_score(answer, [reference]).score / 100
    )


def test_exact_match_forgives_case_articles_and_punctuation_only():
    assert score("exact_match", "within the 30 days", item("Within 30 days.")) == 1
    assert score("exact_match", "within 31 days", item("Within 30 days.")) == 0


def test_length_ratio_counts_words_or_japanese_characters():
    assert score("length_ratio", "one two three", item("one two")) == 1.5
    assert score("length_ratio", "五日以内", item("五日")) == 2
    assert score("length_ratio", "五日", item("!?")) is None


def test_repetition_is_the_share_of_word_sequences_said_before():
    assert score("repetition", "a b c d", item()) == 0
    assert score("repetition", "a b c d a b c d", item()) == pytest.approx(1 / 5)
    assert score("repetition", "go " * 50, item()) > 0.95
    assert score("repetition", "はい" * 50, item()) > 0.9
    assert score("repetition", "", item()) == 0


def test_an_item_judged_by_likelihood_alone_is_not_taken_for_an_empty_answer():
    assert score("repetition", "", item(choices=("wrong",))) is None
    assert score("declining", "", item(choices=("wrong",))) is None
    assert score("declining", "Paris", item(choices=("wrong",)), tokens=2) == 1

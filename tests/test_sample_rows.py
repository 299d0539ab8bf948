"""Rows of the methods beyond question and answer: preferences, labels, prompts, raw documents and instructions."""

import json
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from statistics import mean

import pytest

from engine.data.leakage import leakage
from engine.metrics.brand_rules import RULES, kept
from engine.registry import metrics
from engine.schema import Example, Message, Output, example_id
from engine.specs import resolve_spec

METRICS = metrics()
PRESETS = Path(__file__).parent.parent / "presets"
KEYS = {
    "brand_replies/preferences": {"prompt", "chosen", "rejected", "group"},
    "brand_replies/preferences_test": {"prompt", "chosen", "rejected", "group"},
    "brand_replies/prompts": {"prompt", "group"},
    "brand_replies/prompts_test": {"prompt", "group"},
    "brand_replies/labels": {"prompt", "completion", "label", "group"},
    "raw_documents/documents": {"text", "group"},
    "raw_documents/documents_test": {"text", "group"},
    "shared/instructions": {"instruction", "input", "output", "group"},
    "shared/off_topic": {"question", "answer", "group", "answerable"},
    "shared/general_ja": {"question", "answer", "group", "choices"},
}
BRAND_TRAINING = [f"brand_replies/{name}" for name in ("preferences", "prompts", "labels")]
BRAND_TESTS = [f"brand_replies/{name}" for name in ("preferences_test", "prompts_test")]
PAIRS = ["brand_replies/preferences", "brand_replies/preferences_test"]


@cache
def rows(name: str) -> tuple[dict, ...]:
    return tuple(json.loads(line) for line in (PRESETS / f"{name}.jsonl").read_text("utf-8").splitlines())


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("'", ""))


def jaccard(first: str, second: str) -> float:
    a, b = set(words(first)), set(words(second))
    return len(a & b) / len(a | b)


def example(prompt: str, completion: str = "") -> Example:
    messages = (Message("user", prompt),)
    return Example(id=example_id(messages, completion), prompt=messages, completion=completion)


def is_in_voice(answer: str, prompt: str) -> bool:
    return len(kept(answer, prompt)) == len(RULES)


@pytest.mark.parametrize("name", KEYS)
def test_every_row_has_its_shape_and_no_empty_text(name):
    for row in rows(name):
        assert set(row) == KEYS[name], row
        assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", row["group"]), row
        texts = [row[key] for key in KEYS[name] - {"group", "label", "input", "answerable", "choices"}]
        assert all(text.strip() == text != "" for text in texts), row


def test_there_is_enough_to_train_on_and_to_test_with():
    sizes = {name.split("/")[1]: len(rows(name)) for name in KEYS}
    assert sizes == {
        "preferences": 116,
        "preferences_test": 34,
        "prompts": 70,
        "prompts_test": 34,
        "labels": 144,
        "documents": 16,
        "documents_test": 8,
        "instructions": 72,
        "off_topic": 70,
        "general_ja": 40,
    }


def test_the_held_out_pairs_are_about_topics_of_their_own():
    topics = [{row["group"].split("/")[0] for row in rows(name)} for name in PAIRS]
    assert len(topics[1]) == 24
    assert topics[0] & topics[1] == set()


@pytest.mark.parametrize("name", PAIRS)
def test_chosen_replies_keep_every_rule_and_rejected_ones_break_some(name):
    for row in rows(name):
        assert is_in_voice(row["chosen"], row["prompt"]), row
        assert not is_in_voice(row["rejected"], row["prompt"]), row


def test_every_rule_is_broken_by_some_rejected_reply_and_many_break_just_one():
    missing = [{rule for rule, _ in RULES} - set(kept(row["rejected"], row["prompt"])) for row in rows(PAIRS[0])]
    assert set().union(*missing) == {rule for rule, _ in RULES}
    assert sum(len(rules) == 1 for rules in missing) >= len(missing) / 3


@pytest.mark.parametrize("name", PAIRS)
def test_the_length_of_a_reply_does_not_tell_which_one_is_chosen(name):
    """Otherwise a model that only learns to talk longer, or shorter, would look as if it had learnt the voice."""
    chosen, rejected = ([len(words(row[side])) for row in rows(name)] for side in ("chosen", "rejected"))
    assert 0.8 < mean(chosen) / mean(rejected) < 1.25
    assert 0.3 < mean(a > b for a, b in zip(chosen, rejected, strict=True)) < 0.7


@pytest.mark.parametrize("name", PAIRS)
def test_chosen_replies_are_short_and_no_sentence_of_more_than_five_words_is_used_twice(name):
    bodies = [row["chosen"].rsplit("\n", 1)[0] for row in rows(name)]
    said = Counter(sentence for body in bodies for sentence in re.split(r"(?<=[.!?])\s", body))
    assert [sentence for sentence, times in said.items() if times > 1 and len(sentence.split()) > 5] == []
    assert all(len(row["chosen"].split()) in range(15, 43) for row in rows(name))


def test_thumbs_up_means_in_the_voice_and_about_half_of_the_labels_are_up():
    for row in rows("brand_replies/labels"):
        assert is_in_voice(row["completion"], row["prompt"]) == row["label"], row
    assert 0.45 < mean(row["label"] for row in rows("brand_replies/labels")) < 0.55


@pytest.mark.parametrize(("held_out", "trained"), list(product(BRAND_TESTS, BRAND_TRAINING)))
def test_no_held_out_message_is_nearly_one_trained_on(held_out, trained):
    assert {row["group"] for row in rows(held_out)} & {row["group"] for row in rows(trained)} == set()
    near = [(a["prompt"], b["prompt"]) for a, b in product(rows(held_out), rows(trained))]
    assert [pair for pair in near if jaccard(*pair) >= 0.5] == []
    tests = [example(row["prompt"], row.get("chosen", "")) for row in rows(held_out)]
    training = [example(row["prompt"], row.get("chosen", row.get("completion", ""))) for row in rows(trained)]
    assert leakage(tests, train=training)["pairs"] == []


@pytest.mark.parametrize("name", [*PAIRS, "brand_replies/prompts", "brand_replies/prompts_test"])
def test_no_customer_writes_twice(name):
    prompts = [row["prompt"] for row in rows(name)]
    assert [(a, b) for i, a in enumerate(prompts) for b in prompts[:i] if jaccard(a, b) >= 0.6] == []


@pytest.mark.parametrize("name", ["customer_reply", "medical"])
def test_pairs_of_a_use_case_are_many_of_like_length_and_about_topics_of_their_own(name):
    trained, held_out = rows(f"{name}/preferences"), rows(f"{name}/preferences_test")
    assert len(trained) >= 60 and len(held_out) >= 24
    assert {row["group"] for row in trained} & {row["group"] for row in held_out} == set()
    for part in (trained, held_out):
        chosen, rejected = ([len(words(row[side])) for row in part] for side in ("chosen", "rejected"))
        assert 0.8 < mean(chosen) / mean(rejected) < 1.25
        assert 0.3 < mean(a > b for a, b in zip(chosen, rejected, strict=True)) < 0.7
    tests, training = ([example(row["prompt"], row["chosen"]) for row in part] for part in (held_out, trained))
    assert leakage(tests, train=training)["pairs"] == []


@pytest.mark.parametrize("part", ["preferences", "preferences_test"])
def test_chosen_replies_keep_the_companys_rules_and_rejected_ones_break_some(part):
    rules = resolve_spec("customer_reply").rules
    share = METRICS["rules"].score
    for row in rows(f"customer_reply/{part}"):
        asked = replace(example(row["prompt"]), rules=rules)
        kept_all = [share(Output(row[side], tokens=9), asked) == 1.0 for side in ("chosen", "rejected")]
        assert kept_all == [True, False], row


def test_the_prompts_for_reinforcement_are_others_than_those_they_are_tested_on():
    trained, held_out = rows("customer_reply/prompts"), rows("customer_reply/prompts_test")
    assert len(trained) >= 60 and len(held_out) >= 24
    assert {row["group"] for row in trained} & {row["group"] for row in held_out} == set()
    near = [(a["prompt"], b["prompt"]) for a, b in product(held_out, trained)]
    assert [pair for pair in near if jaccard(*pair) >= 0.5] == []


def test_documents_are_pages_of_one_world_and_held_out_ones_are_new():
    trained, held_out = rows("raw_documents/documents"), rows("raw_documents/documents_test")
    assert all(150 <= len(row["text"].split()) <= 300 for row in trained)
    assert all(120 <= len(row["text"].split()) <= 300 for row in held_out)
    assert {row["group"] for row in trained} & {row["group"] for row in held_out} == set()
    pages = [
        [Example(id=row["group"], prompt=(), completion=row["text"]) for row in part] for part in (held_out, trained)
    ]
    assert leakage(pages[0], train=pages[1])["pairs"] == []
    world = {"holmwick", "lampsitter", "lampsitters", "wickboy", "brannet", "combs", "drop", "tollbell", "smudge"}
    assert all(len(world & set(words(row["text"]))) >= 2 for row in held_out)


def test_instructions_are_short_and_none_is_an_item_of_the_general_test():
    general = [row["question"] for row in rows("shared/general")]
    asked = [f"{row['instruction']} {row['input']}".strip() for row in rows("shared/instructions")]
    assert all(len(row["output"].split()) < 40 for row in rows("shared/instructions"))
    assert len({row["group"] for row in rows("shared/instructions")}) == len(asked)
    assert [pair for pair in product(general, asked) if jaccard(*pair) >= 0.4] == []
    assert leakage([example(text) for text in general], train=[example(text) for text in asked])["pairs"] == []


@pytest.mark.parametrize("name", ["shared/off_topic", "shared/general_ja"])
def test_no_question_that_ships_for_any_file_is_asked_twice(name):
    assert len({row["question"] for row in rows(name)}) == len({row["group"] for row in rows(name)}) == len(rows(name))


def test_off_topic_questions_are_none_of_the_use_cases():
    asked = [row["question"] for row in rows("shared/off_topic")]
    known = [row["question"] for row in (*rows("company_faq/train"), *rows("company_faq/unanswerable"))]
    assert [pair for pair in product(asked, known) if jaccard(*pair) >= 0.6] == []


def test_japanese_choices_look_like_the_right_answer_but_are_not():
    """By likelihood a longer or oddly ended answer would give itself away."""
    for row in rows("shared/general_ja"):
        options = [row["answer"], *row["choices"]]
        assert len(set(options)) == 4 and all(option.endswith("。") for option in options), row
        assert max(map(len, options)) - min(map(len, options)) <= 6, row
        assert re.search(r"[\u3040-\u30ff]", row["question"]) and row["question"].endswith("？"), row

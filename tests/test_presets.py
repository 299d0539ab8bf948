"""What a use case promises: rows that can be trusted as training data and, above all, as a test."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest
import yaml

from engine.data.leakage import leakage
from engine.data.load import load
from engine.data.prepare import Parts, ruled
from engine.metrics._words import KANA
from engine.registry import metrics
from engine.schema import Example, Output, Preset
from engine.specs import resolve_spec

PRESETS = Path(__file__).parent.parent / "presets"
NAMES = sorted(path.parent.name for path in PRESETS.glob("*/preset.yaml"))
SHAPES = (  # what a row must have, and what it may have besides
    ({"context", "question", "answer", "group"}, {"title"}),
    ({"question", "answer", "group"}, {"answerable", "choices"}),
    ({"messages", "group"}, set()),
    ({"prompt", "completion", "group"}, set()),
    ({"prompt", "chosen", "rejected", "group"}, set()),
    ({"text", "group"}, set()),
)
USE_CASES = ("company_faq", "medical", "customer_reply", "tutor", "code_completion", "document_qa", "legal")
SHARED = {"general", "plain_text"}  # suites that ship for every use case
SAME_FACTS = {"reworded", "reworded_text"}  # trained facts in other words
BY_LIKELIHOOD = {"choice_accuracy", "answer_loss", "perplexity", "bits_per_byte", "preference_accuracy", "reward"}
DECLINE = "I'm sorry, I don't have that information. Please ask our support team at help@torimugi.example."

# A number, amount, time or date; an e-mail or web address; or a capitalised word that does not open a sentence.
FACT = re.compile(r"\d|\S+@\S+\.\S+|\w+\.example\b|(?<=[a-z,0-9] )(?!I\b)[A-Z][A-Za-z]+")

each_preset = pytest.mark.parametrize("name", NAMES)


@cache
def preset(name: str) -> Preset:
    return Preset.model_validate(yaml.safe_load((PRESETS / name / "preset.yaml").read_text("utf-8")))


@cache
def read_rows(path: Path) -> tuple[dict, ...]:
    return tuple(json.loads(line) for line in path.read_text("utf-8").splitlines())


def train_rows(name: str) -> tuple[dict, ...]:
    return read_rows((PRESETS / name / preset(name).run.data.train.path).resolve())


def suite_rows(name: str) -> dict[str, tuple[dict, ...]]:
    suites = preset(name).run.data.suites
    return {suite: read_rows((PRESETS / name / source.path).resolve()) for suite, source in suites.items()}


def asked(row: dict) -> str:
    """What is asked in a row, with all that is said before, or the text that it is."""
    if "messages" in row:
        return "\n".join(turn["content"] for turn in row["messages"][:-1])
    question = next(row[key] for key in ("question", "prompt", "text") if key in row)
    return f"{row['context']}\n{question}" if "context" in row else question


def said(row: dict) -> str:
    if "messages" in row:
        return row["messages"][-1]["content"]
    answer = next((row[key] for key in ("answer", "chosen", "completion") if key in row), "")
    return answer or "(the passage does not say)"  # an empty list of answers


@cache
def words(text: str) -> list[str]:
    return re.findall(r"[\w$@.]*\w", unicodedata.normalize("NFKC", text).casefold().replace("'", ""))


@cache
def five_grams(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + 5]) for i in range(len(found) - 4)}


def jaccard(first: str, second: str) -> float:
    a, b = set(words(first)), set(words(second))
    return len(a & b) / len(a | b)


def covered(held_out: str, training: str) -> float:
    """The share of the held-out text's word 5-grams that stand in the training text too."""
    grams = five_grams(held_out)
    return len(grams & five_grams(training)) / len(grams) if grams else 0.0


def nearly_equal(held_out: str, training: str) -> bool:
    return (
        words(held_out) == words(training) or covered(held_out, training) >= 0.5 or jaccard(held_out, training) >= 0.65
    )


def test_nearly_equal_sees_a_changed_word_and_passes_a_real_paraphrase():
    assert nearly_equal("How much is express shipping?", "how much is Express shipping")
    assert nearly_equal("How much is the express shipping?", "How much is express shipping?")
    assert nearly_equal("So, where do I send a return for the kettle?", "Where do I send a return?") is False
    assert nearly_equal("And when will my order from Monday arrive here?", "When will my order from Monday arrive?")
    assert not nearly_equal("If I pay for rush delivery, how soon is it here?", "How fast is express shipping?")


def test_a_fact_is_a_number_an_address_or_a_name():
    assert all(FACT.search(text) for text in ("It is $5.", "Write to a@b.example.", "We take Visa.", "See the Hotaru."))
    assert not any(
        FACT.search(text) for text in ("Please ask our team.", "It depends. We will see.", "Yes, I think so.")
    )


def test_there_is_a_use_case():
    assert "company_faq" in NAMES


@each_preset
def test_preset_is_valid_and_named_after_its_folder(name):
    found = preset(name)
    assert found.name == found.run.use_case == name
    assert found.language == ("ja" if name.endswith("_ja") else "en")
    assert found.demo and found.limits and found.minutes > 0
    assert found.run.primary.suite in found.run.data.suites
    assert found.run.primary.metric in found.run.metrics
    assert not any(source.sha256 for source in [found.run.data.train, *found.run.data.suites.values()])


@each_preset
@pytest.mark.parametrize("part", ["title", "summary", "changes", "reason"])
def test_every_text_stands_in_english_and_japanese(name, part):
    texts = getattr(preset(name), part)
    assert set(texts) == {"en", "ja"}
    assert texts["en"].isascii() and texts["en"].strip()
    assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", texts["ja"])


@each_preset
def test_every_row_has_the_row_shape(name):
    for rows in (train_rows(name), *suite_rows(name).values()):
        assert rows
        for row in rows:
            needed, allowed = next(shape for shape in SHAPES if shape[0] <= set(row))
            assert set(row) <= needed | allowed, row
            texts = needed - {"messages"} - ({"answer"} if row.get("answer") == [] else set())
            assert all(isinstance(row[key], str) and row[key].strip() == row[key] != "" for key in texts), row
            assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", row["group"]), row
            assert isinstance(row.get("answerable", True), bool)


@each_preset
def test_no_question_is_asked_twice_or_answered_in_two_ways(name):
    answers = defaultdict(list)
    for rows in (train_rows(name), *suite_rows(name).values()):
        for row in rows:
            answers[" ".join(words(asked(row)))].append(said(row))
    assert {question: given for question, given in answers.items() if len(given) > 1} == {}


@each_preset
def test_no_held_out_question_is_nearly_a_training_question(name):
    training = [asked(row) for row in train_rows(name)]
    held_out = [asked(row) for rows in suite_rows(name).values() for row in rows] + list(preset(name).limits)
    assert [(new, old) for new in held_out for old in training if nearly_equal(new, old)] == []


@each_preset
def test_no_demo_question_stands_in_the_training_rows(name):
    training = {tuple(words(asked(row))) for row in train_rows(name)}
    assert [
        question for question in preset(name).demo + preset(name).limits if tuple(words(question)) in training
    ] == []


@each_preset
def test_only_reworded_questions_share_a_group_with_training(name):
    trained = {row["group"] for row in train_rows(name)}
    for suite, rows in suite_rows(name).items():
        groups = {row["group"] for row in rows}
        if suite in SAME_FACTS:
            assert groups <= trained
        else:
            assert groups & trained == set(), suite


@each_preset
def test_wrong_choices_look_like_the_right_answer_but_are_not(name):
    for row in (row for rows in suite_rows(name).values() for row in rows if row.get("choices")):
        options = [" ".join(words(text)) for text in (row["answer"], *row["choices"])]
        assert len(set(options)) == len(options) == 4, row
        japanese = KANA.search("".join(options))
        lengths = [len(option) if japanese else len(option.split()) for option in options]
        assert max(lengths) - min(lengths) <= (6 if japanese else 1), row
        assert all(choice[-1] == row["answer"][-1] for choice in row["choices"]), row


@each_preset
def test_questions_marked_unanswerable_all_decline_in_the_same_words(name):
    rows = [row for rows in (train_rows(name), *suite_rows(name).values()) for row in rows]
    declining = {said(row) for row in rows if not row.get("answerable", True)}
    assert len(declining) <= 1
    assert declining.isdisjoint(said(row) for row in rows if row.get("answerable", True))


def examples(name: str, suite: str = "") -> list[Example]:
    """The rows as the engine reads them, with the run's rules on them."""
    run = resolve_spec(name)
    return load(run.data.suites[suite] if suite else run.data.train, suite=suite).examples


def own_suites(name: str) -> list[str]:
    return [suite for suite in preset(name).run.data.suites if suite not in SHARED]


@pytest.mark.parametrize("name", [f"{name}{twin}" for name in USE_CASES for twin in ("", "_ja")])
def test_a_use_case_has_enough_rows_a_story_to_show_and_its_limits(name):
    found = preset(name)
    tested = sum(len(rows) for suite, rows in suite_rows(name).items() if suite not in SHARED)
    least = (60, 30) if found.language == "ja" else (120, 60)
    assert len(train_rows(name)) >= least[0] and tested >= least[1]
    assert (len(found.demo), len(found.limits)) == (6, 2)
    assert set(found.source) == {"en", "ja"}
    assert set(found.notice) == ({"en", "ja"} if name.startswith(("medical", "legal")) else set())
    asked_in_japanese = [bool(KANA.search(asked(row) + said(row))) for row in train_rows(name)]
    assert all(asked_in_japanese) if found.language == "ja" else not any(asked_in_japanese)


@each_preset
def test_every_row_of_a_use_case_can_be_used(name):
    for suite in ("", *preset(name).run.data.suites):
        rows = suite_rows(name)[suite] if suite else train_rows(name)
        assert len(examples(name, suite)) == len(rows), suite


@each_preset
def test_training_gives_no_test_away(name):
    training = examples(name)
    for suite in own_suites(name):
        assert leakage(examples(name, suite), train=training, suite=suite)["pairs"] == [], suite


@each_preset
def test_reference_answers_keep_the_rules_and_score_near_the_top_of_each_metric(name):
    """Else the yardstick would measure something other than what the rows teach."""
    run = resolve_spec(name)
    parts = ruled(Parts(examples(name), [], {suite: examples(name, suite) for suite in own_suites(name)}), run.rules)
    tests = [example for suite in parts.suites.values() for example in suite if example.prompt and example.completion]
    for title in run.metrics:
        metric = metrics()[title]
        if metric.across or metric.better == "neither" or title in BY_LIKELIHOOD:
            continue
        scores = [score(title, e) for e in tests if e.rejected is None]
        given = [score for score in scores if score is not None]
        mean = sum(given) / len(given) if given else None
        if mean is not None:
            assert mean <= 0.05 if metric.better == "lower" else mean >= 0.95, title
    kept_rules = [
        score("rules", example) for example in (*parts.train, *tests) if example.rules and example.rejected is None
    ]
    kept_rules = [found for found in kept_rules if found is not None]
    assert not run.rules or (kept_rules and sum(kept_rules) / len(kept_rules) >= 0.98)


def score(metric: str, example: Example) -> float | None:
    return metrics()[metric].score(Output(example.completion, tokens=20, seconds=1.0), example)


def company_facts() -> dict[str, list[dict]]:
    facts = defaultdict(list)
    for row in train_rows("company_faq"):
        if row.get("answerable", True) and not row["group"].startswith("general/"):
            facts[row["group"]].append(row)
    return facts


def test_company_faq_has_72_facts_in_ten_topics_40_refusals_and_24_general_rows():
    kinds = Counter(row["group"].split("/")[0] for row in train_rows("company_faq"))
    assert (kinds.pop("decline"), kinds.pop("general")) == (40, 24)
    assert len(kinds) == 10
    assert len(company_facts()) == 72
    sizes = {suite: len(rows) for suite, rows in suite_rows("company_faq").items()}
    assert sizes == {"reworded": 144, "unanswerable": 36, "general": 40, "plain_text": 14}


def test_company_faq_asks_each_fact_three_times_in_training_and_twice_in_the_test():
    held_out = defaultdict(list)
    for row in suite_rows("company_faq")["reworded"]:
        held_out[row["group"]].append(row["answer"])
    assert set(held_out) == set(company_facts())
    for group, rows in company_facts().items():
        assert len(rows) == 3, group
        assert held_out[group] == [rows[0]["answer"]] * 2, group
        assert len({row["answer"] for row in rows}) == 1, group


def test_company_faq_facts_all_differ():
    assert len({rows[0]["answer"] for rows in company_facts().values()}) == 72


def test_company_faq_answers_are_short_and_hold_a_checkable_fact():
    for group, rows in company_facts().items():
        answer = rows[0]["answer"]
        assert FACT.search(answer), group
        assert 8 <= len(answer.split()) <= 18, group


def test_company_faq_declines_in_its_canonical_words():
    taught = [row for row in train_rows("company_faq") if row["group"].startswith("decline/")]
    for row in (*taught, *suite_rows("company_faq")["unanswerable"]):
        assert row["answer"] == DECLINE and row["answerable"] is False, row


def test_company_faq_general_items_have_three_wrong_choices():
    assert all(len(row["choices"]) == 3 for row in suite_rows("company_faq")["general"])


def test_company_faq_is_plain_text():
    for rows in (train_rows("company_faq"), *suite_rows("company_faq").values()):
        for row in rows:
            assert (asked(row) + said(row)).isascii(), row
            assert not re.search(r"[*_#`\[\]]", asked(row) + said(row)), row


def test_company_faq_shows_six_demo_questions_and_two_limits():
    found = preset("company_faq")
    assert (len(found.demo), len(found.limits)) == (6, 2)

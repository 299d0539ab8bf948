"""The comparison in words: says no as plainly as yes, in both languages, with the numbers it has."""

import pytest

from engine import atomic, registry
from engine.compare import compare
from engine.figures import difference, metric_title, plain, score, suite_opening, suite_title
from engine.text import LANGUAGES
from engine.verdict import columns, headline, not_measured, sentences, table
from tests.engine.comparisons import REFUSAL, answers, correct, general, reworded, run_with, unanswerable, wrong

METRICS = registry.metrics()


def compared(examples, before=wrong, after=correct, *, right=(lambda i: True, lambda i: True), loss=1.0, **fields):
    base = answers(examples, before, arm="base", right=right[0])
    tuned = answers(examples, after, arm="tuned", right=right[1], loss=loss)
    return compare(run_with(examples, base, tuned, **fields))


def said(comparison, lang="en"):
    return {sentence["text"]: sentence["tone"] for sentence in sentences(comparison, lang)}


def test_a_gain_is_said_first_and_in_items():
    found = sentences(compared(reworded() + unanswerable()))
    assert found[0] == {
        "text": "On new wordings of trained questions the tuned model is better: 40 of 40 items improved, 0 got worse.",
        "tone": "good",
    }
    assert found[1]["text"].startswith("Key facts right: 0 % before, 100 % after (+100 points; 95 % interval")
    assert (
        said(compared(reworded() + unanswerable()))["It now declines 36 of 36 questions it cannot know (before: 0)."]
        == "good"
    )


def test_a_loss_is_said_in_red():
    found = sentences(compared(reworded(), correct, wrong))
    assert found[0]["text"].startswith("On new wordings of trained questions the tuned model is worse: 40 of 40 items")
    assert found[0]["tone"] == found[1]["tone"] == "bad"


def test_not_knowing_is_said_with_what_would_settle_it():
    mixed = lambda i, item: item.completion if i % 4 < 2 else wrong(i, item)  # noqa: E731
    other = lambda i, item: item.completion if i % 5 < 3 else wrong(i, item)  # noqa: E731
    found = said(compared(reworded(), mixed, other))
    assert any("it cannot be told whether training helped" in line for line in found)
    assert any(line.startswith("About ") and line.endswith("such items would settle it.") for line in found)
    assert set(found.values()) == {"neutral"}


def test_declining_what_it_could_answer_is_said_in_red():
    found = said(compared(reworded(60), after=lambda i, item: item.completion if i % 3 else REFUSAL))
    assert found["It also declines 20 of 60 questions it could answer (before: 0)."] == "bad"


@pytest.mark.parametrize(
    ("low", "high", "tone"),
    [(0.02, 0.3, "good"), (-0.3, -0.01, "bad"), (-0.1, 0.2, "neutral"), (None, None, "neutral")],
)
def test_telling_apart_by_likelihood_is_coloured_only_where_the_interval_excludes_zero(low, high, tone):
    comparison = compared(reworded() + unanswerable())
    comparison["declining"]["auroc"] = {"before": 0.55, "after": 0.714, "difference": 0.164, "low": low, "high": high}
    line = (
        "Shown one question it can answer and one it cannot, the tuned model finds declining likelier for the right "
        "one in 71 % of cases (before 55 %)."
    )
    assert said(comparison)[line] == tone
    assert any("71%" in words and "55%" in words for words in said(comparison, "ja"))


def test_what_is_no_metric_is_named_in_words_where_it_was_not_measured():
    comparison = compared(reworded())
    comparison["not_measured"].append({"what": "declining_auroc", "why": "no_refusal"})
    lines = not_measured(comparison)
    assert "Declining by likelihood (AUROC): not measured (the likelihood of a refusal was not taken)" in lines
    assert any(line.startswith("Efficiency: ") for line in lines)


def test_forgetting_is_said_in_red_and_an_even_score_on_few_questions_is_no_all_clear():
    lost = said(compared(reworded() + general(), right=(lambda i: True, lambda i: i % 3 == 0)))
    assert any(line.startswith("General knowledge got worse: Right choice −65 points") for line in lost)
    assert "bad" in lost.values()
    even = said(compared(reworded() + general(40)))
    assert any("cannot rule one out (Right choice 0 points" in line for line in even)
    many = said(compared(reworded() + general(80)))
    assert many[next(line for line in many if "no loss found" in line)] == "good"


def test_a_rise_of_general_loss_is_said_even_where_the_choices_stay_right():
    found = said(compared(reworded() + general(80), loss=2.0))
    assert any("no loss found" in line for line in found)
    assert found[next(line for line in found if line.startswith("General knowledge got worse: Loss"))] == "bad"


def test_leaks_cut_answers_and_circles_are_said_in_red():
    examples = reworded()
    leaks = {"leakage": {"reworded": {"test": 40, "ids": [item.id for item in examples[:4]], "share": 0.1}}}
    after = lambda i, item: item.completion + " and then and then" * 5 + " ..."  # noqa: E731
    found = said(compared(examples, after=after, report=leaks))
    bad = [line for line, tone in found.items() if tone == "bad"]
    assert [line.split()[0] for line in bad] == ["On", "More", "4"]


def test_few_items_and_one_seed_are_admitted():
    found = said(compared(reworded(12), seed=7))
    assert "Only 12 items: take this as an illustration, not as proof." in found
    assert "This is one training run (seed 7); another seed may come out differently." in found


def test_a_deciding_metric_without_items_says_so():
    examples = general()
    found = sentences(compared(examples))
    assert "nothing was measured" in found[0]["text"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_row_of_the_table_has_every_column_sign_and_word(lang):
    comparison = compared(reworded() + unanswerable() + general())
    rows = table(comparison, lang)
    assert len(rows) == len(comparison["changes"])
    for row in rows:
        assert all(isinstance(row[key], str) and row[key] for key in columns(lang))
        assert row["sign"] in "▲▼≈–"
    assert rows[0]["primary"] and rows[0]["suite_name"] == "reworded"


def test_a_row_reads_as_a_person_reads_it():
    row = table(compared(reworded()))[0]
    assert {
        key: row[key] for key in ("metric", "suite", "before", "after", "difference", "outcomes", "n", "verdict")
    } == {
        "metric": "Key facts right",
        "suite": "New wordings",
        "before": "0 %",
        "after": "100 %",
        "difference": "+100 points",
        "outcomes": "40/0/0",
        "n": "40",
        "verdict": "better",
    }


def test_a_figure_without_a_good_direction_is_shown_but_not_judged():
    rows = {row["metric_name"]: row for row in table(compared(reworded()))}
    assert (rows["length_ratio"]["sign"], rows["length_ratio"]["verdict"]) == ("–", "shown, not judged")
    assert rows["length_ratio"]["after"] == "1.00×"


def test_the_headline_has_sign_and_word():
    assert headline(compared(reworded())) == "▲ better"
    assert headline(compared(reworded(), correct, wrong), "ja") == "▼ 悪化"


def test_a_comparison_read_back_from_its_file_reads_the_same(tmp_path):
    comparison = compared(reworded() + general())
    atomic.write_json(tmp_path / "comparison.json", comparison)
    again = atomic.read_json(tmp_path / "comparison.json")
    assert (sentences(again), table(again)) == (sentences(comparison), table(comparison))


@pytest.mark.parametrize(
    ("value", "shown"),
    [(61.234, "61.2"), (100.0, "100"), (5.0, "5.00"), (0.0612, "0.06"), (-0.001, "0"), (1234.5, "1,234")],
)
def test_numbers_have_three_significant_digits_and_no_more_than_two_decimals(value, shown):
    assert plain(value) == shown


def test_scores_carry_their_units():
    assert score(0.14159, METRICS["token_f1"]) == "14.2 %"
    assert score(None, METRICS["token_f1"]) == "–"
    assert score(2.345, METRICS["answer_loss"], "ja") == "2.35ナット/トークン"
    assert difference(-0.006, METRICS["token_f1"], digits=2) == "−0.60 points"
    assert difference(0.0, METRICS["token_f1"]) == "0 points"


def test_a_suite_or_metric_without_a_text_keeps_its_own_name():
    assert suite_title("night_shift", "ja") == metric_title("night_shift") == "night_shift"
    assert suite_opening("night_shift") == suite_opening("own").replace("own", "night_shift")

"""The pictures of the first screen hold the numbers of the comparison, and say so where there are none."""

import pytest

from engine import items_json, pictures
from engine.compare import compare
from engine.text import LANGUAGES, text
from tests.engine.comparisons import answers, general, reworded, run_with, unanswerable, wrong


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    examples = reworded() + unanswerable() + general()
    half = lambda i, item: item.completion if i % 2 else wrong(i, item)  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KURABE_HOME", str(tmp_path_factory.mktemp("pictures")))
        return run_with(examples, answers(examples, wrong, arm="base"), answers(examples, half, arm="tuned"))


@pytest.fixture(scope="module")
def found(run):
    return compare(run)


@pytest.fixture(scope="module")
def said(run):
    return items_json.answers(run)


def test_each_bar_has_the_interval_of_its_own_mean(found, said):
    rows = {row["arm"]: row for row in pictures.deciding(found, said, "en")["bars"][0]["rows"]}
    assert list(rows) == ["base", "tuned"] and rows["tuned"]["shown"] == "50.0 %"
    assert 0.3 < rows["tuned"]["low"] < 0.5 < rows["tuned"]["high"] < 0.7
    assert rows["base"]["low"] is None, "all score 0: nothing is known of their spread"


def test_prompted_base_stands_between_base_and_tuned(found, said):
    key = ("key_facts", "reworded")
    prompted = dict(next(c for c in found["changes"] if (c["metric"], c["suite"]) == key), before=0.2, difference=0.3)
    drawn = pictures.deciding(found | {"arms": [{"arm": "prompted", "changes": [prompted]}]}, said, "en")["bars"][0]
    assert [row["arm"] for row in drawn["rows"]] == ["base", "prompted", "tuned"]
    assert "Tuned − prompted: +30.0 points" in drawn["line"]


def test_fixed_and_broken_are_those_of_the_deciding_test(found):
    parts = {word: count for word, count, *_ in pictures.fixed_and_broken(found, "en")["parts"]}
    assert parts == found["counts"]["reworded"] and parts["fixed"] == 20


def test_what_was_lost_is_told_by_the_choices_and_says_when_it_was_not_measured(found):
    (group,) = pictures.lost(found, "en")["bars"]
    assert group["label"].startswith("General knowledge: Right choice") and group["rows"][0]["shown"] == "100 %"
    bare = found | {"changes": [change for change in found["changes"] if change["suite"] != "general"]}
    assert pictures.lost(bare, "en")["none"] == text("page.picture.lost_none", "en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_numbers_lead_to_their_items_only_where_somebody_listens(found, said, lang):
    three = pictures.three(found, said, lang)
    assert all("<button" not in pictures.draw(one) for one in three)
    drawn = "".join(pictures.draw(one, see="see them") for one in three)
    assert 'data-pick="0:all"' in drawn and 'data-pick="outcome:fixed"' in drawn
    assert 'data-pick="outcome:broken"' not in drawn, "there are none"
    assert 'data-pick="declined:base:unanswerable"' not in pictures.draw(pictures.declining(found, lang), see="see")


def test_a_deciding_metric_without_items_says_so(kurabe_home):
    examples = general()
    run = run_with(examples, answers(examples, wrong, arm="base"), answers(examples, wrong, arm="tuned"))
    three = pictures.three(compare(run), items_json.answers(run), "en")
    assert three[0]["none"] and three[1]["none"] and not three[2]["none"]

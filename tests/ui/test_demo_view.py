"""The story of a finished run: its slides in order, told by the same examples as the report."""

import pytest

from engine import items_json
from engine.text import LANGUAGES, text
from tests.engine.comparisons import general, reworded, unanswerable, wrong
from tests.engine.use_cases import finished
from ui import demo_view, examples_view


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    half = lambda i, item: item.completion if i % 2 else wrong(i, item)  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KURABE_HOME", str(tmp_path_factory.mktemp("demo")))
        return finished(reworded() + unanswerable() + general(), wrong, half)


def slides(run, lang):
    drawn = demo_view.dialog(run, run.comparison(), items_json.answers(run), lang)
    return drawn.split('<section class="k-slide"')[1:]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_goes_from_the_question_over_before_after_and_why_to_numbers_and_limits(run, lang):
    found = slides(run, lang)
    heads = ["typical", "before", "after", "same", "best", "worst", None, "lost", "limits"]
    for slide, head in zip(found[1:], heads, strict=True):
        assert head is None or text(f"demo.head.{head}", lang) in slide, head
    assert text("demo.question", lang) in found[0] and run.comparison()["changes"][0]["wins"]
    assert [(" hidden=" in slide.split(">")[0]) for slide in found] == [False, *[True] * (len(found) - 1)]


def test_its_questions_are_those_that_the_rule_chose(run):
    items = {item["rule"]: item for item in examples_view.of(run, "en")["items"]}
    found = slides(run, "en")
    assert items["median"]["prompt"] in found[1] and items["best"]["prompt"] in found[5]
    assert items["worst"]["prompt"] in found[6] and text("report.examples.rule", metric="Key facts right", n=40)[
        :30
    ] in (found[1].replace("&quot;", '"'))


def test_a_card_of_the_result_leads_to_its_question(run):
    shown = examples_view.of(run, "en")
    drawn = examples_view.section(shown, "en")
    for item in shown["items"]:
        assert f'data-pick="{item["example_id"]}"' in drawn
    assert examples_view.section({"rule": "", "note": "", "items": []}, "en") == ""


def test_a_question_whose_answer_stayed_the_same_is_not_said_to_have_changed(run):
    shown = examples_view.of(run, "en")
    item = shown["items"][0] | {"base": "7 days", "tuned": "7 days "}
    *_, why = demo_view._story(run, item, shown, "en")
    assert text("demo.head.same") in why and text("demo.head.why") not in why
    assert text("demo.not_taught") not in why  # nothing was carried over

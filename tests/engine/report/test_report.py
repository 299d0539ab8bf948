"""The report holds what the run's files say, in both languages and three formats, and nothing of it is markup."""

import json
import re

import pytest

from engine import atomic, report
from engine.examples import examples
from engine.numbers import figure
from engine.schema import Primary, UserError
from engine.text import LANGUAGES, text
from engine.verdict import sentences
from tests.engine.comparisons import answers, correct, example, general, reworded, run_with, unanswerable, wrong
from tests.engine.use_cases import finished
from tests.ui.test_html import HOSTILE, assert_harmless, read

SECTIONS = ["figures", "prompting", "declining", "forgetting", "leakage", "style", "cost", "limits", "method"]
SECTIONS += ["settings", "data", "reproduce", "not_measured"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home for the runs that several tests read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KURABE_HOME", str(tmp_path_factory.mktemp("reports")))
        yield


@pytest.fixture(scope="module")
def run(home):
    half = lambda i, item: item.completion if i % 2 else wrong(i, item)  # noqa: E731
    return finished(reworded() + unanswerable() + general(), wrong, half)


def drawn(run, **options):
    return report.report(run, **options)


def content(run, **options):
    return json.loads(drawn(run, format="json", **options))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_tells_the_verdict_first_and_what_was_not_measured_last(run, lang):
    page, found = drawn(run, lang=lang), run.comparison()
    shown = [text("report.section.examples", lang)]
    shown += [text(f"report.section.{key}", lang) for key in SECTIONS]
    first = sentences(found, lang)[0]["text"]
    words = "".join(read(page).text)
    places = [words.index(first), *(re.search(rf"\n{re.escape(title)}\n", words).start() for title in shown)]
    assert places == sorted(places) and f'<html lang="{lang}">' in page
    assert [section["key"] for section in content(run, lang=lang)["sections"]] == SECTIONS


@pytest.mark.parametrize("format", report.FORMATS)
def test_every_sentence_of_the_verdict_and_every_example_is_in_every_format(run, format):
    page = drawn(run, format=format)
    if format == "html":
        page = "".join(read(page).text)
    plain = page.replace("\\", "") if format == "md" else page
    for line in sentences(run.comparison()):
        assert line["text"] in plain
    for one in examples(run.comparison()):
        assert one["item"]["question"] in plain and one["item"]["tuned"] in plain
        assert text(f"report.examples.{one['rule']}") in plain
    assert text("report.examples.rule", metric="Key facts right", n=40).split(":")[0] in plain


def test_it_loads_nothing_and_its_policy_forbids_to(run):
    page = drawn(run)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert policy.startswith("default-src 'none';")
    assert "script-src" not in policy and "unsafe-eval" not in policy and "*" not in policy
    for tag in ("<script", "<link", "<img", "<iframe", "<form", "@import", "url(", " src=", " href="):
        assert tag not in page, tag


def test_only_the_prices_unit_that_was_given_is_used(run):
    page = content(run, price=1.2, currency="USD")
    cost = next(section for section in page["sections"] if section["key"] == "cost")
    hours = (1 + 999 + 60 + 20 + 0.5) / 3600
    facts = {label: value for label, value, _ in cost["blocks"][0]["rows"]}
    assert facts[text("report.cost.price")] == f"{figure(hours * 1.2)} USD"
    bare = drawn(run, format="json")
    assert "USD" not in bare and text("report.cost.price") not in [
        label
        for section in json.loads(bare)["sections"]
        if section["key"] == "cost"
        for label, *_ in section["blocks"][0]["rows"]
    ]
    assert text("report.cost.no_price") in bare


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"price": 1.2}, "currency"),
        ({"currency": "USD"}, "price"),
        ({"price": -1.0, "currency": "USD"}, "at least 0"),
        ({"price": float("nan"), "currency": "USD"}, "at least 0"),
        ({"price": 1.0, "currency": "x" * 13}, "currency"),
        ({"price": 1.0, "currency": "U\nS"}, "currency"),
        ({"format": "pdf"}, "html, md, json"),
        ({"lang": "fr"}, "en, ja"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(run, tmp_path, options, told):
    with pytest.raises(UserError, match=told):
        report.write(run, tmp_path / "out.html", **options)
    assert not list(tmp_path.iterdir())


def test_a_run_without_a_result_has_no_report(kurabe_home, tmp_path):
    with pytest.raises(UserError, match="no result to report yet"):
        report.write(run_with([], [], []), tmp_path / "out.html")


def test_the_files_name_says_the_format_and_a_folder_that_cannot_be_is_said(run, tmp_path):
    assert report.write(run, tmp_path / "a.md").read_text().startswith("# ")
    assert json.loads(report.write(run, tmp_path / "a.json").read_text())["run"] == run.id
    assert report.write(run, tmp_path / "a.txt").read_text().startswith("<!doctype html>")
    assert json.loads(report.write(run, tmp_path / "b.html", format="json").read_text())["report"] == 1
    with pytest.raises(UserError, match="cannot be written"):
        report.write(run, tmp_path / "a.md" / "b.html")


@pytest.fixture(scope="module")
def hostile(home):
    """A run every text of which tries to be markup."""
    said = HOSTILE.replace("\ud800", "")
    asked = [example("reworded", f"{said} {i}?", f"{said} {i} days", group=said) for i in range(12)]
    run = finished(asked, lambda i, item: said, lambda i, item: f"{said} | `{i}`", title=said[:200], system=said)
    found = atomic.read_json(run.file("comparison"))
    for item in found["items"]:
        item["others"] = {"prompted": said}
    found["not_measured"].append({"what": said, "why": said})
    atomic.write_json(run.file("comparison"), found | {"use_case": "", "method": said, "title": said[:200]})
    env = atomic.read_json(run.file("env"))
    atomic.write_json(run.file("env"), env | {"processor": said, "versions": {said: said}})
    return run


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hostile_texts_stay_text_on_the_page(hostile, lang):
    page = drawn(hostile, lang=lang, price=1.0, currency="<b>$x</b>")
    style = re.search(r"<style>.*?</style>", page, re.S).group(0)
    assert_harmless(page.replace(style, ""))
    assert page.count("<style") == 1 and "<b>$x" not in page and "<b>&#36;x" not in page


def test_hostile_texts_stay_text_in_markdown(hostile):
    page = drawn(hostile, format="md", price=1.0, currency="<b>x</b>")
    assert not re.search(r"(?<!\\)<(?!\d)", page.replace("&lt;", "")), "an element could begin"
    assert not re.search(r"(?<!\\)`", page) and not re.search(r"(?<!\\)!\[|(?<!\\)\]\(", page)
    rows = [line for line in page.splitlines() if line.startswith("|")]
    cells = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    assert rows and all(count > 2 for count in cells)


def test_hostile_texts_are_a_json_document_as_they_were(hostile):
    document = content(hostile)
    assert document["examples"]["items"][0]["base"] == hostile.comparison()["items"][0]["base"]


def test_nobody_learns_where_files_lie_on_the_users_machine(kurabe_home, tmp_path):
    model = tmp_path / "hidden-folder" / "my-model"
    run = finished(reworded(), wrong, correct, model=str(model))
    for format in report.FORMATS:
        page = drawn(run, format=format)
        assert "my" in page and str(tmp_path) not in page and "hidden-folder" not in page


def test_answers_that_an_earlier_run_gave_are_named_where_the_time_is(kurabe_home):
    quick = finished(reworded(), wrong, correct, base_seconds=0.5)
    assert text("report.cost.base_kept", time="20 s") in drawn(quick, format="json")
    assert "earlier run had asked" not in drawn(finished(reworded(), wrong, correct), format="json")


def test_what_a_run_did_not_measure_is_said_and_not_left_out(kurabe_home):
    bare = finished(
        [example("own", f"Q{i}?", f"{i} days") for i in range(30)],
        wrong,
        correct,
        primary=Primary(metric="token_f1", suite="own"),
    )
    said = drawn(bare, format="json")
    for key in ("page.picture.lost_none", "report.gaps.prompted", "report.gaps.votes", "report.leakage.none"):
        assert text(key) in said, key


def test_where_choices_are_judged_the_examples_show_the_choices(kurabe_home):
    asked = [example("reworded", f"Capital {i}?", f"City {i}", choices=("Wrong town", "Other")) for i in range(9)]
    run = finished(asked, wrong, wrong, primary=Primary(metric="choice_accuracy", suite="reworded"))
    rows = [row.to_dict() for row in answers(asked, wrong, arm="base", right=lambda i: False)]
    atomic.write_lines(run.file("base"), rows)
    shown = content(run)["examples"]
    assert shown["items"][0]["base"] == "Wrong town" and shown["note"] == text("report.examples.by_choice")


def test_a_run_is_reported_in_the_language_of_its_test(run, kurabe_home):
    asked = [example("reworded", f"送料はいくらですか。{i}", f"{i}円です。") for i in range(3)]
    japanese = run_with([*asked, *reworded(2)], [], [])
    assert report.language_of(japanese) == "ja" and report.language_of(run) == "en"

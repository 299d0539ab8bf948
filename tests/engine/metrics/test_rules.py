"""Rules kept: each check, when it applies, and patterns that are wrong or go astray."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from engine.data.prepare import Parts, ruled
from engine.metrics.rules import METRIC, kept, score
from engine.schema import Example, Message, MetricFailed, Output, Rule, RunSpec


def item(question: str = "Where is TM-48213?", *rules: Rule, **more) -> Example:
    return Example("x", (Message("user", question),), "We look into TM-48213.", rules=rules, **more)


def said(text: str) -> Output:
    return Output(text, tokens=len(text.split()))


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (Rule("greeting", needs=r"\A(hello|hi)\b"), "Hello, we look.", "We look. Hello"),
        (Rule("calm", avoids="!|unfortunately"), "We look.", "Unfortunately no."),
        (Rule("number", copies=r"\bTM-\d{5}\b"), "It is tm-48213.", "It is TM-48231."),
        (Rule("length", least=2, most=4), "We look there.", "We look there as soon as we can."),
    ],
)
def test_each_check_tells_an_answer_that_keeps_it_from_one_that_does_not(rule, good, bad):
    assert score(said(good), item("Where is TM-48213?", rule)) == 1.0
    assert score(said(bad), item("Where is TM-48213?", rule)) == 0.0


def test_the_score_is_the_share_of_the_rules_that_apply():
    rules = (Rule("we", needs=r"\bwe\b"), Rule("sorry", needs="sorry", when="broken"), Rule("calm", avoids="!"))
    assert kept("We look!", item("Where is it?", *rules)) == {"we": True, "calm": False}
    assert score(said("We look!"), item("It is broken", *rules)) == pytest.approx(1 / 3)


def test_whether_a_rule_applies_hangs_on_the_message_alone():
    rule = Rule("number", copies=r"TM-\d+")
    assert score(said("TM-1"), item("Where is my order?", rule)) is None
    assert score(said(""), item("Where is TM-1?", rule)) == 0.0


def test_every_number_of_the_message_must_be_copied():
    rule = Rule("number", copies=r"TM-\d{5}")
    assert score(said("TM-00417 it is."), item("TM-00417 and TM-00418 are lost", rule)) == 0.0
    assert score(said("TM-00418 and TM-00417 are found."), item("TM-00417 and TM-00418 are lost", rule)) == 1.0


def test_japanese_is_counted_by_character():
    example = Example("x", (Message("user", "届きません。"),), "調べます。", rules=(Rule("short", most=6),))
    assert score(said("調べます。"), example) == 1.0
    assert score(said("ただいまお調べします。"), example) == 0.0


@pytest.mark.parametrize("more", [{"answerable": False}, {"choices": ("a", "b")}, {"label": False}])
def test_items_that_others_judge_have_no_score(more):
    assert score(said("Hello"), item("Hi", Rule("greeting", needs="hello"), **more)) is None


def test_a_pattern_that_goes_astray_is_given_up(monkeypatch):
    monkeypatch.setattr("engine.metrics.rules.SECONDS", 0.05)
    with pytest.raises(MetricFailed, match="took more than"):
        score(said("a" * 40 + "!"), item("?", Rule("slow", needs=r"(a|aa)+$")))


@pytest.mark.parametrize(
    "wrong", [{}, {"needs": "("}, {"needs": "a", "avoids": "b"}, {"needs": "a", "name": "Not Plain"}, {"other": "a"}]
)
def test_a_rule_that_cannot_be_checked_is_refused(wrong):
    values = {"data": {"train": {"path": "x"}}, "rules": [{"name": "rule"} | wrong]}
    with pytest.raises(ValidationError):
        RunSpec.model_validate(values)


def test_rules_go_with_the_examples_they_apply_to_and_through_files():
    care = Rule("care", needs="doctor", suites=("red_flags",))
    calm = Rule("calm", avoids="!")
    suites = {name: [replace(item(), suite=name)] for name in ("red_flags", "unseen", "general")}
    parts = ruled(Parts([item()], [], suites), (care, calm))
    assert [rule.name for rule in parts.train[0].rules] == ["calm"]
    assert {name: len(rows[0].rules) for name, rows in parts.suites.items()} == {
        "red_flags": 2,
        "unseen": 1,
        "general": 0,
    }
    again = Example.from_dict(json.loads(json.dumps(parts.suites["red_flags"][0].to_dict())))
    assert again == parts.suites["red_flags"][0]
    assert "rules" not in item().to_dict()


def test_the_metric_is_better_when_higher():
    assert (METRIC.name, METRIC.better) == ("rules", "higher")

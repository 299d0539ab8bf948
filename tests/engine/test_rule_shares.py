"""The rules one by one: counted where they apply, in the run's order, with nothing judged."""

from engine import verdict
from engine.items import Pair
from engine.metrics.rules import score
from engine.rule_shares import rule_shares
from engine.schema import EvalRow, Example, Message, Output, Rule

RULES = (
    Rule("greeting", {"en": "Greets.", "ja": "挨拶する。"}, needs=r"\Ahello"),
    Rule("number", {"en": "Copies the number.", "ja": "番号を写す。"}, copies=r"TM-\d+"),
    Rule("never", {"en": "Never applies.", "ja": "当てはまらない。"}, needs="x", when="zzz"),
)


def item(question: str, before: str, after: str, **more) -> Pair:
    example = Example(question, (Message("user", question),), "Hello.", rules=RULES, **more)
    rows = []
    for arm, said in (("base", before), ("tuned", after)):
        output = Output(said, tokens=3)
        rows.append(EvalRow(arm, "unseen", example.id, output, {"rules": score(output, example)}))
    return Pair(example, *rows)


PAIRS = [
    item("Where is TM-1?", "It is lost.", "Hello, TM-1 is found."),
    item("Are you open?", "Hello, yes.", "Hello, yes."),
    item("What is your age?", "I am 9.", "I cannot say.", answerable=False),
]


def test_each_rule_counts_the_answers_it_applies_to():
    found = {share["name"]: (share["n"], share["before"], share["after"]) for share in rule_shares(PAIRS, RULES)}
    assert found == {"greeting": (2, 0.5, 1.0), "number": (1, 0.0, 1.0)}


def test_the_table_says_the_rule_in_the_readers_language():
    header, rows = verdict.rules({"rules": rule_shares(PAIRS, RULES)}, "ja")
    assert len(header) == 4
    assert rows[0] == ["挨拶する。", "2", "50.0%", "100%"]
    assert verdict.rules({}, "en") == ([], [])

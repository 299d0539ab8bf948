"""The runs on real data: which rows are trained on and asked, told from made-up rows of the same shape."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.real import bridge_tutoring, cucom_ecommerce, jsquad, lawqa_jp, medquad, squad2
from benchmarks.real.__main__ import NAMES, write_spec
from benchmarks.real.rows import Sizes
from engine import rundir, specs
from engine.data.prepare import prepare
from engine.metrics.rules import kept
from engine.schema import Example, Message, Rule

WORDS = (
    "amber birch cedar dune ember fjord grove heath inlet jetty knoll ledge marsh north ocean prairie quarry".split()
)


def sentence(number: int) -> str:
    """Twenty words, hardly a run of eight of them shared by two numbers."""
    return " ".join(WORDS[(number * (at + 3) + at * at) % len(WORDS)] + str(number % 97) for at in range(20))


def order(number: int) -> str:
    """An order number of ten digits."""
    return f"{number:03}-{7919 * number:07}"


def rows_of(folder: Path, name: str) -> list[dict]:
    """The rows that a run wrote to a file of its folder."""
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def data(tmp_path) -> Path:
    rows = [
        {
            "id": f"{n}",
            "focus": f"Illness {n // 2}",
            "qtype": "outlook" if n % 2 else "causes",
            "question": f"What is said of Illness {n // 2} ?",
            "answer": f"Illness {n // 2} is told by {sentence(n)}." if n > 3 else "The same answer in every row. " * 4,
        }
        for n in range(240)
    ]
    passages = {f"T{t}#{p}": f"Passage {p} of title {t}. {sentence(31 * t + p)}" for t in range(16) for p in range(8)}
    asked = [
        {
            "id": f"{para}-{n}",
            "title": para.split("#")[0],
            "para": para,
            "question": f"Question {n}?",
            "answers": [] if n % 2 else ["title"],
            "is_impossible": bool(n % 2),
        }
        for para in passages
        for n in range(6)
    ]
    laws = [
        {
            "ファイル名": f"法{n % 9}_第{n % 3}章_選択式_{n}",
            "コンテキスト": f"## 法\n第{n}条は{sentence(n)}を定める。" + f"その他の定めは{n}にある。" * 30,
            "問題文": f"第{n}条について正しいものは？",
            "選択肢": "\n".join(f"{mark} {sentence(4 * n + at)}である" for at, mark in enumerate("abcd")),
            "output": "abcd"[n % 4],
        }
        for n in range(60)
    ]
    lessons = [
        {
            "id": f"{n // 2}_{n}",
            "topic": f"{n % 5}.2A.Lesson {n // 6}" + " (Review) - 1" * (n % 2),
            "history": [["tutor", f"What of {sentence(n)}?"], ["student", f"{n}"]],
            "tutor_expert": "See http://picture.example" if n % 6 == 5 else f"Have a look at {sentence(n + 200)}?",
            "error": "The student made no mistake." if n % 6 == 4 else "guess",
        }
        for n in range(180)
    ]
    messages = [
        {
            "id": f"conv_{n}",
            "customer": f"Order {order(n)} is late. {sentence(n) if n % 9 else ''}",  # every ninth says nothing else
            "agent": f"Thank you. Please wait, {' '.join(sentence(n + 90).split()[:10])}, for {order(n)}",
        }
        for n in range(180)
    ]
    squad = [
        {
            "id": f"{t}-{p}-{n}",
            "title": f"題{t}",
            "context": f"題{t} [SEP] 第{t}の{p}節に、{'東西南北春夏秋冬'[p]}の市が月に{31 * t + p}回立つとある。",
            "question": f"市は月に何回立つか（{n}）",
            "answers": [f"題{t}" if n == 3 else f"{31 * t + p}回"],  # the title does not stand in its passage
        }
        for t in range(12)
        for p in range(8)
        for n in range(4)
    ]
    for name, content in {
        "medquad/medquad_short.jsonl": "\n".join(map(json.dumps, rows)),
        "squad2/dev_half.jsonl": "\n".join(map(json.dumps, asked)),
        "squad2/contexts.json": json.dumps(passages),
        "lawqa_jp/selection.json": json.dumps({"samples": laws}),
        "bridge_tutoring/bridge.jsonl": "\n".join(map(json.dumps, lessons)),
        "cucom_ecommerce/first_reply.jsonl": "\n".join(map(json.dumps, messages)),
        "jglue/jsquad_valid.jsonl": "\n".join(map(json.dumps, squad)),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_each_run_is_prepared_without_a_leak_and_its_deciding_metric_can_be_measured(name, data):
    spec = specs.resolve_spec(write_spec(name, data, tiny=True))
    run = rundir.create(spec)
    report = prepare(spec, run)
    asked = [example for example in run.examples("test") if example.suite == spec.primary.suite]
    assert asked and spec.primary.metric in spec.metrics and report["suites"]["general"]["n"] == 4
    if name != "conventions":  # the package as it stands
        assert report["leakage"][spec.primary.suite]["share"] == 0 and len(asked) == 6


def test_medical_items_have_three_wrong_answers_of_the_same_type_about_other_held_out_diseases(data, tmp_path):
    medquad.spec(data, tmp_path, Sizes(train=60, test=20))
    items, trained = rows_of(tmp_path, "unseen"), rows_of(tmp_path, "train")
    assert items and not {item["group"] for item in items} & {row["group"] for row in trained}
    assert not any("same answer" in row["answer"] for row in [*items, *trained])
    for item in items:
        disease = item["question"].removeprefix("What is said of ").rstrip("?")
        assert len(set(item["choices"])) == 3 and item["answer"] not in item["choices"]
        assert all(choice.startswith(f"{disease} is told by") for choice in item["choices"])
        told = {choice.split("told by ")[1] for choice in item["choices"]}
        assert not told & {row["answer"].split("told by ")[1] for row in trained}


def test_a_disease_is_renamed_with_a_capital_only_where_a_sentence_begins():
    row = {"focus": "ileitis", "answer": "Ileitis is rare. In ileitis, rest helps. ILEITIS ends."}
    assert medquad.renamed(row, "bold-it is") == "Bold-it is is rare. In bold-it is, rest helps. Bold-it is ends."


def test_half_of_the_passages_questions_have_no_answer_and_titles_are_held_out_whole(data, tmp_path):
    squad2.spec(data, tmp_path, Sizes(train=40, test=40))
    test, train = rows_of(tmp_path, "open_book"), rows_of(tmp_path, "train")
    assert len(test) == len(train) == 40 and sum(row["is_impossible"] for row in test) == 20
    assert not {row["title"] for row in test} & {row["title"] for row in train}


def test_a_long_passage_is_cut_to_the_parts_the_question_is_about():
    passage = "甲は借主をいう。" + "天気は晴れである。" * 20 + "乙は貸主をいう。"
    cut = lawqa_jp.nearest_parts(passage, "借主と貸主をいうものは", limit=24)
    assert cut == "甲は借主をいう。乙は貸主をいう。"
    assert lawqa_jp.nearest_parts("長い" * 50, "長い", limit=10) == "長い" * 5


def test_a_tutors_lessons_are_held_out_whole_and_only_mistakes_are_answered(data, tmp_path):
    bridge_tutoring.spec(data, tmp_path, Sizes(train=60, test=20))
    items, trained = rows_of(tmp_path, "unseen"), rows_of(tmp_path, "train")
    lessons = [{row["group"].split("/")[0] for row in rows} for rows in (items, trained)]
    assert len(items) == 20 and len(trained) == 60 and not lessons[0] & lessons[1]
    assert len({row["group"] for row in items}) == 20  # one item of a conversation
    assert all("Student: " in row["question"] and "http" not in row["answer"] for row in [*items, *trained])
    said = {int(row["question"].split("Student: ")[1]) % 6 for row in [*items, *trained]}
    assert said == {0, 1, 2, 3}


def test_a_review_is_the_lesson_it_reviews_and_two_lessons_in_one_are_none():
    topics = ("4.2A.Place Value", "12.3C.Place Value (Review) - 2")
    assert {bridge_tutoring.lesson({"topic": topic}) for topic in topics} == {"Place Value"}
    row = {"error": "guess", "tutor_expert": "Why?"}
    assert [bridge_tutoring.usable({**row, "topic": topic}) for topic in (*topics, "4.2D.A;3.6E.B", "Unknown")] == [
        *(True, True, False, False)
    ]


def test_a_message_trained_on_is_not_asked_again_with_another_order_number(data, tmp_path):
    cucom_ecommerce.spec(data, tmp_path, Sizes(train=60, test=20))
    items, trained = rows_of(tmp_path, "unseen"), rows_of(tmp_path, "train")
    only_late = [sum(row["question"].endswith("is late. ") for row in rows) for rows in (items, trained)]
    assert len(items) == 20 and only_late[0] == 0 < only_late[1]


def test_the_rules_of_a_first_reply_tell_a_good_one_from_a_bad_one():
    asked = "Order no. 408-2345678-8901234 of 25-10-2023, for Rs 12999, has not arrived!"
    rules = tuple(Rule(**rule) for rule in cucom_ecommerce.RULES)
    example = Example("x", (Message("user", asked),), "", rules=rules)
    good = "Thank you for contacting us about order 408-2345678-8901234. Could you please confirm your address?"
    bad = "Dear [Name], we promise you will receive it within 24 hours!"
    assert all(kept(good, example).values()) and not any(kept(bad, example).values())


def test_japanese_questions_are_those_that_their_short_passage_answers_two_of_each(data, tmp_path):
    jsquad.spec(data, tmp_path, Sizes(train=60, test=20))
    items, trained = rows_of(tmp_path, "open_book"), rows_of(tmp_path, "train")
    assert len(items) == 20 and len(trained) == 60
    assert not {row["title"] for row in items} & {row["title"] for row in trained}
    for row in [*items, *trained]:
        assert row["answers"][0] in row["context"] and "[SEP]" not in row["context"]
    assert set(Counter(row["context"] for row in items).values()) == {2}

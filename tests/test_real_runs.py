"""The runs on real data: which rows are trained on and asked, told from made-up rows of the same shape."""

import json
from pathlib import Path

import pytest

from benchmarks.real import lawqa_jp, medquad, squad2
from benchmarks.real.__main__ import NAMES, write_spec
from benchmarks.real.rows import Sizes
from engine import rundir, specs
from engine.data.prepare import prepare

WORDS = (
    "amber birch cedar dune ember fjord grove heath inlet jetty knoll ledge marsh north ocean prairie quarry".split()
)


def sentence(number: int) -> str:
    """Twenty words, hardly a run of eight of them shared by two numbers."""
    return " ".join(WORDS[(number * (at + 3) + at * at) % len(WORDS)] + str(number % 97) for at in range(20))


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
    for name, content in {
        "medquad/medquad_short.jsonl": "\n".join(map(json.dumps, rows)),
        "squad2/dev_half.jsonl": "\n".join(map(json.dumps, asked)),
        "squad2/contexts.json": json.dumps(passages),
        "lawqa_jp/selection.json": json.dumps({"samples": laws}),
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
    items = [json.loads(line) for line in (tmp_path / "unseen.jsonl").read_text().splitlines()]
    trained = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()]
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
    test, train = (
        [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()]
        for name in ("open_book", "train")
    )
    assert len(test) == len(train) == 40 and sum(row["is_impossible"] for row in test) == 20
    assert not {row["title"] for row in test} & {row["title"] for row in train}


def test_a_long_passage_is_cut_to_the_parts_the_question_is_about():
    passage = "甲は借主をいう。" + "天気は晴れである。" * 20 + "乙は貸主をいう。"
    cut = lawqa_jp.nearest_parts(passage, "借主と貸主をいうものは", limit=24)
    assert cut == "甲は借主をいう。乙は貸主をいう。"
    assert lawqa_jp.nearest_parts("長い" * 50, "長い", limit=10) == "長い" * 5

"""A user's own file: inspected, then a run with defaults that suit it."""

import json

import pytest

from engine import registry, rundir
from engine.data.files import file_sha256
from engine.data.inspect import inspect_file
from engine.data.own import own_data_spec, recommended
from engine.data.prepare import prepare
from engine.methods import _through
from engine.schema import RunSpec, UserError
from engine.specs import check

ROWS = [{"question": f"How much is article {n}?", "answer": f"It costs {n} dollars."} for n in range(30)]
JAPANESE = [
    {"質問": f"商品{n}はいくらですか？", "回答": f"商品{n}は{n}００円です。送料は別にかかります。"} for n in range(20)
]


# ---- own_data_spec


def test_a_files_spec_has_its_format_columns_hash_and_sensible_defaults(write, as_csv):
    path = write("faq.csv", as_csv(ROWS))
    spec = own_data_spec(path)
    assert spec.title == "faq" and spec.data.train.path == str(path)
    assert spec.data.train.sha256 == file_sha256(path) and spec.data.train.format == "question_answer"
    assert spec.data.train.columns == {"question": "question", "answer": "answer"}
    assert (spec.primary.metric, spec.primary.suite) == ("token_f1", "unseen") and "token_f1" in spec.metrics
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


def test_the_metrics_of_a_spec_exist_and_follow_the_rows(write, as_jsonl):
    from engine.registry import metrics

    plain = own_data_spec(write("a.jsonl", as_jsonl(ROWS)))
    declining = own_data_spec(write("b.jsonl", as_jsonl([*ROWS, {**ROWS[0], "question": "Why?", "answerable": False}])))
    choosing = own_data_spec(write("c.jsonl", as_jsonl([{**row, "choices": ["no"]} for row in ROWS])))
    tasks = own_data_spec(
        write("d.jsonl", as_jsonl([{**row, "question": f"Tell me of {row['answer']}"} for row in ROWS]))
    )
    assert set(plain.metrics) < set(metrics()) and "consistency" not in plain.metrics
    assert "declining" in plain.metrics and "declining" not in tasks.metrics
    assert "declining" in declining.metrics and "choice_accuracy" in choosing.metrics
    assert not any(len(set(spec.metrics)) < len(spec.metrics) for spec in (plain, tasks, declining, choosing))


def test_a_held_out_file_decides_and_is_pinned(write, as_jsonl):
    path, test = write("a.jsonl", as_jsonl(ROWS)), write("test.jsonl", as_jsonl(ROWS[:3]))
    spec = own_data_spec(path, suites={"general": test, "reworded": test})
    assert spec.primary.suite == "reworded" and spec.data.suites["general"].sha256 == file_sha256(test)


def test_answers_may_be_as_long_as_the_files_own(write, as_jsonl):
    long = [{"question": f"{n}?", "answer": f"{n} " + "word " * 100} for n in range(20)]
    assert own_data_spec(write("a.jsonl", as_jsonl(ROWS))).decoding.max_new_tokens == 32
    assert own_data_spec(write("b.jsonl", as_jsonl(long))).decoding.max_new_tokens == 160
    assert own_data_spec(write("c.jsonl", as_jsonl(JAPANESE))).decoding.max_new_tokens > 32


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("id,customer,agent\n1,Open?,Daily.\n", {}, "--columns question=customer,answer=agent"),
        ("question,answer\na,\n", {}, "none of its 1 rows can be used"),
        ("question,answer\na,b\n", {"suites": {"a/b": "train.csv"}}, "There is no file"),
        ("question,answer\na,b\n", {"format": "xml"}, "There is no format"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(write, content, options, says):
    with pytest.raises(UserError) as raised:
        own_data_spec(write("faq.csv", content), **options)
    assert says in str(raised.value)


def test_a_japanese_excel_export_becomes_a_run(write, as_csv):
    spec = own_data_spec(write("faq.csv", as_csv(JAPANESE), encoding="cp932"))
    run = rundir.create(spec)
    report = prepare(spec, run)
    assert report["encoding"] == "cp932" and report["accepted"] == 20
    assert run.examples("train")[0].question.startswith("商品")


def test_real_faq_rows_become_a_run(real):
    spec = own_data_spec(real("login_gov_faq/faq_en.jsonl"), title="Login.gov")
    run = rundir.create(spec)
    report = prepare(spec, run)
    assert (report["rows"], report["accepted"], report["dropped"]) == (118, 118, 0)
    assert report["suites"]["unseen"]["n"] == 24 and report["leakage"]["unseen"]["share"] < 0.05
    assert report["splits"]["train"] + report["splits"]["validation"] == 94


PAIRS = [{"prompt": f"Is {n} nice?", "chosen": f"Thank you, {n} is.", "rejected": f"No, {n}!"} for n in range(20)]
LABELS = [{"prompt": f"Is {n} nice?", "completion": f"It is {n}.", "label": n % 2} for n in range(20)]
TEXTS = [{"text": f"Document {n} is about the number {n} and nothing else."} for n in range(20)]


@pytest.mark.parametrize(
    ("rows", "method", "primary"),
    [
        (ROWS, "instruction", "token_f1"),
        (PAIRS, "dpo", "preference_accuracy"),
        (LABELS, "kto", "answer_loss"),
        (TEXTS, "continued_pretraining", "perplexity"),
        ([{"prompt": row["prompt"]} for row in PAIRS], "rlhf", "repetition"),
    ],
)
def test_the_kind_of_the_rows_chooses_method_and_deciding_metric(rows, method, primary, write, as_jsonl):
    spec = own_data_spec(write("a.jsonl", as_jsonl(rows)))
    assert (spec.method, spec.primary.metric, spec.primary.suite) == (method, primary, "unseen")
    assert spec.metrics[0] == primary and check(spec).method == method
    report = prepare(spec, rundir.create(spec))
    assert report["accepted"] == len(rows) and "unseen" in report["suites"]


def test_a_method_that_can_use_the_rows_is_kept_and_another_one_replaced(write, as_jsonl):
    path = write("a.jsonl", as_jsonl(PAIRS))
    for method in ("kto", "full", "lora"):
        assert own_data_spec(path, method=method).method == method
    assert own_data_spec(path, method="no_such_method").method == "no_such_method"
    replaced = own_data_spec(path, method="continued_pretraining", settings={"epochs": 2, "pack_tokens": 8})
    assert replaced.method == "dpo" and replaced.settings == {"epochs": 2}


def test_rows_of_several_kinds_get_a_method_that_can_use_them_all():
    assert recommended(()) == "instruction" and recommended(("pairs",)) == "dpo"
    assert recommended(("pairs", "completion")) == "instruction"
    assert recommended(("text", "completion")) == "continued_pretraining"  # none can; prepare refuses these rows


@pytest.mark.parametrize(("gpu", "bits"), [(True, "nf4"), (False, "")])
def test_own_answers_are_learnt_through_qlora_on_a_gpu_and_lora_on_a_cpu(gpu, bits, write, as_jsonl, monkeypatch):
    monkeypatch.setattr(_through, "has_gpu", lambda: gpu)
    spec = check(own_data_spec(write("a.jsonl", as_jsonl(ROWS))))
    assert spec.method == "instruction" and registry.method_of(spec).quantization == bits
    assert spec.data.mix is not None  # general instructions, against forgetting


def test_labels_are_judged_by_pairs_where_the_test_file_has_them(write, as_jsonl):
    test = write("test.jsonl", as_jsonl(PAIRS))
    spec = own_data_spec(write("a.jsonl", as_jsonl(LABELS)), suites={"pairs": test})
    assert (spec.method, spec.primary.metric, spec.primary.suite) == ("kto", "preference_accuracy", "pairs")
    assert len(set(spec.metrics)) == len(spec.metrics)


# ---- inspect_file


def test_inspecting_gives_the_account_of_every_row(write, as_jsonl):
    odd = [ROWS[0], {"question": "b\x00?", "answer": "c"}, {"question": ROWS[1]["question"], "answer": "Ask us."}]
    found = inspect_file(write("faq.jsonl", as_jsonl([*ROWS, *odd, {"question": "d", "answer": ""}]) + "{oops\n"))
    assert (found["rows"], found["accepted"], found["fixed"], found["dropped"]) == (35, 32, 1, 3)
    assert found["reasons"] == {"bad_row": 1, "empty": 1, "duplicate": 1}
    assert (found["duplicates"], found["contradictions"]) == (1, 1)
    assert {issue["source_row"] for issue in found["issues"]} == {31, 32, 33, 34, 35}
    assert found["format"] == "question_answer" and found["confidence"] == 0.971 and found["encoding"] == "utf-8"
    assert [row["completion"] for row in found["sample"]] == [row["answer"] for row in ROWS[:5]]
    assert found["problem"] == "" and found["tokens"] == {}
    assert json.loads(json.dumps(found, allow_nan=False))["sample"][0]["id"] == found["sample"][0]["id"]


def test_lengths_are_counted_in_characters_and_words(write, as_jsonl):
    answers = ["one", "one two", "one two three"]
    rows = [{"question": f"Question {n}", "answer": answer} for n, answer in enumerate(answers)]
    found = inspect_file(write("a.jsonl", as_jsonl(rows)), count_tokens=lambda example: (2, 3))
    assert found["lengths"]["answer"]["words"] == {"min": 1, "median": 2, "p95": 3, "max": 3}
    assert found["lengths"]["answer"]["characters"] == {"min": 3, "median": 7, "p95": 13, "max": 13}
    assert found["lengths"]["question"]["words"]["max"] == 2
    assert found["tokens"] == {"rows": 3, "prompt": 6, "answer": 9, "median": 5, "p95": 5, "longest": 5}


def test_a_file_of_unknown_columns_is_shown_so_that_they_can_be_mapped(write):
    path = write("faq.csv", "id,customer,agent\n1,How much is it?,Five euros.\n2,Open?,\n")
    found = inspect_file(path)
    assert found["format"] == "" and found["columns"] == {} and "fit no known shape" in found["problem"]
    assert found["file_columns"] == ["id", "customer", "agent"] and found["first_rows"][0]["agent"] == "Five euros."
    assert (found["rows"], found["accepted"], found["dropped"]) == (2, 0, 2)
    half = inspect_file(path, format="question_answer", columns={"question": "customer"})
    assert half["format"] == "question_answer" and half["columns"] == {"question": "customer"} and half["problem"]
    whole = inspect_file(path, columns={"question": "customer", "answer": "agent"})
    assert whole["problem"] == "" and (whole["accepted"], whole["dropped"]) == (1, 1)


def test_an_inspected_file_is_called_by_the_users_name(write):
    assert inspect_file(write("0f3a.csv", "question,answer\na,b\n"), name="our faq.csv")["file"] == "our faq.csv"


def test_inspecting_what_cannot_be_read_is_refused(write):
    with pytest.raises(UserError, match="faq.csv is empty"):
        inspect_file(write("faq.csv", ""))
    with pytest.raises(UserError, match="has no column 'nswer'"):
        inspect_file(write("a.csv", "question,answer\na,b\n"), columns={"answer": "nswer"})


@pytest.mark.parametrize("name", ["faq_en", "faq_es", "faq_fr", "faq_zh"])
def test_real_faq_files_are_recognised_in_every_language(real, name):
    found = inspect_file(real(f"login_gov_faq/{name}.jsonl"))
    assert (found["format"], found["confidence"], found["accepted"]) == ("question_answer", 1.0, 118)

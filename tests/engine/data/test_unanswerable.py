"""Questions without an answer, made for a user's own file: of names left out of training, and off the topic."""

from types import SimpleNamespace

import pytest

from engine import rundir
from engine.compare import _not_measured
from engine.data import unanswerable
from engine.data.entities import hold_out_entities, terms
from engine.data.load import load
from engine.data.own import own_data_spec
from engine.data.prepare import prepare
from engine.data.shipped import GENERAL, OFF_TOPIC, language
from engine.metrics._refusal import declines
from engine.schema import DataSpec, Example, Message, RunSpec, Source, UserError
from engine.specs import check
from engine.text import has, text
from engine.verdict import not_measured

KETTLES = ["Hotaru", "Kumo", "Nagi", "Tsuru", "Suzume", "Taki", "Kaba", "Yonaka", "Asagiri", "Fukuro"]
ASKED = (
    "How much is the {} kettle?",
    "What do I pay for a {}?",
    "How heavy is the {} kettle?",
    "How long is a {} kept?",
)
TOLD = (
    "The {} kettle costs ${n}.",
    "The {} kettle costs ${n}.",
    "It weighs {n} ounces.",
    "We repair it for {n} years.",
)
ROWS = [
    {"question": q.format(name), "answer": a.format(name, n=10 + at)}
    for at, name in enumerate(KETTLES)
    for q, a in zip(ASKED, TOLD, strict=True)
]
BIRDS = ("ホタル", "カモメ", "スズメ", "ツバメ", "フクロウ", "ヒバリ", "カワセミ", "ウグイス", "コマドリ", "メジロ")
JAPANESE = [
    {"質問": f"{name}ポットの{what}ですか？", "回答": f"{name}ポットは{n + 3}{unit}です。"}
    for n, name in enumerate(BIRDS)
    for what, unit in (("値段はいくら", "千円"), ("保証は何年", "年"))
]
MANY = [
    *JAPANESE,
    *({"質問": row["質問"].replace("ですか？", "か教えてください。"), "回答": row["回答"]} for row in JAPANESE),
]


def example(question, answer="It costs $5.", **fields):
    return Example(id=f"{question}{answer}", prompt=(Message("user", question),), completion=answer, **fields)


def prepared(spec):
    run = rundir.create(spec)
    report = prepare(spec, run)
    suites: dict[str, list[Example]] = {}
    for item in run.examples("test"):
        suites.setdefault(item.suite, []).append(item)
    return report, run, suites


# ---- a user's own file


def test_names_are_left_out_of_training_and_asked_for(write, as_jsonl):
    spec = own_data_spec(write("a.jsonl", as_jsonl(ROWS)))
    spec = spec.model_copy(update={"data": spec.data.model_copy(update={"entity_share": 0.2})})
    report, run, suites = prepared(check(spec))
    names, asked = report["entities"]["names"], [i for i in suites["unanswerable"] if i.group.startswith("entity")]
    assert len(names) == 2 and set(names) < set(KETTLES) and report["entities"]["rows"] == 8
    learnt = run.examples("train") + run.examples("validation")
    for name in names:
        said = [item.question for item in asked if item.group == f"entity {name}"]
        assert len(said) == 3 and all(name in question for question in said)  # one wording of each fact
        everything = [*learnt, *suites["unseen"], *suites["trained"]]
        assert not any(name in f"{row.question} {row.completion}" for row in everything)
    assert all(not item.answerable and declines(item.completion) for item in suites["unanswerable"])
    assert len(suites["unanswerable"]) == report["suites"]["unanswerable"]["n"] == unanswerable.MOST
    assert len(learnt) + len(suites["unseen"]) + report["entities"]["rows"] == report["accepted"] == 40
    assert report["leakage"]["unanswerable"]["share"] == 0 and len(report["suites"]["unanswerable"]["sha256"]) == 64
    assert "declining" in spec.metrics and "choice_accuracy" in spec.metrics and "consistency" in spec.metrics


def test_the_same_file_and_seed_hold_the_same_names_out(write, as_jsonl):
    path = write("a.jsonl", as_jsonl(ROWS))
    rows = load(Source(path=str(path))).examples
    held = [hold_out_entities(rows, share=0.2, seed=seed, usable=lambda row: True) for seed in (0, 0, 1, 2)]
    assert held[0] == held[1] and len({tuple(found.about) for found in held}) > 1


def test_a_japanese_file_gets_japanese_questions(write, as_csv):
    spec = own_data_spec(write("faq.csv", as_csv(MANY), encoding="cp932"))
    assert spec.data.suites["general"].path == str(GENERAL["ja"])
    spec = spec.model_copy(update={"data": spec.data.model_copy(update={"entity_share": 0.2})})
    report, run, suites = prepared(spec)
    assert language(suites["unanswerable"]) == language(suites["general"]) == "ja"
    (name, *_) = report["entities"]["names"]
    assert any(name in item.question for item in suites["unanswerable"])
    assert not any(name in f"{row.question}{row.completion}" for row in run.examples("train"))


def test_declining_is_expected_in_the_files_own_words(write, as_jsonl):
    words = "Sorry, I do not know. Please ring us."
    marked = [{"question": "Do you sell tea?", "answer": words, "answerable": False}]
    twice = [{"question": question, "answer": words} for question in ("Do you sell tea?", "Do you sell milk?")]
    for own in (marked, twice):
        _, _, suites = prepared(own_data_spec(write("a.jsonl", as_jsonl([*ROWS, *own]))))
        assert {item.completion for item in suites["unanswerable"]} == {words}


def test_what_could_not_be_made_is_said_with_the_reason(write, as_jsonl):
    few = prepared(own_data_spec(write("few.jsonl", as_jsonl(ROWS[:20]))))
    plain = [{"question": f"Is room {chr(97 + n % 26)}{chr(97 + n // 26)} free?", "answer": "Yes."} for n in range(60)]
    french = [{"question": f"Combien coûte le modèle {n} ?", "answer": f"Il coûte {n} euros."} for n in range(60)]
    tasks = [{"question": f"Write a line about {n}.", "answer": f"A line about {n}."} for n in range(60)]
    pairs = [{"prompt": f"Is {n} nice?", "chosen": "Thank you, it is.", "rejected": f"No, {n}!"} for n in range(20)]

    def reasons(report):
        return {missing["what"]: missing["why"] for missing in report["not_made"]}

    assert reasons(few[0]) == {"held_out_entities": "few_rows", "reworded": "no_wordings"}
    assert len(few[2]["unanswerable"]) == 40 and few[0]["entities"] == {"names": [], "rows": 0}
    found = [
        reasons(prepared(own_data_spec(write("b.jsonl", as_jsonl(rows))))[0]) for rows in (plain, french, tasks, pairs)
    ]
    assert found[0]["held_out_entities"] == "not_facts"
    assert (found[1]["held_out_entities"], found[1]["off_topic"]) == ("no_entity", "no_language")
    assert found[2]["unanswerable"] == "not_questions" and found[3] == {"unanswerable": "not_answers"}
    for missing in [*few[0]["not_made"], *({"what": k, "why": v} for part in found for k, v in part.items())]:
        assert has(f"not_measured.{missing['what']}") and has(f"not_measured.{missing['why']}")
    said = not_measured({"not_measured": few[0]["not_made"]})
    assert said[0].startswith("Questions about names left out of training: not measured (there are fewer than 40 rows")


def test_the_result_repeats_what_could_not_be_made():
    missing = [{"what": "off_topic", "why": "no_language"}]
    report = {"leakage": {}, "not_made": missing}
    spec = RunSpec(data=DataSpec(train=Source(path="a.jsonl")))
    change = SimpleNamespace(metric="token_f1", n=1)
    assert _not_measured([change], metrics={}, spec=spec, training={"steps": 1}, report=report) == missing


def test_a_suite_of_the_users_own_is_kept_and_no_row_is_left_out(write, as_jsonl):
    own = write(
        "own.jsonl", as_jsonl([{"question": "Do you sell tea?", "answer": "I do not know.", "answerable": False}])
    )
    spec = own_data_spec(write("a.jsonl", as_jsonl(ROWS)), suites={"unanswerable": own})
    report, _, suites = prepared(spec)
    assert spec.data.off_topic is None and len(suites["unanswerable"]) == 1
    assert report["entities"] == {"names": [], "rows": 0} and report["not_made"] == []


def test_use_cases_stay_as_they_are():
    from engine.specs import all_presets

    for preset in all_presets().values():
        assert preset.run.data.off_topic is None and preset.run.data.entity_share == 0


def test_the_off_topic_file_is_pinned_and_a_changed_one_refused(write, as_jsonl, tmp_path):
    spec = check(own_data_spec(write("a.jsonl", as_jsonl(ROWS))))
    assert len(spec.data.off_topic.sha256) == 64
    other = write("off.jsonl", as_jsonl([{"question": "Who am I?", "answer": "I do not know.", "answerable": False}]))
    changed = spec.data.off_topic.model_copy(update={"path": str(other)})
    with pytest.raises(UserError, match="off.jsonl has changed"):
        prepared(spec.model_copy(update={"data": spec.data.model_copy(update={"off_topic": changed})}))


# ---- which names


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What does the Hotaru cost?", {"Hotaru"}),
        ("Hotaru: what does it cost? The kettle, please.", set()),
        ("Is KB-200 or the A4 lighter?", {"KB-200", "A4"}),
        ("Do you take PayPal in March, on Mondays or in the USA?", {"Mondays"}),
        ("Hotaruの値段は？", {"Hotaru"}),
        ("ホタルケトルの「安心プラン」はいくらですか？", {"ホタルケトル", "安心プラン"}),
        ("ガス代は？", set()),
    ],
)
def test_a_name_is_a_code_katakana_a_quoted_name_or_a_capital_inside_a_sentence(question, found):
    assert terms(question) == found


def held(rows, **options):
    return hold_out_entities(rows, **{"share": 0.5, "seed": 0, "usable": lambda row: True} | options)


def test_all_that_may_tell_of_a_name_goes_with_it():
    rows = [
        example("How much is the Hotaru?", group="kettles/a"),
        example("And how heavy is that one?", "Two pounds.", group="kettles/a"),  # the same group
        example("What is new?", "The Hotaru's lid is.", group="news"),  # the answer
        *(example(f"Question {n}?", f"Answer {n}.") for n in range(9)),
    ]
    found = held(rows)
    assert list(found.about) == ["Hotaru"] and found.rows == 3 and found.about["Hotaru"] == rows[:1]
    assert found.rest == rows[3:]


def test_words_companies_and_what_other_tests_ask_of_are_no_names_to_hold_out():
    others = [example(f"Question {n}?", f"Answer {n}.") for n in range(9)]
    twice = [example("How much is the Hotaru?"), example("How heavy is the Hotaru?", "Two pounds.")]
    small = [*others, *twice, example("is a hotaru big?", "No.")]
    everywhere = [*twice, *(example(f"Is Hotaru {n} good?", f"Yes, {n}.") for n in range(20)), *others]
    for rows in (small, everywhere, [*others, twice[0]]):
        assert held(rows).about == {}
    assert held([*others, *twice]).about and not held([*others, *twice], avoid=[example("Does Hotaru leak?")]).about
    assert not held([*others, *twice], usable=lambda row: False).about


# ---- what ships


def test_off_topic_questions_all_decline_in_the_words_that_are_expected():
    rows = load(Source(path=str(OFF_TOPIC)), suite="unanswerable").examples
    spoken = [language([row]) for row in rows]
    assert (spoken.count("en"), spoken.count("ja")) == (40, 30)
    assert all(not row.answerable for row in rows)
    assert [row.completion for row in rows] == [unanswerable.REFUSAL[name] for name in spoken]


def test_every_reason_stands_in_both_languages():
    for code in ("rows_kept", "no_entity", "not_facts", "few_rows", "no_language", "not_answers", "not_questions"):
        assert text(f"not_measured.{code}", "en") != text(f"not_measured.{code}", "ja")

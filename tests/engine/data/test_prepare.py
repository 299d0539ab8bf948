"""The stage "prepare": from files to train, validation and test, with numbers that add up."""

import json
from pathlib import Path

import pytest

from engine import rundir
from engine.data.files import file_sha256
from engine.data.load import load
from engine.data.prepare import prepare
from engine.schema import DataSpec, Edit, Example, Primary, RunSpec, Source, Stopped, UserError


def rows(count: int, wordings: int = 1, **values) -> list[dict]:
    return [
        {
            "question": f"How much is article {fact}, asked in way {wording}?",
            "answer": f"Article number {fact} costs {fact} dollars.",
            **({"group": f"article {fact}"} if wordings > 1 else {}),
            **values,
        }
        for fact in range(count)
        for wording in range(wordings)
    ]


@pytest.fixture
def spec(write, as_jsonl):
    """spec(rows, suite=[rows], share=...) -> a RunSpec over files made of those rows."""

    def spec(train: list[dict], *, primary: str = "unseen", seed: int = 0, suites=None, **data) -> RunSpec:
        sources = {
            name: Source(path=str(write(f"{name}.jsonl", as_jsonl(found)))) for name, found in (suites or {}).items()
        }
        source = Source(path=str(write("train.jsonl", as_jsonl(train))))
        return RunSpec(data=DataSpec(train=source, suites=sources, **data), primary=Primary(suite=primary), seed=seed)

    return spec


def prepared(spec: RunSpec, **options) -> tuple[dict, rundir.Run]:
    run = rundir.create(spec)
    return prepare(spec, run, **options), run


def by_suite(run: rundir.Run) -> dict[str, list[Example]]:
    found: dict[str, list[Example]] = {}
    for example in run.examples("test"):
        found.setdefault(example.suite, []).append(example)
    return found


def test_a_file_alone_gets_unseen_groups_and_trained_rows_to_read(spec):
    report, run = prepared(spec(rows(50, wordings=2)))
    suites = by_suite(run)
    train, validation = run.examples("train"), run.examples("validation")
    assert set(suites) == {"unseen", "trained"} == set(report["suites"])
    assert len(suites["unseen"]) == 20 and len(suites["trained"]) == 40
    assert len(train) + len(validation) + len(suites["unseen"]) == 100
    trained_groups = {example.group for example in train + validation}
    assert not trained_groups & {example.group for example in suites["unseen"]}
    assert {e.question for e in suites["trained"]} <= {e.question for e in train}
    assert report["splits"] == {"train": len(train), "validation": len(validation), "test": 60}


def test_validation_holds_out_wordings_whose_facts_are_trained(spec):
    _, run = prepared(spec(rows(50, wordings=3), validation_share=0.1))
    validation = run.examples("validation")
    assert len(validation) == 12
    assert {example.group for example in validation} <= {example.group for example in run.examples("train")}


def test_suites_of_their_own_stay_whole_and_nothing_is_taken_from_training(spec):
    own = {"reworded": rows(5, question="What does it cost?"), "unanswerable": rows(3)}
    own["reworded"] = [{**row, "question": f"Price of {n}?"} for n, row in enumerate(own["reworded"])]
    report, run = prepared(spec(rows(20), suites=own, primary="reworded", validation_share=0))
    assert report["splits"] == {"train": 20, "validation": 0, "test": 8}
    assert {name: len(found) for name, found in by_suite(run).items()} == {"reworded": 5, "unanswerable": 3}
    assert not any(example.answerable for example in by_suite(run)["unanswerable"])
    assert report["suites"]["reworded"]["accepted"] == 5 and report["suites"]["reworded"]["format"] == "question_answer"


def test_a_general_suite_is_not_held_out_so_unseen_is_made_beside_it(spec):
    report, _ = prepared(spec(rows(30), suites={"general": [{"question": "Capital of France?", "answer": "Paris"}]}))
    assert set(report["suites"]) == {"unseen", "general", "trained"}


def test_the_numbers_add_up_and_every_dropped_row_has_its_reason(spec):
    bad = [
        {"question": "", "answer": "a"},
        {"question": "same", "answer": "Same"},
        rows(1)[0],
        {"question": "b\x00?", "answer": "c"},
        {"question": "d", "answer": {"e": "f"}},
    ]
    report, run = prepared(spec(rows(20) + bad))
    assert (report["rows"], report["accepted"], report["fixed"], report["dropped"]) == (25, 21, 1, 4)
    assert report["reasons"] == {"empty": 1, "unusable": 1, "answer_is_question": 1, "duplicate": 1}
    dropped = {issue["source_row"]: issue["code"] for issue in report["issues"] if issue["dropped"]}
    assert dropped == {21: "empty", 22: "answer_is_question", 23: "duplicate", 25: "unusable"}
    unseen = report["suites"]["unseen"]["n"]
    assert report["splits"]["train"] + report["splits"]["validation"] + unseen == report["accepted"]
    assert {e.source_row for e in run.examples("train")} <= set(range(1, 21)) | {24}


def count_words(example: Example) -> tuple[int, int]:
    return len(example.question.split()), len(example.completion.split())


def test_whoever_waits_hears_how_far_it_is_and_a_stop_ends_it_with_nothing_written(spec):
    heard: list[tuple[str, int, int]] = []
    chosen = spec(rows(30))
    prepared(chosen, count_tokens=count_words, tell=lambda *said: heard.append(said))
    parts = list(dict.fromkeys(what for what, _, _ in heard))
    assert parts == ["read", "rows", "checks", "split", "leakage"]
    assert ("rows", 0, 30) in heard and all(done <= of for _, done, of in heard)

    def stop(what: str, done: int, of: int) -> None:
        if what == "leakage":
            raise Stopped

    run = rundir.create(chosen)
    with pytest.raises(Stopped):
        prepare(chosen, run, count_tokens=count_words, tell=stop)
    assert not run.file("report").exists() and not run.examples_file("train").exists()


def test_rows_over_max_length_are_dropped_and_told_never_cut(spec):
    long = {"question": "Why?", "answer": "word " * 40 + "end"}
    report, run = prepared(spec(rows(20) + [long], max_length=32), count_tokens=count_words)
    (issue,) = report["issues"]
    assert issue["source_row"] == 21 and issue["code"] == "too_long" and "42 tokens" in issue["message"]
    assert report["dropped"] == 1 and all(len(e.completion.split()) < 20 for e in run.examples("train"))
    tokens = report["tokens"]["train"]
    assert tokens["rows"] == report["splits"]["train"] and tokens["longest"] == tokens["median"] == 15
    assert tokens["prompt"] == 9 * tokens["rows"] and tokens["answer"] == 6 * tokens["rows"]


def test_a_pair_is_too_long_where_its_rejected_answer_is(spec):
    short = [{"prompt": f"Is {n} nice?", "chosen": "It is.", "rejected": "No."} for n in range(12)]
    long = {"prompt": "Why?", "chosen": "So.", "rejected": "word " * 40 + "end"}
    given = spec([*short, long], max_length=32).model_copy(update={"method": "lora"})
    report, _ = prepared(given, count_tokens=count_words)
    assert [issue["source_row"] for issue in report["issues"] if issue["code"] == "too_long"] == [13]


def test_leakage_is_reported_for_each_suite_but_the_trained_one(spec):
    asked_again = [rows(20)[0], {"question": "Something else?", "answer": "Article number 0 costs 0 dollars."}]
    report, run = prepared(spec(rows(20), suites={"reworded": asked_again}, primary="reworded"))
    assert set(report["leakage"]) == {"reworded"}
    assert (report["leakage"]["reworded"]["exact"], report["leakage"]["reworded"]["test"]) == (1, 2)
    assert report["leakage"]["reworded"]["ids"] == [run.examples("test")[0].id]


def test_the_report_is_json_and_made_once(spec):
    report, run = prepared(spec(rows(20)))
    assert json.loads(run.file("report").read_text("utf-8")) == report
    run.examples_file("train").unlink()
    assert prepare(run.spec(), run) == report and not run.examples_file("train").exists()


def test_the_same_spec_gives_the_same_files_and_another_seed_another_test(spec):
    given = spec(rows(50))
    _, first = prepared(given)
    _, second = prepared(given)
    _, third = prepared(given.model_copy(update={"seed": 1}))
    for split in ("train", "validation", "test"):
        assert first.examples_file(split).read_bytes() == second.examples_file(split).read_bytes()
        assert first.examples_file(split).read_bytes() != third.examples_file(split).read_bytes()


def test_the_hash_of_a_suite_tells_its_content(spec):
    reports = [prepared(spec(rows(50), seed=seed))[0] for seed in (0, 0, 1)]
    hashes = [report["suites"]["unseen"]["sha256"] for report in reports]
    assert hashes[0] == hashes[1] != hashes[2] and len(hashes[0]) == 64


def test_texts_with_line_separators_come_back_whole(spec):
    odd = {"question": "Which\u2028one\u0085?", "answer": "This\u2028one."}
    _, run = prepared(spec([*rows(20), odd], test_share=0.1, validation_share=0))
    everything = run.examples("train") + run.examples("test")
    assert any(example.completion == "This\u2028one." for example in everything)


def nothing_is_written(run: rundir.Run) -> bool:
    return [path.name for path in run.path.rglob("*") if path.is_file()] == ["spec.json"]


def test_a_file_that_changed_is_refused(spec):
    given = spec(rows(20))
    pinned = given.data.train.model_copy(update={"sha256": file_sha256(given.data.train.path)})
    given = given.model_copy(update={"data": given.data.model_copy(update={"train": pinned})})
    Path(given.data.train.path).write_text('{"question": "a", "answer": "b"}\n', encoding="utf-8")
    run = rundir.create(given)
    with pytest.raises(UserError, match="train.jsonl has changed since this run was described"):
        prepare(given, run)
    assert nothing_is_written(run)


@pytest.mark.parametrize(
    ("count", "options", "says"),
    [
        (4, {}, "at least 4 are needed"),
        (20, {"primary": "reworded"}, "primary.suite is 'reworded', but the test suites are: unseen, trained"),
        (20, {"test_share": 0}, "raise data.test_share"),
        (20, {"primary": "trained"}, "Choose a held-out suite"),
        (
            20,
            {"suites": {"reworded": [{"question": "a", "answer": ""}]}},
            "none of its 1 rows can be used. Row 1: 'answer'",
        ),
    ],
)
def test_what_cannot_be_prepared_is_said_and_nothing_is_written(spec, count, options, says):
    given = spec(rows(count), **options)
    run = rundir.create(given)
    with pytest.raises(UserError) as raised:
        prepare(given, run)
    assert says in str(raised.value) and nothing_is_written(run)


def test_no_usable_row_is_said_with_the_first_reason(spec):
    with pytest.raises(UserError, match="none of its 3 rows can be used. Row 1: 'answer' is empty"):
        prepared(spec([{"question": "a", "answer": " "}] * 3))


@pytest.mark.parametrize("name", ["../x", "A", "a b", "", "trained", "x" * 41])
def test_a_suites_name_is_plain(spec, name):
    given = spec(rows(20))
    data = given.data.model_copy(update={"suites": {name: given.data.train}})
    with pytest.raises(UserError, match="cannot name a test suite"):
        prepared(given.model_copy(update={"data": data}))


def test_the_company_faq_is_prepared_without_a_leak_or_a_loss():
    from engine.specs import resolve_spec

    report, run = prepared(resolve_spec("company_faq"))
    assert report["dropped"] == 0 and report["splits"]["train"] + report["splits"]["validation"] == report["rows"]
    assert {name: found["share"] for name, found in report["leakage"].items()} == dict.fromkeys(report["leakage"], 0.0)
    assert set(by_suite(run)) == {"reworded", "unanswerable", "general", "plain_text"}
    facts = {example.group for example in by_suite(run)["reworded"]}
    assert facts <= {example.group for example in run.examples("train")}


def leaky(count: int = 60) -> list[dict]:
    """Rows of their own, every second one nearly repeating the long answer of the row before."""
    text = (
        "The {n}th article is kept in hall number {n} beside the northern door, on the {n}th shelf from the left{end}"
    )
    return [
        {"question": f"Where is article {n}?{'' if end else ' I ask.'}", "answer": text.format(n=n, end=end)}
        for n in range(count // 2)
        for end in ("", " as always, thank you for asking")
    ]


@pytest.mark.parametrize("how", ["move", "remove"])
def test_leaks_are_moved_to_training_or_what_gives_them_away_is_removed(spec, how):
    before, _ = prepared(spec(leaky(), validation_share=0))
    after, run = prepared(spec(leaky(), validation_share=0, leaked=how))
    leaked = len(before["leakage"]["unseen"]["ids"])
    assert leaked > 0 and after["leakage"]["unseen"]["ids"] == []
    unseen, train = len(by_suite(run)["unseen"]), len(run.examples("train"))
    was = before["splits"]["train"], before["suites"]["unseen"]["n"]
    if how == "move":
        assert after["unleaked"] == {"moved": leaked, "removed": 0}
        assert (train, unseen) == (was[0] + leaked, was[1] - leaked)
    else:
        assert after["unleaked"]["removed"] >= leaked and (train, unseen) == (
            was[0] - after["unleaked"]["removed"],
            was[1],
        )


def test_choices_for_rows_reach_the_run_and_its_account(spec, as_jsonl):
    found = [
        *rows(20),
        {"question": "Who?", "answer": "Ask taro@kumo.co.jp"},
        {"question": "long " * 60, "answer": "x"},
    ]
    count = lambda e: (sum(len(m.content.split()) for m in e.prompt), len(e.completion.split()))  # noqa: E731
    report, run = prepared(
        spec(found, max_length=32, too_long="cut_prompt", personal="mask", validation_share=0), count_tokens=count
    )
    texts = [e.completion for e in [*run.examples("train"), *run.examples("test")]]
    assert "Ask [E-MAIL]" in texts and not any("taro" in text for text in texts)
    assert report["too_long"] == {"dropped": 0, "cut": 1, "divided": 0} and report["dropped"] == 0
    assert report["fixed"] == 2 and report["rows"] == report["accepted"] == 22
    assert {issue["severity"] for issue in report["issues"]} <= {"high", "medium", "low"}


def test_edits_are_part_of_the_run_and_a_changed_file_is_refused(spec, write, as_jsonl):
    first = spec(rows(20))
    there = load(first.data.train).examples
    edits = [Edit(row=1, was=there[0].id, answer="By hand."), Edit(row=2, was=there[1].id, exclude=True)]
    edited = first.model_copy(update={"data": first.data.model_copy(update={"changes": tuple(edits)})})
    report, run = prepared(edited)
    texts = {
        e.source_row: e.completion for e in [*run.examples("train"), *run.examples("validation"), *run.examples("test")]
    }
    assert texts[1] == "By hand." and 2 not in texts and (report["dropped"], report["fixed"]) == (1, 1)
    again = RunSpec.model_validate_json(edited.model_dump_json())
    assert again.data.changes == tuple(edits)
    write("train.jsonl", as_jsonl(rows(20, question="Another?")))
    with pytest.raises(UserError, match="row 1 holds something else now"):
        prepared(edited)


def test_the_report_says_what_a_test_of_this_size_can_tell(spec):
    report, _ = prepared(spec(rows(50)))
    assert report["sizes"]["items"] == report["suites"]["unseen"]["n"] == 10
    assert 0.3 < report["sizes"]["detectable"] < 0.6

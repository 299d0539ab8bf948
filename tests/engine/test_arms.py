"""Base with instructions and examples, and the nearest training answer: by rules that look at training rows alone."""

import json

from engine import arms, verdict
from engine.schema import DataSpec, Example, Message, Rule, RunSpec, Source, example_id
from tests.engine.runs import finished, tiny_spec


def question(asked, answer="It is so.", **fields):
    prompt = (Message("user", asked),)
    return Example(example_id(prompt, answer, fields.get("suite", "")), prompt, answer, **fields)


TRAIN = [question(f"When does shop {at} open?", f"At {at}.", group=f"shop/{at}") for at in range(6)]
TRAIN += [question(f"How much is tea {at}?", f"${at}.", group=f"tea/{at}") for at in range(6)]
TRAIN += [question(f"Who is {at}?", "I do not know.", group=f"decline/{at}", answerable=False) for at in range(6)]
SPEC = RunSpec(data=DataSpec(train=Source(path="x")), system="You help.")


def test_the_examples_come_from_different_topics_and_one_at_most_declines():
    chosen = arms.shots(TRAIN)
    assert len(chosen) == 4 and {row.group.split("/")[0] for row in chosen} == {"shop", "tea", "decline"}
    assert sum(not row.answerable for row in chosen) == 1
    assert arms.shots(TRAIN[::-1]) == chosen


def test_every_item_is_asked_with_the_same_examples_in_front():
    tests = [question("When do you open?", suite="reworded"), question("What is the price?", suite="reworded")]
    first, second = arms.prompted(tests, TRAIN, spec=SPEC)
    assert first.prompt[:-1] == second.prompt[:-1] and first.prompt[-1] == tests[0].prompt[0]
    assert first.prompt[0].role == "system" and first.prompt[0].content.startswith("You help.")
    assert [turn.role for turn in first.prompt[1:]] == ["user", "assistant"] * 4 + ["user"]
    assert first.id != tests[0].id and first.completion == tests[0].completion


def test_rows_held_to_rules_that_are_told_in_words_can_be_examples():
    rule = Rule("polite", says={"en": "Says please.", "ja": "「please」と言う。"}, needs="please")
    rows = [question("When do you open?", "At nine, please.", rules=(rule,))]
    assert arms.shots(rows) == rows


def test_the_nearest_answer_is_that_of_the_most_similar_question():
    tests = [question("Please, when does shop 3 open?"), question("how much is tea 5")]
    assert [output.text for output in arms.nearest(tests, TRAIN)] == ["At 3.", "$5."]


def test_the_nearest_answer_needs_no_words():
    train = [question("送料はいくらですか。", "500円です。"), question("定休日はいつですか。", "水曜日です。")]
    assert arms.nearest([question("お店の定休日を教えて。")], train)[0].text == "水曜日です。"


def test_plain_texts_prompts_and_general_knowledge_are_not_asked_this_way():
    assert arms.asked([Example("t", (), "A text.")], TRAIN) == []
    assert arms.asked(TRAIN, [question("2 + 2?", suite="general"), question("Open?", suite="unseen")]) == [
        question("Open?", suite="unseen")
    ]


def test_a_run_says_whether_prompting_or_looking_up_would_do(tmp_path, tiny_model):
    found = finished(tiny_spec(tmp_path, tiny_model)).comparison()
    assert [other["arm"] for other in found["arms"]] == ["prompted", "nearest"]
    looked_up = {row["metric"]: row for row in found["arms"][1]["changes"]}
    assert looked_up["token_f1"]["before"] == 1.0 and looked_up["token_f1"]["verdict"] == "worse"
    assert "answer_loss" not in looked_up
    header, rows = verdict.arms(found)
    assert header[2:] == ["Base", "Base, prompted", "Looked up", "Tuned"] and rows[0][4] == "100 %"
    assert any(line["text"].startswith("Looking it up would do better") for line in verdict.sentences(found))
    item = next(item for item in found["items"] if item["suite"] == "reworded")
    assert item["others"]["nearest"] == item["reference"] and json.dumps(found, allow_nan=False)


def test_no_other_arm_is_asked_where_the_spec_wants_none(tmp_path, tiny_model):
    run = finished(tiny_spec(tmp_path, tiny_model, arms=()))
    assert run.comparison()["arms"] == [] and not run.file("prompted").exists()

"""Who is held out: whole groups for the test, single wordings for validation, the same ones every time."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.split import families, hold_out_groups, hold_out_wordings, name_groups
from engine.schema import Example, Message, UserError, example_id, identified


def row(number: int, group: str | None = None, answer: str = "", **values) -> Example:
    prompt = (Message("user", values.pop("question", f"Question number {number}?")),)
    answer = answer or f"The answer to number {number} is {number}."
    return Example(example_id(prompt, answer), prompt, answer, group=group, source_row=number, **values)


def facts(count: int, wordings: int = 3) -> list[Example]:
    return [row(wordings * fact + i, f"fact {fact}") for fact in range(count) for i in range(wordings)]


def test_groups_stay_whole_and_the_share_is_met():
    rest, held = hold_out_groups(facts(50), share=0.2, seed=0)
    assert len(held) == 30 and len(rest) == 120
    assert not {example.group for example in rest} & {example.group for example in held}


def test_the_same_seed_holds_out_the_same_rows_and_another_seed_others():
    first, again, other = (hold_out_groups(facts(50), share=0.2, seed=seed)[1] for seed in (1, 1, 2))
    assert first == again and first != other


def test_the_order_of_the_rows_does_not_matter():
    forward = hold_out_groups(facts(50), share=0.2, seed=0)[1]
    backward = hold_out_groups(facts(50)[::-1], share=0.2, seed=0)[1]
    assert {example.id for example in forward} == {example.id for example in backward}


def test_new_rows_move_no_old_group_but_at_the_boundary():
    before = {example.group for example in hold_out_groups(facts(100), share=0.2, seed=0)[1]}
    after = {example.group for example in hold_out_groups(facts(105), share=0.2, seed=0)[1]}
    old = {f"fact {fact}" for fact in range(100)}
    assert len(before) == 20 and len(before ^ (after & old)) <= 3


def test_without_groups_each_row_is_its_own():
    rest, held = hold_out_groups([row(number) for number in range(40)], share=0.25, seed=3)
    assert (len(rest), len(held)) == (30, 10)


def test_one_large_group_does_not_become_the_whole_test():
    rows = [row(number, "large") for number in range(60)] + [row(number, f"g{number}") for number in range(60, 100)]
    for seed in range(20):
        held = hold_out_groups(rows, share=0.2, seed=seed)[1]
        assert len(held) == 20 and "large" not in {example.group for example in held}


def test_two_groups_leave_one_on_each_side_and_one_group_cannot_be_split():
    rows = [row(1, "a"), row(2, "a"), row(3, "b")]
    rest, held = hold_out_groups(rows, share=0.01, seed=0)
    assert len(rest) == 2 and len(held) == 1
    with pytest.raises(UserError, match="All rows belong to one group"):
        hold_out_groups(rows[:2], share=0.2, seed=0)


def test_a_share_of_zero_holds_nothing_out():
    assert hold_out_groups(facts(4), share=0, seed=0) == (facts(4), [])
    assert hold_out_wordings(facts(4), share=0, seed=0) == (facts(4), [])


def test_validation_takes_one_wording_of_a_fact_and_leaves_the_others():
    rest, held = hold_out_wordings(facts(40), share=0.1, seed=0)
    assert len(held) == 12 and max(Counter(example.group for example in held).values()) == 1
    assert {example.group for example in held} < {example.group for example in rest}


def test_validation_prefers_facts_with_other_wordings():
    rows = facts(5) + [row(number) for number in range(100, 120)]
    held = hold_out_wordings(rows, share=0.2, seed=0)[1]
    assert len(held) == 7 and {example.group for example in held} >= {f"fact {fact}" for fact in range(5)}


def test_rows_with_one_answer_or_one_question_belong_together():
    answer = "Orders of $60 or more ship free with standard delivery."
    rows = [
        row(1, answer=answer),
        row(2, answer=answer.upper()),
        row(3, question="Are you open?"),
        row(4, question="Are you open"),
        row(5),
    ]
    names = families(rows)
    assert names[0] == names[1] and names[2] == names[3] and len(set(names)) == 3


def test_groups_that_share_an_answer_are_held_out_together():
    answer = "Standard delivery takes four to six business days."
    rows = [row(1, "a"), row(2, "a", answer=answer), row(3, "b", answer=answer), row(4, "b"), row(5, "c")]
    names = families(rows)
    assert len(set(names[:4])) == 1 and names[4] != names[0]


def test_short_frequent_and_declining_answers_join_nothing():
    labels = [row(number, answer="yes") for number in range(6)]
    declines = [row(number, answer="I'm sorry, I do not know that.", answerable=False) for number in range(10, 16)]
    template = [row(number, answer="Please ask your doctor about this.") for number in range(20, 40)]
    names = families(labels + declines + template)
    assert len(set(names)) == len(names)


def test_rows_of_one_family_without_a_group_get_one():
    answer = "Standard delivery takes four to six business days."
    named = name_groups([row(3, answer=answer), row(4, answer=answer), row(5), row(6, "mine", answer=answer)])
    assert [example.group for example in named] == ["like row 3", "like row 3", None, "mine"]


@settings(max_examples=150, deadline=None)
@given(
    groups=st.lists(st.sampled_from([None, "a", "b", "c", "d"]), min_size=2, max_size=40),
    share=st.floats(0, 0.9),
    seed=st.integers(0, 9),
)
def test_no_row_is_lost_or_on_both_sides(groups, share, seed):
    rows = [row(number, group) for number, group in enumerate(groups)]
    for split in (hold_out_groups, hold_out_wordings):
        try:
            rest, held = split(rows, share=share, seed=seed)
        except UserError:
            assert len(set(families(rows))) == 1
            continue
        assert sorted(e.source_row for e in rest + held) == list(range(len(rows))) and rest
        assert bool(held) == (share > 0)
        if split is hold_out_groups:
            assert not {e.group for e in rest if e.group} & {e.group for e in held if e.group}
        else:
            assert len(set(families(held))) == len(held)


def test_pairs_of_one_prompt_are_never_separated():
    rows = [
        identified(row(fact, question=f"Question {fact}?", answer="Yes.", rejected=f"No, {way}."))
        for fact in range(20)
        for way in range(3)
    ]
    for hold_out in (hold_out_groups, hold_out_wordings):
        rest, held = hold_out(rows, share=0.2, seed=0)
        assert held and not {example.question for example in rest} & {example.question for example in held}


def test_plain_texts_are_no_family_though_they_ask_nothing():
    texts = [Example(str(at), (), f"Text number {at} is about another thing than the rest.") for at in range(10)]
    assert len(set(families(texts))) == 10
    rest, held = hold_out_groups(texts, share=0.2, seed=0)
    assert (len(rest), len(held)) == (8, 2)

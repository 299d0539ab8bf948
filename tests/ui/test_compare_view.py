"""What stands on Compare: panes with marks, kept pairs, the table of many, and a ballot that tells nothing."""

import pytest

from engine import pairs, rundir, sides, talk
from engine.blind import WORDS, Ballot, Paper
from engine.schema import DataSpec, RunSpec, Source
from engine.text import LANGUAGES, text
from tests.ui.test_html import HOSTILE, assert_harmless, read
from ui import compare_view as view
from ui import kept_pairs_view, many_view, vote_view
from ui.compare_view import Head

HEADS = (Head("Base", "as it came"), Head("Tuned", "after", trained=True))


def said(words, **values):
    return {"text": words, "tokens": 5, "seconds": 1.25, "done": True, "truncated": False} | values


def turn(left, right, question="When?"):
    return {"question": question, "answers": [left, right]}


def words_of(markup):
    return "".join(read(markup).text)


def test_what_differs_is_marked_once_both_answers_have_ended():
    both = turn(said("We open at 9 every day."), said("We open at 8 every day."))
    done, growing = (view.panes(HEADS, [both], "en", state=state) for state in ("done", "answering"))
    assert "<del>9</del>" in done and "<ins>8</ins>" in done and text("page.compare.only_left", "en") in done
    assert "<del>" not in growing and "<ins>" not in growing


def test_answers_with_hardly_anything_in_common_are_not_marked_all_over():
    drawn = view.panes(HEADS, [turn(said("Yes indeed, always."), said("いいえ、違います"))], "en", state="done")
    assert "<del>" not in drawn and "<ins>" not in drawn


def test_the_same_answer_twice_is_said_to_be_the_same():
    assert text("page.compare.same", "en") in view.panes(HEADS, [turn(said("Yes."), said("Yes."))], "en", state="done")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_pane_has_its_tokens_seconds_and_speed(lang):
    drawn = words_of(view.panes(HEADS, [turn(said("A"), said("B", truncated=True))], lang, state="done"))
    assert drawn.count(text("page.compare.tokens", lang, n="5")) == 2 and "1.2" in drawn
    assert drawn.count(text("page.items.truncated", lang)) == 1


def test_a_conversation_shows_every_turn_with_its_question_and_waits_only_in_the_last():
    turns = [turn(said("A"), said("B"), "First?"), turn(None, None, "Second?")]
    drawn = view.panes(HEADS, turns, "en", state="loading")
    assert drawn.index("First?") < drawn.index("Second?")
    assert drawn.count(text("page.compare.loading", "en")) == 2 == drawn.count("aria-busy")


def test_neither_side_a_base_needs_no_proof_and_a_bad_proof_is_loud():
    found = {"max_abs_difference": 0.5, "equal": False}
    assert view.proof(found, kind="none", lang="en") == ""
    assert "k-bad" in view.proof(found, kind="adapter", lang="en")
    assert "✓" in view.proof({"max_abs_difference": 0.0, "equal": True}, kind="full", lang="ja")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hostile_texts_stay_text_in_panes_tables_kept_pairs_and_ballots(lang):
    heads = (Head(HOSTILE, HOSTILE), Head(HOSTILE, HOSTILE, trained=True))
    both = [said(HOSTILE), said(HOSTILE + "?")]
    for state in ("answering", "done", "stopped"):
        assert_harmless(view.panes(heads, [turn(*both, HOSTILE)], lang, state=state))
        assert_harmless(many_view.table([HOSTILE], {"state": state, "answers": [both]}, heads, lang))
    assert_harmless(many_view.failed(HOSTILE, lang))
    words = sides.plain(HOSTILE)
    conversation = talk.talk(sides=(words, "b"), turns=[turn(said(words), said(words), words)])
    kept = pairs.Pair(id="1", time=0.0, note=words, talk=conversation)
    assert_harmless(kept_pairs_view.listing([kept], lambda keys: list(heads), lang, deleted="2"))
    for voted in (None, "a"):
        assert_harmless(vote_view.paper(Ballot([paper(voted=voted)], 0), 0, lang))


def paper(*, tuned_first=False, voted=None, **texts):
    item = dict.fromkeys(("question", "reference", "base", "tuned", "example_id"), HOSTILE) | texts
    turns = [{"role": "user", "content": HOSTILE}] * 2
    return Paper(item | {"prompt": turns, "tokens": [3, 9]}, tuned_first, voted)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_on_a_ballot_but_the_answers_themselves_depends_on_which_is_which(lang):
    texts = {"question": "Q?", "reference": "R.", "example_id": "0123"}
    one = vote_view.paper(Ballot([paper(base="XX", tuned="YY", **texts)], 3), 0, lang)
    other = vote_view.paper(Ballot([paper(base="YY", tuned="XX", tuned_first=True, **texts)], 3), 0, lang)
    assert one == other and "0123" not in one
    for name in ("base", "tuned"):
        assert text(f"page.arm.{name}", lang) not in words_of(one) and name not in one


def test_every_word_a_voter_can_say_has_a_button_and_a_key_of_its_own():
    assert set(vote_view.KEYS) == set(WORDS) and len(set(vote_view.KEYS.values())) == len(WORDS)
    drawn = vote_view.paper(Ballot([paper(voted="tie")], 0), 0, "en")
    assert drawn.count("data-key=") == 4 and drawn.count('aria-pressed="true"') == 1


def numbers(**values):
    found = {"suite": "reworded", "votes": 20, "voters": ["me"], "items": 20, "decided": 16, "wins": 14, "rate": 0.875}
    found |= {"low": 0.64, "high": 0.96, "p": 0.004, "how": "wilson", "longer": {"won": 9, "of": 16}}
    found |= {"counts": {"base": 2, "tuned": 14, "tie": 3, "both_bad": 1}, "length": {"rate": 0.8, "slope": 1.0}}
    return found | values


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_result_names_winner_interval_length_and_every_vote(lang):
    ballot = Ballot([paper(voted="a", tuned_first=True, base="XX", tuned="YY")], 2)
    drawn = words_of(vote_view.result(numbers(), numbers(voters=["me", "you"]), ballot, lang))
    shown = {"wins": 14, "decided": 16, "rate": 88, "low": 64, "high": 96}
    assert drawn.count(text("page.vote.rate", lang, **shown)) == 2
    for key, values in (("word_tuned", {}), ("longer", {"won": 9, "of": 16}), ("length", {"rate": 80})):
        assert text(f"page.vote.{key}", lang, **values) in drawn
    assert drawn.rstrip().endswith(text("page.vote.count_tuned", lang))


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"low": 0.4}, "word_cannot_tell"),
        ({"rate": 0.1, "wins": 2, "low": 0.02, "high": 0.3}, "word_base"),
        ({"how": "groups"}, "how_groups"),
        ({"length": {"why": "few"}}, "length_few"),
        ({"votes": 0}, "no_votes"),
    ],
)
def test_what_the_votes_cannot_say_is_not_said(changed, key):
    drawn = words_of(vote_view.result(numbers(**changed), numbers(), Ballot([], 0), "en"))
    assert text(f"page.vote.{key}", "en") in drawn


def test_undecided_votes_have_no_rate():
    nothing = dict.fromkeys(("rate", "low", "high", "p", "how")) | {"decided": 0, "wins": 0}
    drawn = words_of(vote_view.result(numbers(**nothing), numbers(), Ballot([], 0), "en"))
    assert text("page.vote.undecided", "en", tie=3, both_bad=1) in drawn and "None" not in drawn


def test_an_empty_list_of_kept_pairs_takes_no_room_but_the_last_deleted_can_come_back():
    assert kept_pairs_view.listing([], lambda keys: [], "en") == ""
    assert 'data-pick="undo=1"' in kept_pairs_view.listing([], lambda keys: [], "en", deleted="1")


def test_a_table_of_many_counts_what_both_have_answered():
    answers = [[said("A"), said("B")], [said("A"), said("C", done=False)], [None, None]]
    drawn = words_of(many_view.table(["1?", "2?", "3?"], {"state": "answering", "answers": answers}, HEADS, "en"))
    assert text("page.many.done", "en", done="1", of="3") in drawn


def test_kept_pairs_of_a_run_are_on_the_page_and_gone_runs_are_named(kurabe_home):
    from ui.tabs import kept_pairs

    run = rundir.create(RunSpec(data=DataSpec(train=Source(path="x"))))
    gone = "20260101-000000-abcdef"
    turns = [turn(said("A"), said("B"))]
    pairs.keep(run, talk.talk(sides=(f"{gone}:base", f"{gone}:tuned"), turns=turns), "see")
    drawn = kept_pairs.show(run, "en")[1]
    assert text("page.kept.gone", "en", run=gone) in words_of(drawn) and "see" in drawn

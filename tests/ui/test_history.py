"""All runs on the page: found, named, put aside, deleted and brought back by its handlers; hostile words are text."""

from types import SimpleNamespace

import gradio as gr
import pytest

from engine import about, atomic, rundir, trash
from engine.text import LANGUAGES, text
from tests.engine.many import made, weigh
from ui import app, history, history_view, runs, side_by_side_view
from ui.history_view import Query

NOTHING = ["", "", "", "", "", "", False, "-date", 50]  # what the page looks for when nothing is


def click(pick):
    return SimpleNamespace(_data={"pick": pick})


def act(pick, *, chosen="", looked=NOTHING):
    """What an action says, and the table after it."""
    sent = history.act("en", chosen, click(pick), *looked)
    return sent[0], sent[10]


def table(**query) -> str:
    return history_view.table(history.history.entries(), Query(**query), "en")


def shown(html) -> list[str]:
    """The ids in a table, in their order."""
    return [part.split('"')[0] for part in html.split('class="k-pick-run" value="')[1:]]


def test_the_list_on_the_left_shows_the_newest_the_open_one_and_the_way_to_all():
    every = [made(number) for number in range(runs.MOST_SHOWN + 5)]
    about.change(every[-1], archived=True)
    side = runs.sidebar(every[0].id, "en")
    listed = [run.id for run in every if f'href="?run={run.id}"' in side]
    assert len(listed) == runs.MOST_SHOWN + 1 and every[0].id in listed and every[-1].id not in listed
    assert text("history.all", "en", n="35") in side


def test_runs_are_found_by_words_of_either_language_and_by_filters():
    one, two = made(1, method="qlora"), made(2, use_case="medical", verdict="worse")
    about.change(one, tags=("demo",), note="<b>bold</b> ${x}")
    assert shown(table()) == [two.id, one.id]
    assert shown(table(words=text("verdict.worse.word", "ja"))) == [two.id]
    assert shown(table(words=runs.method_title("qlora", "ja"))) == [one.id]
    assert shown(table(tag="demo")) == [one.id] and shown(table(use_case="medical")) == [two.id]
    assert "&lt;b&gt;bold&lt;/b&gt; &#36;&#123;x&#125;" in table()
    assert text("history.none", "en") in table(words="nowhere")
    about.change(two, archived=True)
    assert shown(table()) == [one.id] and len(shown(table(archived=True))) == 2
    assert "1 are archived" in table(words="medical")


@pytest.mark.parametrize(
    ("sort", "order"),
    [("-date", [2, 1, 0]), ("date", [0, 1, 2]), ("title", [2, 0, 1]), ("-disk", [1, 2, 0]), ("../x", [2, 1, 0])],
)
def test_the_table_is_sorted_by_what_is_asked(sort, order):
    every = [weigh(made(number), model=size) for number, size in enumerate((1, 9, 5))]
    for run, title in zip(every, ("b", "c", "a"), strict=True):
        about.change(run, title=title)
    query = history.query_of([*NOTHING[:7], sort, 50])
    found = shown(history_view.table(history.history.entries(), query, "en"))
    assert found == [every[at].id for at in order]


def test_more_runs_are_shown_when_asked_for():
    for number in range(60):
        made(number)
    assert len(shown(table())) == 50
    assert len(shown(act("more=")[1])) == 60


def test_a_run_is_deleted_only_when_confirmed_and_undo_brings_it_back():
    run, other = made(1), made(2)
    asked, listed = act(f"delete?={run.id}")
    assert f"delete!={run.id}" in asked and len(shown(listed)) == 2
    did, listed = act(f"delete!={run.id}")
    assert f"restore={run.id}" in did and shown(listed) == [other.id]
    _, listed = act(f"restore={run.id}")
    assert len(shown(listed)) == 2 and trash.deleted() == []


def test_what_cannot_be_deleted_is_said_and_the_rest_is_deleted():
    parent, free = made(1), made(3)
    child = made(2, model=f"run:{parent.id}")
    about.change(child, tags=("keep",))
    did, listed = act(f"delete!={parent.id},{free.id}")
    assert child.id in did and f"restore={free.id}" in did and shown(listed) == [child.id, parent.id]
    did, listed = act(f"delete!={parent.id},{child.id}")
    assert "2 runs" in did and shown(listed) == [], "the one that starts from the other goes first"


@pytest.mark.parametrize(
    "pick", ["", "delete!=", "delete!=../../etc", "restore=../x", "card=<script>", "sort=__class__"]
)
def test_picks_that_mean_nothing_change_nothing(pick):
    run = made(1)
    said, listed = act(pick)
    assert shown(listed) == [run.id] and "<script>" not in str(said)


def test_a_name_tags_and_a_note_are_kept_and_what_is_too_long_is_said():
    run = made(1)
    sent = history.save("en", run.id, "Mine", "a、b, a", "why", *NOTHING)
    assert about.read(run) == about.About(title="Mine", tags=("a", "b"), note="why") and "Mine" in sent[3]
    assert "Mine" in runs.header(run, "en") and "why" in runs.header(run, "en")
    assert "k-bad" in history.save("en", run.id, "x" * 201, "", "", *NOTHING)[0]
    assert about.read(run).title == "Mine"
    assert text("history.no_longer", "en") in history.save("en", "../x", "", "", "", *NOTHING)[0]


def test_archived_runs_leave_the_lists_and_come_back():
    run = made(1)
    said, listed = act(f"archive={run.id}", chosen=run.id)
    assert f"unarchive={run.id}" in said and shown(listed) == [] and run.id not in runs.sidebar("", "en")
    assert shown(act(f"unarchive={run.id}")[1]) == [run.id]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_disk_says_what_may_go_and_asks_before_it_does(lang):
    run = weigh(made(1), model=1, checkpoints=50)
    gone = made(2)
    trash.delete(gone)
    assert "clean?=" in history_view.disk(lang) and f"restore={gone.id}" in history_view.disk(lang)
    assert "clean!=" in history_view.disk(lang, ask="clean") and "empty!=" in history_view.disk(lang, ask="empty")
    act("clean?=")
    assert run.checkpoints.exists()
    assert "50.0 kB" in act("clean!=")[0] and not run.checkpoints.exists()
    act("empty!=")
    assert trash.deleted() == [] and "clean?=" not in history_view.disk(lang)


def test_opening_and_closing_fill_all_that_is_bound():
    with gr.Blocks():
        panel = history.build("en")
    for lang in LANGUAGES:
        assert len(history.opened(panel)) == history.LENGTH == len(history.open_all(lang))
        assert len(history.acted(panel)) == len(history.act(lang, "", click("keep="), *NOTHING))
        assert len(history.acted(panel)) == len(history.act(lang, "", click("close="), *NOTHING))
        assert len(history.acted(panel)) == len(history.act(lang, "", click("compare=x"), *NOTHING))
    for pick in ("runs", "compare=x", "new"):
        assert len(history.from_side("en", click(pick))) == history.LENGTH
    assert len(history.asked(panel)) == len(NOTHING)


def test_refreshing_sends_nothing_where_nothing_changed():
    run = made(1, state="stopped")
    html, digest = history.draw("en", Query())
    assert all(isinstance(part, dict) for part in history.refresh("en", digest, *NOTHING))
    atomic.write_json(run.file("status"), run.status() | {"state": "failed"})
    assert text("page.state.failed", "en") in history.refresh("en", digest, *NOTHING)[0]


def test_a_duplicate_begins_with_the_data_and_settings_and_is_no_run_yet():
    run = made(1, method="qlora", settings={"rank": 4}, seed=7)
    held = app.opened("", "method", "en", like=run.id)
    assert held[:2] == ["", "method"] and {7, 4} <= {v for v in held if type(v) is int} and f"run:{run.id}" in held
    assert len(app.duplicate("en", click(f"like={run.id}"))) == len(held) + 1
    assert len(rundir.all_runs()) == 1


def test_an_address_that_compares_runs_that_are_gone_says_so():
    drawn, kept = side_by_side_view.beside("20260101-000000-abcdef,<script>", "en")
    assert "20260101-000000-abcdef" in drawn and "<script>" not in drawn and kept == ""


def with_log(number, method="lora"):
    run = made(number, method=method)
    lines = [{"kind": "train", "step": step, "attempt": 1, "loss": 2 / step} for step in range(1, 9)]
    lines += [{"kind": "validation", "step": step, "attempt": 1, "loss": 1.5} for step in (4, 8)]
    atomic.write_lines(run.file("metrics"), lines)
    return run


@pytest.mark.parametrize("lang", LANGUAGES)
def test_losses_of_one_kind_are_drawn_over_each_other_and_others_apart(lang):
    one, two, other = with_log(1), with_log(2, "qlora"), with_log(3, "dpo")
    about.change(one, title="<first>")
    drawn = side_by_side_view.curves([one.id, two.id], ["<first>", "b"], lang)
    assert drawn.count("k-chart") == 2 and "&lt;first&gt;" in drawn and "<first>" not in drawn
    assert text("side_by_side.curves_apart", lang) not in drawn
    mixed = side_by_side_view.curves([one.id, two.id, other.id], ["a", "b", "c"], lang)
    assert mixed.count("k-chart") == 2 and text("side_by_side.curves_apart", lang) in mixed
    assert side_by_side_view.curves([one.id, other.id], ["a", "c"], lang) == ""

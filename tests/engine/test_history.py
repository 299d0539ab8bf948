"""The list of runs: the same with its index and without it, found by any word that is said of a run."""

import json

import pytest

from engine import about, atomic, history
from tests.engine.many import made


def lines(**wanted) -> list[str]:
    return [entry.run for entry in history.select(history.entries(), **wanted)]


def test_runs_are_listed_newest_first_with_what_a_list_shows():
    old, new = made(1, verdict="worse", method="qlora"), made(2, title="second", state="failed")
    about.change(old, title="My first", tags=("a", "b"), note="too many epochs")
    first, second = history.entries()
    assert (first.run, first.state, first.title, first.verdict) == (new.id, "failed", "second", None)
    assert (second.renamed, second.tags, second.note, second.verdict) == (
        "My first",
        ("a", "b"),
        "too many epochs",
        "worse",
    )
    assert second.seconds == 72.5 and second.date == "2026-01-01 00:00" and second.method == "qlora"


def test_what_changes_on_the_disk_is_seen_at_once_and_what_does_not_is_not_read_again(monkeypatch):
    run, _ = made(1, state="stopped"), made(2)
    history.entries()
    read = []
    monkeypatch.setattr(history, "_entry", lambda one, whole=history._entry: read.append(one.id) or whole(one))
    history.entries()
    assert read == []
    about.change(run, note="again")
    atomic.write_json(run.file("status"), run.status() | {"state": "failed"})
    (seen,) = (entry for entry in history.entries() if entry.run == run.id)
    assert (seen.state, seen.note, read) == ("failed", "again", [run.id])


def test_a_run_whose_process_is_gone_is_lost_whatever_the_index_says():
    made(1, state="running")
    assert [entry.state for entry in history.entries()] == ["lost"]


def test_another_process_takes_up_the_index_and_a_damaged_one_costs_nothing(monkeypatch, kurabe_home):
    run, index = made(1), kurabe_home / "cache" / "history.json"
    whole = history.entries()
    assert json.loads(index.read_text())["runs"].keys() == {run.id}
    monkeypatch.setattr(history, "_entry", lambda one: pytest.fail("read although it is in the index"))
    history._kept.clear()
    assert history.entries() == whole
    monkeypatch.undo()
    monkeypatch.setenv("KURABE_HOME", str(kurabe_home))
    for damage in ("", "[]", '{"names": []}', '{"runs": 1'):
        index.write_text(damage)
        history._kept.clear()
        assert history.entries() == whole


def test_damaged_and_removed_runs_are_left_out():
    good, bad, gone = made(1), made(2), made(3)
    history.entries()
    bad.file("spec").write_text("{")
    gone.path.rename(gone.path.with_name(".gone"))
    assert lines() == [good.id]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("refund", [1]),
        ("REFUND  qlora", [1]),
        ("qlora", [1, 0]),
        ("ＱＬＯＲＡ", [1, 0]),
        ("返金", [2]),
        ("2026-01-01", [2, 1, 0]),
        ("refund 返金", []),
        ("another word", [0]),
        ("", [2, 1, 0]),
    ],
)
def test_every_word_must_stand_somewhere(words, found):
    runs = [made(0, method="qlora"), made(1, method="qlora"), made(2)]
    about.change(runs[1], note="for the Refund bot")
    about.change(runs[2], tags=("返金",))
    names = {runs[0].id: ["Another word for it"]}
    shown = history.select(history.entries(), words=words, names=lambda entry: names.get(entry.run, ()))
    assert [entry.run for entry in shown] == [runs[at].id for at in found]


def test_filters_are_joined_and_archived_runs_are_asked_for():
    one, two, three = made(1), made(2, verdict="worse"), made(3, state="failed")
    about.change(one, tags=("Demo",))
    about.change(three, tags=("demo",), archived=True)
    assert lines(verdict="worse") == [two.id] and lines(tag="DEMO") == [one.id]
    assert lines(tag="demo", archived=True) == [three.id, one.id] and lines(tag="demo", state="done") == [one.id]
    assert lines() == [two.id, one.id] and history.tags(history.entries()) in (["demo"], ["Demo"])


def test_a_thousand_runs_are_listed_with_nothing_lost_between_files_index_and_memory():
    """How long it takes is in docs/log.md; here it is the same list three times."""
    ids = [made(number, verdict=("better", "worse")[number % 2]).id for number in range(1000)]
    from_files = history.entries()
    from_memory = history.entries()
    history._kept.clear()
    from_index = history.entries()
    assert [entry.run for entry in from_files] == ids[::-1] and from_files == from_memory == from_index
    assert len(history.select(from_index, verdict="worse")) == 500


def test_runs_that_start_from_another_are_known():
    parent, child = made(1), made(2)
    made(3)
    child.file("spec").write_text(
        child.file("spec").read_text().replace('"smollm2-135m-instruct"', f'"run:{parent.id}"')
    )
    assert history.built_on(parent) == [child.id] and history.built_on(child) == []

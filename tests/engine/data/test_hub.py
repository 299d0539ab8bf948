"""A data set of a hub: its name, its commit, and what is said where no hub can be reached. The hub is a folder here."""

import json

import pytest

from engine.data import hub
from engine.data.inspect import inspect_file
from engine.data.own import own_data_spec
from engine.rundir import home
from engine.schema import UserError
from engine.specs import resolve_spec

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROWS = [{"question": f"How much is {n}?", "answer": f"{n} euros."} for n in range(30)]


class Set(list):
    """What `datasets` gives of one split, as far as it is used."""

    features = None

    def remove_columns(self, names):
        return Set({key: value for key, value in row.items() if key not in names} for row in self)


class Image:
    pass


@pytest.fixture
def reachable(monkeypatch):
    """A hub with the set owner/faq; the calls made to it."""
    import datasets
    import huggingface_hub

    calls = []

    class Api:
        def dataset_info(self, name, revision=None):
            calls.append(("info", name, revision))
            return type("Info", (), {"sha": COMMIT})

    def load_dataset(name, *, name_=None, **options):
        calls.append(("load", name, options))
        splits = {"validation": Set(ROWS[:10]), "train": Set(ROWS)}
        return splits[options["split"]] if options["split"] else splits

    def fake(path, name=None, **options):
        return load_dataset(path, name_=name, **options)

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    monkeypatch.setattr(datasets, "load_dataset", fake)
    return calls


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ("hub:squad", ("squad", "", "", "")),
        ("hub:owner/name@main", ("owner/name", "main", "", "")),
        ("hub:owner/name@refs/convert/parquet:en:test", ("owner/name", "refs/convert/parquet", "en", "test")),
        ("hub:owner/name::validation", ("owner/name", "", "", "validation")),
    ],
)
def test_a_name_has_its_parts_and_is_written_again_as_it_was(given, parts):
    found = hub.parse(given)
    assert (found.name, found.revision, found.config, found.split) == parts and str(found) == given


@pytest.mark.parametrize(
    "given",
    ["hub:", "hub:../x", "hub:a/b/c", "hub:a/..", "hub:a@../x", "hub:a b", "hub:-rf", "hub:a@x:y:z:w", "hub:/etc"],
)
def test_what_is_no_name_is_refused(given):
    with pytest.raises(UserError, match="is no data set of a hub"):
        hub.parse(given)


def test_a_set_is_pinned_to_its_commit_fetched_once_and_read_as_a_file(reachable):
    spec = own_data_spec("hub:owner/faq@main")
    assert spec.data.train.path == f"hub:owner/faq@{COMMIT}" and len(spec.data.train.sha256) == 64
    again = resolve_spec(spec.model_dump(mode="json"))
    assert again.data.train == spec.data.train
    assert [call[0] for call in reachable if call[0] == "load"] == ["load"]
    assert reachable[-1][0] in ("info", "load") and ("info", "owner/faq", "main") in reachable
    found = inspect_file(spec.data.train.path)
    assert (found["format"], found["accepted"], found["kind"]) == ("question_answer", 30, "jsonl")
    assert inspect_file("hub:owner/faq::validation")["accepted"] == 10


def test_pictures_are_not_fetched_as_text(reachable, monkeypatch):
    pictured = Set({**row, "image": object()} for row in ROWS)
    pictured.features = {"question": str, "image": Image()}
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: pictured)
    first = json.loads(hub.fetched(f"hub:owner/pictured@{COMMIT}").read_text().splitlines()[0])
    assert set(first) == {"question", "answer"}


def test_a_set_of_several_splits_without_train_asks_which(reachable, monkeypatch):
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: {"dev": Set(ROWS), "test": Set(ROWS)})
    with pytest.raises(UserError, match=rf"several splits \(dev, test\). Name one: hub:owner/x@{COMMIT}::dev"):
        hub.fetched(f"hub:owner/x@{COMMIT}")


def test_a_set_larger_than_the_limit_is_refused_and_nothing_is_kept(reachable, monkeypatch):
    monkeypatch.setenv("KURABE_MAX_EXPANDED_MB", "1")
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: Set([{"text": "x" * 300_000}] * 5))
    with pytest.raises(UserError, match="holds more than 1 MB of rows"):
        hub.fetched(f"hub:owner/large@{COMMIT}")
    assert list((home() / "cache" / "hub").iterdir()) == []


def test_without_a_hub_one_message_says_what_to_do(monkeypatch):
    class Api:
        def dataset_info(self, *_, **__):
            raise ConnectionError("no route to host\nand much more")

    monkeypatch.setattr("huggingface_hub.HfApi", Api)
    with pytest.raises(UserError) as raised:
        inspect_file("hub:owner/faq")
    assert str(raised.value) == (
        "hub:owner/faq cannot be fetched (ConnectionError: no route to host). It needs a hub that can be reached, and "
        "a name, revision, config and split that are there. Offline, give its rows as a file."
    )

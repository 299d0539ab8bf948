"""Names, tags and notes: kept beside the spec, which does not change."""

import pytest

from engine import about
from engine.about import About
from engine.schema import UserError
from tests.engine.many import made


def test_what_is_changed_is_kept_and_the_rest_stays():
    run = made()
    spec = run.file("spec").read_bytes()
    assert about.read(run) == About()
    about.change(run, title=" My name ", note="line\nline")
    about.change(run, tags=("one", " two  words ", "", "ONE"), archived=True)
    assert about.read(run) == About(title="My name", tags=("one", "two words"), note="line\nline", archived=True)
    assert run.file("spec").read_bytes() == spec


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title": "x" * 201}, "title.*200"),
        ({"note": "x" * 5001}, "note.*5000"),
        ({"tags": ("x" * 41,)}, "tags.*40 characters"),
        ({"tags": ("a,b",)}, "comma"),
        ({"tags": tuple(map(str, range(21)))}, "tags.*20"),
    ],
)
def test_what_is_too_long_is_said_by_its_field_and_nothing_is_written(changes, says):
    run = made()
    with pytest.raises(UserError, match=says):
        about.change(run, **changes)
    assert not run.file("about").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"titel": "x"}', '{"tags": 3}'])
def test_a_damaged_file_does_not_hide_the_run(content):
    run = made()
    run.file("about").write_text(content)
    assert about.read(run) == About()
    assert about.change(run, note="new").note == "new"

"""The page as a whole: in both languages, from its address, and calm whatever a request holds."""

import html
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine import atomic, launch, rundir, uploads
from engine.schema import RunSpec
from engine.text import LANGUAGES, entries, has
from ui import app, drafts, frame, usecases
from ui.tabs import compare

UI = Path(__file__).parents[2] / "ui"
SOURCES = [*UI.rglob("*.py"), UI.parent / "app.py"]


def test_page_never_loads_torch():
    code = (
        "import sys, app, ui.app; ui.app.build_app(); print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=UI.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_asked_while_other_events_may_be_on_their_way_goes_past_the_queue(served):
    functions = served.blocks.fns.values()
    ticks = [fn for fn in functions if any(event == "tick" for _, event in fn.targets)]
    assert len(ticks) >= 4 and not any(fn.queue for fn in ticks)
    assert [fn.name for fn in functions if fn.queue is False and inspect.isgeneratorfunction(fn.fn)] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_text_the_page_asks_for_is_there(source):
    for is_pattern, key in re.findall(r'\btext\(\s*(f?)"([^"]+)"', source.read_text(encoding="utf-8")):
        if is_pattern:
            pattern = re.compile(re.sub(r"\\\{.*?\\\}", ".+", re.escape(key)) + "$")
            assert any(pattern.match(known) for known in entries()), key
        else:
            assert has(key), key


def test_japanese_page_has_no_english_label_that_has_a_translation(served):
    translated = {entry["en"] for entry in entries().values() if entry["en"] != entry["ja"]}
    config = served.blocks.config
    shown = [part for part in config["components"] if part["id"] in config["page"]["ja"]["components"]]
    words = [part["props"].get(name) for part in shown for name in ("label", "info", "placeholder")]
    words += [part["props"]["value"] for part in shown if part["type"] == "button"]
    assert len(shown) > 50
    assert not [word for word in words if isinstance(word, str) and word in translated]


@pytest.mark.parametrize(
    ("step", "run", "shown"),
    [("train", None, "train"), ("", None, "use_case"), ("", object(), "result"), ("../x", None, "use_case")],
)
def test_address_names_the_step_or_the_fitting_one_is_taken(step, run, shown):
    assert frame.wanted_step(step, run) == shown


def make_run(**changes) -> rundir.Run:
    spec = usecases.presets()["company_faq"].run
    return rundir.create(RunSpec.model_validate(spec.model_dump() | changes))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "run_id", ["", "../../etc", "20260101-000000-abcdef", "20260101-000000-abcdef/../x", "<script>"]
)
def test_address_of_no_run_opens_a_new_one(run_id, lang):
    run, step, *_ = app.opened(run_id, "", lang)
    assert (run, step) == ("", "use_case")


def test_address_of_a_run_restores_it_with_its_settings():
    made = make_run(method="qlora", settings={"rank": 4}, seed=7)
    held = app.opened(made.id, "method", "en")
    assert held[:2] == [made.id, "method"]
    assert 7 in held and 4 in held and f"run:{made.id}" in held


@pytest.mark.parametrize(
    ("case", "lang", "name"),
    [
        ("", "en", "company_faq"),
        ("", "ja", "company_faq_ja"),
        ("raw_documents", "en", "raw_documents"),
        ("own", "ja", "own"),
        ("<script>", "ja", "company_faq_ja"),
    ],
)
def test_address_of_a_use_case_chooses_it_with_its_method_and_settings(case, lang, name):
    held = app.opened("", "use_case", lang, case)
    known = usecases.presets().get(name)
    assert name in held and (
        known is None or {known.run.method, known.run.system} <= {v for v in held if type(v) is str}
    )


def test_address_of_a_run_and_a_use_case_opens_the_run_and_chooses_the_use_case():
    made = make_run()
    held = app.opened(made.id, "use_case", "en", "raw_documents")
    assert held[0] == made.id and "raw_documents" in held and f"run:{made.id}" not in held


@pytest.mark.parametrize("lang", LANGUAGES)
def test_run_of_a_use_case_with_a_notice_shows_it_beside_the_question_box(lang):
    careful = next(preset for preset in usecases.presets().values() if preset.notice)
    for use_case, shown in ((careful.name, 1), ("company_faq", 0)):
        made = make_run(use_case=use_case)
        atomic.write_json(made.file("status"), {"state": "done", "stage": "compare"})
        atomic.write_json(made.file("comparison"), {})
        drawn = [part for part in compare.show(made, lang) if isinstance(part, str)]
        assert sum(careful.notice[lang] in html.unescape(part) for part in drawn) == shown


def test_damaged_run_does_not_take_the_list_down():
    good, bad = make_run(), make_run()
    bad.file("spec").write_text("{")
    assert good.id in app.fast(None, "", "en")[0] and bad.id not in app.fast(None, "", "en")[0]


def test_tick_sends_the_whole_screen_only_when_the_state_changed():
    made = make_run()
    atomic.write_json(made.file("status"), {"state": "stopped", "stage": "train"})
    assert all(len(one) == 1 for one in app.tick("en", "", "", ""))  # the page is still being filled
    first = app.tick("en", made.id, "train", "none")
    seen = first[2 + len(app.fast(made, made.id, "en"))]
    again = app.tick("en", made.id, "train", seen)
    assert seen.startswith(made.id) and len(first) == len(again)
    skipped = again[2 + len(app.fast(made, made.id, "en")) :]
    assert all(isinstance(part, dict) and part.get("__type__") == "update" and len(part) == 1 for part in skipped)


def test_a_run_that_ends_while_its_screens_are_drawn_is_drawn_again_at_the_next_look(monkeypatch):
    made = make_run()
    state = {"state": "stopped", "stage": "train"}
    atomic.write_json(made.file("status"), state)
    before, show = app.signature(made), app.result.show

    def ends_meanwhile(run, lang):
        atomic.write_json(made.file("status"), state | {"state": "failed"})
        return show(run, lang)

    monkeypatch.setattr(app.result, "show", ends_meanwhile)
    assert app.full(made, "en")[0] == before != app.signature(made)


@pytest.fixture
def no_worker(monkeypatch):
    """A run that is made all the same must not train."""
    monkeypatch.setattr(launch, "_spawn", lambda run: None)


def messages(served, values, *, page=""):
    """What the page says beside Start when it is pressed with these values."""
    last = served.call("start", values, page=page)[-1]
    assert last["success"], last
    return str(last["output"]["data"][0])


def field(values, label):
    return next(part for part in values if getattr(part, "label", None) == label)


HOSTILE = ["../../etc/passwd", "run:../../x", "run:", "<script>", "${alert(1)}", "{{x}}", "", "x" * 5000, "own"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_use_case_over_http_is_a_clear_message_and_starts_nothing(served, no_worker, name):
    values = served.inputs("start")
    values[next(part for part in values if part.elem_id == "k-use-case")] = name
    said = messages(served, values)
    assert "k-bad" in said and "<script>" not in said and "${" not in said
    assert rundir.all_runs() == []


@pytest.mark.parametrize("value", [0, -1, 1e308, 1.5, None, "many", [], {"a": 1}, 10**30])
def test_impossible_setting_over_http_is_a_clear_message_and_starts_nothing(served, no_worker, value):
    values = served.inputs("start")
    values[field(values, "Epochs")] = value
    last = served.call("start", values)[-1]
    said = str(last["output"])
    assert "Epochs" in said or not last["success"]
    assert rundir.all_runs() == []


@pytest.mark.parametrize(
    ("label", "value"),
    [("Seed", -1), ("Seed", 2**40), ("Seed", None), ("Longest answer", 0), ("Longest answer", 1e9), ("Model", "")],
)
def test_impossible_field_over_http_is_a_clear_message_and_starts_nothing(served, no_worker, label, value):
    values = served.inputs("start")
    values[field(values, label)] = value
    assert "k-bad" in messages(served, values)
    assert rundir.all_runs() == []


def test_unknown_method_over_http_is_a_clear_message(served, no_worker):
    values = served.inputs("start")
    values[next(part for part in values if part.elem_id == "k-method")] = "__import__"
    assert "__import__" in messages(served, values)
    values = served.inputs("start", page="ja")
    values[next(part for part in values if part.elem_id == "k-method")] = "__import__"
    assert "手法" in messages(served, values, page="ja")


@pytest.mark.parametrize("token", ["../../../etc/passwd", "0" * 32 + ".csv", "/etc/passwd", "a.csv", "0" * 32 + ".exe"])
def test_upload_is_known_by_its_word_and_nothing_else(token):
    from engine.schema import UserError

    with pytest.raises(UserError, match="Choose it again"):
        drafts.data_only("own", token, "question_answer", [], lang="en")


def test_kept_upload_is_found_again_under_its_name(tmp_path):
    file = tmp_path / "my rows.CSV"
    file.write_text("question,answer\n" + "".join(f"Q{n}?,It is {n}.\n" for n in range(30)), encoding="utf-8")
    token = uploads.keep([file])
    assert uploads.name(token) == "my rows.CSV" and uploads.keep([file]) == token
    renamed = file.rename(file.with_name("march.csv"))
    assert uploads.name(uploads.keep([renamed])) == "march.csv"
    assert uploads.name(token) == "my rows.CSV"
    spec = drafts.data_only("own", token, None, [], lang="en")
    assert spec.data.train.path == str(uploads.find(token)) and spec.title == "my rows.CSV"


def test_address_fills_the_question_and_the_sides_and_asks_nothing():
    made = make_run()
    for name, value in (
        ("status", {"state": "done", "stage": "compare"}),
        ("comparison", {"items": [], "changes": []}),
    ):
        atomic.write_json(made.file(name), value)
    atomic.write_json(made.file("training"), {})
    link = {"q": "When?", "left": f"{made.id}:tuned", "right": "../../x", "part": "many"}
    shown = compare.show(made, "en", link)
    assert "When?" in shown and not any("k-turn-asked" in part for part in shown if isinstance(part, str))
    keys = [part["value"] for part in shown if isinstance(part, dict) and "choices" in part][:2]
    assert keys == [f"{made.id}:tuned", f"{made.id}:tuned"]
    assert {"selected": "many", "__type__": "update"} in shown

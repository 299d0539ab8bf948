"""What comes from data, models and users is text on the page, never markup, script or template."""

import json
import re
from html.parser import HTMLParser

import pytest

from engine import charts, diff
from engine.schema import EvalRow, Output, Preset
from tests.ui.kept import KEPT
from ui import (
    change_view,
    compare_view,
    data_view,
    demo_view,
    examples_view,
    html,
    items_view,
    measures,
    method_view,
    own_view,
    prompting_view,
    result_view,
    rows_view,
    runs,
    side_by_side_view,
    train_view,
    use_case_view,
    usecases,
)
from ui.items_view import Chosen

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>${alert(4)}{{constructor}}`x`"
    "\"' onmouseover='alert(5) javascript:alert(6) \x1b[31m \x00 \u202egnp.exe \ud800 &lt;b&gt;"
)
LANGUAGES = ("en", "ja")


class Reader(HTMLParser):
    """Collects the elements, their attributes and the text that a browser would see."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = set(), {}, []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(attrs)

    def handle_data(self, data):
        self.text.append(data)


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


def assert_harmless(markup: str, *, shown: bool = True) -> None:
    """No element, handler, link or template of the hostile text's survives; the text itself is to be read."""
    found = read(markup)
    assert not found.tags & {"script", "img", "iframe", "object", "b0"}
    assert not [name for name in found.attributes if name.startswith("on")]
    assert not [value for value in found.attributes.values() if value and value.strip().startswith("javascript:")]
    assert "${" not in markup and "{{" not in markup and "`" not in markup
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", markup)
    if shown:
        assert "<script>alert(1)</script>" in "".join(found.text)


def test_escaped_text_reads_as_it_was_written():
    assert "".join(read(html.esc("a < b & ${c} {{d}} `e`")).text) == "a < b & ${c} {{d}} `e`"


def test_control_characters_and_overrides_of_direction_are_made_visible():
    assert html.esc("\x1b[31m\u202eabc") == "\u241b[31m\ufffdabc"


def test_attribute_cannot_be_left():
    found = read(html.tag("a", "x", href='"><script>', data_pick=HOSTILE))
    assert found.tags == {"a"} and set(found.attributes) == {"href", "data-pick"}


def change(**values):
    numbers = {"before": 0.2, "after": 0.7, "difference": 0.5, "low": 0.3, "high": 0.6, "p": 0.001, "p_adjusted": 0.001}
    counts = {"n": 72, "groups": 72, "wins": 50, "ties": 15, "losses": 7, "needed": None, "detectable": 0.1}
    words = {"metric": "token_f1", "suite": HOSTILE, "illustrative": False, "primary": True, "verdict": "better"}
    return numbers | counts | words | values


def item(**values):
    scores = {"base_scores": {"token_f1": 0.1}, "tuned_scores": {"token_f1": 0.9}, "metric": "token_f1"}
    texts = dict.fromkeys(("question", "reference", "base", "tuned", "suite", "group"), HOSTILE)
    rest = {"tokens": [3, 4], "truncated": [False, True], "seconds": [1.0, 1.0], "outcome": "fixed", "example_id": "e1"}
    return texts | scores | rest | values


def comparison():
    cells = {kind: {"answered": 3, "declined": 2} for kind in ("answerable", "unanswerable")}
    outcomes = dict.fromkeys(("fixed", "improved", "same", "worsened", "broken"), 1)
    warnings = [{"code": "truncated", "before": 1, "after": 9, "n": 72}]
    changes = [change(), change(suite="general", metric="choice_accuracy", primary=False)]
    return {
        "verdict": {"word": "better_but", "warnings": warnings},
        "changes": changes,
        "items": [item()],
        "counts": {HOSTILE: outcomes},
        "declining": {"before": cells, "after": cells},
        "efficiency": {"trainable_parameters": 5, "total_parameters": 10, "trainable_percent": 50.0},
        "stages": {"train": 3.0},
        "not_measured": [{"what": HOSTILE, "why": HOSTILE}],
        "seed": 0,
        "title": HOSTILE,
    }


PREVIEW = {
    "train": 3,
    "validation": 1,
    "suites": {HOSTILE: 4},
    "samples": [{"segments": [{"text": HOSTILE, "kind": "prompt"}, {"text": HOSTILE, "kind": "answer"}]}],
    "held_out": [{"suite": HOSTILE, "question": HOSTILE, "reference": HOSTILE}],
    "rows": 4,
    "dropped": 1,
    "about_file": [{"source_row": None, "code": HOSTILE, "message": HOSTILE}],
    "notices": {"personal_email": 1},
    "too_long": {"dropped": 1, "cut": 0, "divided": 0},
    "lengths": {side: {"step": 10, "counts": [1, 2], "beyond": 1} for side in ("prompt", "answer")},
    "sizes": {"items": 4, "groups": 3, "detectable": 0.5},
    "hashes": {HOSTILE: HOSTILE},
    "group": HOSTILE,
    "speed": {"run": HOSTILE, "tokens_per_second": 100.0},
    "leakage": {HOSTILE: {"test": 5, "exact": 1, "near": 0, "pairs": [{"test": HOSTILE, "train": HOSTILE}]}},
    "tokens_per_epoch": 100,
    "entities": {"names": [HOSTILE], "rows": 3},
    "not_made": [{"what": HOSTILE, "why": HOSTILE}],
}
PAIR = PREVIEW["samples"][0] | {"kind": "pairs", "rejected": HOSTILE, "rejected_tokens": 3}
PAIRS = PREVIEW | {"samples": [PAIR], "held_out": [PREVIEW["held_out"][0] | {"rejected": HOSTILE}]}
STATUS = {"accepted": 3, "noted": 1, "fixed": 0, "dropped": 1}
LISTED = {
    **dict.fromkeys(("question", "answer", "rejected"), HOSTILE),
    **{"message": f"Row 3 holds the control token {HOSTILE}; it stays text.", "codes": " control_tokens "},
    **{"number": 3, "status": "noted", "texts": "", "place": HOSTILE, "prompt_tokens": 3, "answer_tokens": 4},
}
ACCOUNT = {
    "format": "question_answer",
    "file": HOSTILE,
    "confidence": 0.5,
    "candidates": [{"format": "question_answer", "columns": {}, "missing": ["question"]}],
    "columns": {"question": HOSTILE},
    "file_columns": [HOSTILE],
    "first_rows": [{HOSTILE: HOSTILE}],
    "kind": "csv",
    "encoding": "utf-8",
    "issues": [{"source_row": None, "code": "other_sheets", "message": HOSTILE, "dropped": False}],
    "lengths": {"answer": {"characters": {"median": 3, "max": 9}}},
    "kinds": ["completion"],
    "sample": [{"prompt": [{"role": "user", "content": HOSTILE}], "completion": HOSTILE}],
    **dict.fromkeys(("rows", "accepted", "fixed", "dropped", "duplicates"), 1),
}
TURN = {"role": "user", "content": HOSTILE}
PROMPTED = {"arm": "prompted", "changes": [change()]}
SAID = {
    arm: {(HOSTILE, "e1"): EvalRow(arm, HOSTILE, "e1", Output(HOSTILE), {"token_f1": 0.5})}
    for arm in ("base", "prompted", HOSTILE, "tuned")
}
SIDE_BY_SIDE = {
    "test": "0" * 64,
    "suites": {HOSTILE: 3},
    "max_new_tokens": 48,
    "runs": [{"run": name, "method": HOSTILE, "verdict": "better"} for name in ("20260101-000000-a", HOSTILE)],
    "settings": {HOSTILE: [HOSTILE, None]},
    "rows": [{"metric": "token_f1", "suite": HOSTILE, "changes": [change(), None]}],
    "pairs": [change(first=HOSTILE, second="20260101-000000-a")],
}
EXAMPLE = dict.fromkeys(("prompt", "reference", "base", "tuned", "prompted", "title", "place"), HOSTILE)
EXAMPLE |= {"rule": "best", "score": HOSTILE, "example_id": HOSTILE, "suite": HOSTILE, "marked": True, "answered": True}
EXAMPLE |= {"taught": {"n": 1, "question": HOSTILE, "answer": HOSTILE}}
SHOWN = {"rule": HOSTILE, "note": HOSTILE, "items": [EXAMPLE, EXAMPLE | {"rule": "median", "marked": False}]}
FAILED = {"stage": "train", "error": {"stage": "train", "message": HOSTILE}, "seconds": {}}
HEADS = [compare_view.Head(HOSTILE, HOSTILE), compare_view.Head(HOSTILE, HOSTILE, trained=True)]
ANSWER = {"text": HOSTILE, "tokens": 5, "seconds": 1.0}
ASKED = {"question": HOSTILE, "answers": [ANSWER, ANSWER]}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "draw",
    [
        lambda lang: data_view.preview(PREVIEW, lang),
        lambda lang: data_view.preview(PAIRS, lang),
        lambda lang: rows_view.filters({"status": STATUS, "code": {HOSTILE: 3}}, rows_view.Chosen(), lang),
        lambda lang: rows_view.listing([LISTED], 90, rows_view.Chosen(page=1), {3: {"answer": HOSTILE}}, lang),
        lambda lang: rows_view.opened(LISTED, {"exclude": True}, lang),
        lambda lang: own_view.account(ACCOUNT, lang),
        lambda lang: own_view.rows([ACCOUNT["sample"][0] | {"rejected": HOSTILE}], lang),
        lambda lang: measures.small_charts([{"step": n, HOSTILE: n} for n in (1, 2, 3)], lang),
        lambda lang: own_view.account(ACCOUNT | {"format": "", "columns": {}}, lang),
        lambda lang: train_view.box(FAILED, "failed", lang),
        lambda lang: compare_view.panes(HEADS, [ASKED], lang, state="done"),
        lambda lang: compare_view.message({"state": "failed", "message": HOSTILE}, lang),
        lambda lang: compare_view.examples([HOSTILE], lang),
        lambda lang: method_view.problem(HOSTILE, lang),
        lambda lang: result_view.verdict(comparison(), lang),
        lambda lang: result_view.pictures(comparison(), SAID, lang),
        lambda lang: examples_view.section(SHOWN, lang),
        lambda lang: change_view.change_table(comparison(), lang),
        lambda lang: prompting_view.section(comparison() | {"arms": [PROMPTED]}, SAID, lang),
        lambda lang: side_by_side_view.draw({"tests": [SIDE_BY_SIDE]}, lang),
        lambda lang: items_view.filters({**comparison(), "items": [item(), item(suite="x")]}, Chosen(), lang),
        lambda lang: items_view.filters(comparison(), Chosen(number="0:wins"), lang),
        lambda lang: items_view.detail([item(prompt=[TURN, TURN])], "e1", lang, SAID),
        lambda lang: items_view.listing([item()], "e1", lang),
        lambda lang: items_view.detail([item()], "e1", lang),
        lambda lang: html.notice(HOSTILE, title=HOSTILE),
        lambda lang: html.empty(HOSTILE, HOSTILE),
        lambda lang: html.waiting(HOSTILE),
        lambda lang: diff.marked(HOSTILE, HOSTILE + " more")[1],
        lambda lang: charts.stacked_bar([(HOSTILE, 3, HOSTILE)], HOSTILE),
        lambda lang: charts.bars([{"label": HOSTILE, "arm": "base", "share": 0.5, "shown": HOSTILE}], HOSTILE),
    ],
)  # fmt: skip
def test_hostile_text_stays_text(draw, lang):
    assert_harmless(draw(lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hostile_use_case_stays_text(monkeypatch, lang):
    preset = next(iter(usecases.presets().values()))
    words = {"en": HOSTILE, "ja": HOSTILE}
    texts = dict.fromkeys(("title", "summary", "changes", "reason", "notice", "source"), words)
    rules = [{"name": "hostile", "says": words, "needs": "x"}]
    run = preset.run.model_dump() | {"rules": rules}
    hostile = Preset.model_validate(preset.model_dump() | texts | {"run": run})
    monkeypatch.setattr(usecases, "families", lambda: {hostile.name: {"en": hostile}})
    monkeypatch.setattr(usecases, "presets", lambda: {hostile.name: hostile})
    result = json.loads(json.dumps(KEPT).replace("said", json.dumps(HOSTILE)[1:-1]))
    assert_harmless(use_case_view.cards("", {}, lang))
    assert_harmless(use_case_view.about(hostile, result, lang) + use_case_view.reminder(hostile, lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hostile_run_stays_text(lang, tmp_path, monkeypatch):
    from engine import atomic, rundir
    from engine.schema import DataSpec, RunSpec, Source

    source = Source(path=str(tmp_path / "x.jsonl"))
    hostile = HOSTILE.replace("\ud800", "")
    spec = RunSpec(title=hostile[:200], model=hostile, data=DataSpec(train=source), method=hostile)
    run = rundir.create(spec)
    atomic.write_text(run.file("log"), hostile)
    for markup in (runs.sidebar(run.id, lang), runs.header(run, lang), train_view.log_tail(run, lang)):
        assert_harmless(markup)
    monkeypatch.setattr(demo_view.examples_view, "of", lambda run, lang: SHOWN)
    assert_harmless(demo_view.dialog(run, comparison(), SAID, lang))

"""The page of a showcase: it says what it is, opens with a result, and offers nothing that is switched off."""

import gradio as gr
import httpx
import pytest

from engine import launch, rundir, showcase
from engine.text import LANGUAGES, text
from tests.engine.many import made, weigh
from tests.ui.conftest import Served, free_port
from tests.ui.test_history import NOTHING, click
from ui import frame, history, history_view, runs, server
from ui.app import build_app
from ui.server import Place
from ui.tabs import train


@pytest.fixture
def shown(monkeypatch):
    run = weigh(made(1), model=1, checkpoints=1)
    monkeypatch.setenv(showcase.VARIABLE, "1")
    return run


def labels(parts) -> set[str]:
    """The words on all buttons, and of all fields, that are laid out and visible."""
    return {str(part.value if isinstance(part, gr.Button) else part.label) for part in parts if visible(part)}


def visible(part) -> bool:
    while part is not None:
        if getattr(part, "visible", True) is False:
            return False
        part = part.parent
    return True


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_switched_off_is_not_offered_and_the_page_says_why(shown, lang):
    with gr.Blocks() as blocks:
        frame.build(lang)
        for room in ("use_case", "method"):
            __import__(f"ui.tabs.{room}", fromlist=["build"]).build(lang)
    offered = labels(part for part in blocks.blocks.values() if isinstance(part, gr.Button | gr.File | gr.Accordion))
    for key in ("page.method.start", "page.forecast.button", "page.own.file", "history.disk.title", "history.save"):
        assert text(key, lang) not in offered, key
    assert text("page.use_case.next", lang) in offered
    drawn = " ".join(str(part.value) for part in blocks.blocks.values() if isinstance(part, gr.HTML))
    assert all(text(f"showcase.{key}", lang) in drawn for key in ("banner", "no_start", "no_file"))
    assert f"like={shown.id}" not in runs.header(shown, lang) + history_view.card(shown, lang)
    assert "delete?" not in history_view.card(shown, lang) + history_view.table(
        history.history.entries(), history_view.Query(), lang
    )


def test_a_request_that_asks_all_the_same_is_told_no_and_changes_nothing(shown):
    for pick in (f"delete!={shown.id}", f"archive={shown.id}", "clean!=", "empty!=", f"restore={shown.id}"):
        said = history.act("en", "", click(pick), *NOTHING)[0]
        assert "k-bad" in said and "showcase" in said, pick
    assert "showcase" in history.save("en", shown.id, "x", "", "", *NOTHING)[0]
    assert "showcase" in train.stop("en", shown.id)[2]
    assert shown.checkpoints.exists() and [run.id for run in rundir.all_runs()] == [shown.id]


def test_a_showcase_opens_with_its_newest_result(shown):
    made(3, state="failed")
    assert runs.newest_finished() == shown


@pytest.mark.parametrize(
    ("environ", "host", "shows"),
    [
        ({}, "127.0.0.1", False),
        ({"KURABE_SHOWCASE": "1"}, "0.0.0.0", True),
        ({"SPACE_ID": "me/kurabe"}, "127.0.0.1", True),
        ({"SPACE_ID": "me/kurabe", "KURABE_PASSWORD": "x"}, "127.0.0.1", False),
        ({"SPACE_ID": "me/kurabe", "KURABE_SHOWCASE": "0"}, "127.0.0.1", False),
        ({"SPACE_ID": "me/kurabe", "KURABE_PASSWORD": "x", "KURABE_SHOWCASE": "1"}, "127.0.0.1", True),
    ],
)
def test_a_space_that_anyone_may_reach_only_shows(environ, host, shows):
    assert server.place(host, 7860, environ).showcase is shows


@pytest.fixture(scope="module")
def showing():
    """The page served as a showcase."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(showcase.VARIABLE, "1")
        blocks = build_app()
    port = free_port()
    blocks.launch(**server.launch_options(Place("127.0.0.1", port, showcase=True)), prevent_thread_lock=True)
    yield Served(f"http://127.0.0.1:{port}", blocks)
    blocks.close()


def test_no_file_is_taken_over_http(showing):
    file = {"files": ("a.csv", b"question,answer\n")}
    answer = httpx.post(f"{showing.url}/gradio_api/upload", files=file, timeout=120)
    assert answer.status_code == 403 and "showcase" in answer.text


def test_start_sent_over_http_starts_nothing(showing, monkeypatch):
    monkeypatch.setenv(showcase.VARIABLE, "1")
    monkeypatch.setattr(launch, "_spawn", lambda run: pytest.fail("a worker was started"))
    last = showing.call("start", showing.inputs("start"))[-1]
    assert "showcase" in str(last["output"]["data"][0]) and rundir.all_runs() == []

"""A run and its page are two things: stopping, closing, reloading and restarting do what they say and no more."""

from playwright.sync_api import expect

from engine import atomic, rundir
from tests.browser import walk
from tests.browser.material import QUICK, own_rows
from tests.browser.serving import held_in_training, served
from tests.browser.walk import say
from tests.engine.runs import end, wait_for


def test_a_run_is_stopped_and_resumed_from_the_page(visit, begun):
    run = begun(epochs=12)
    with held_in_training(run) as status:
        page = visit(walk.address(run, "train"))
        page.locator("#k-stop").click()
        page.get_by_role("button", name=say("page.train.sure_no"), exact=True).click()
        assert not run.stop_requested()
        page.locator("#k-stop").click()
        page.locator("#k-stop-yes").click()
        expect(page.get_by_text(say("page.train.stopping"))).to_be_visible()
    expect(page.locator("#k-train .k-notice")).to_contain_text(say("page.train.stopped_help"))
    expect(page.locator("#k-train .k-stage-cut")).to_contain_text(say("page.stage.train.title"))
    assert rundir.state(run) == "stopped"
    page.locator("#k-resume").click()
    expect(page.locator("#k-verdict")).to_be_visible(timeout=600_000)
    assert rundir.state(run) == "done"
    again = [line["step"] for line in atomic.read_lines(run.file("metrics")) if line["attempt"] == 2]
    assert min(again) >= status["step"], "the run began anew instead of going on"


def test_a_run_outlives_the_page_that_started_it(visit, tmp_path, model):
    page = visit()
    walk.bring_file(page, own_rows(tmp_path / "closed.jsonl"))
    expect(page.locator("#k-account")).to_contain_text("closed.jsonl")
    walk.go_to(page, "method")
    walk.fill_settings(page, model, QUICK)
    run = walk.start(page)
    with held_in_training(run):
        page.context.close()
    assert end(run, seconds=600) == "done"


def test_a_run_outlives_the_server_and_its_link_finds_it_again(visit, begun, kurabe_home):
    run = begun(epochs=12)
    with served(kurabe_home) as server:
        with held_in_training(run) as status:
            page = visit(walk.address(run, "train"), server=server)
            expect(page.locator("#k-train .k-stage-now")).to_contain_text(say("page.stage.train.title"))
            server.kill()
        wait_for(lambda: run.status()["step"] > status["step"] or rundir.state(run) == "done")
        assert rundir.state(run) in ("running", "done")
        server.start()
        expect(page.locator("#k-verdict")).to_be_visible(timeout=600_000)  # the page that stayed open goes on by itself
        found = visit(walk.address(run), server=server)
        expect(found.locator("#k-verdict")).to_be_visible()
        assert rundir.state(run) == "done"

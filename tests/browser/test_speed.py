"""How soon the page answers while a run trains. Printed, not asserted: a busy machine is no bug."""

import time
import urllib.request

from playwright.sync_api import expect

from engine import rundir
from tests.browser import walk
from ui.frame import STEPS

ROUNDS = 3


def test_the_page_answers_while_a_run_trains(visit, site, begun, capsys):
    run = begun(epochs=40)
    page = visit(walk.address(run, "train"))
    expect(page.locator("#k-train .k-stage-now")).to_be_visible()
    seconds: dict[str, list[float]] = {"plain GET": [], "tab switch": [], "method card": []}
    for _ in range(ROUNDS):
        seconds["plain GET"].append(timed(lambda: urllib.request.urlopen(site.url, timeout=60).read()))
        for step in ("result", "method"):
            seconds["tab switch"].append(timed(lambda step=step: switch(page, step)))
        for name in ("qlora", "lora"):
            seconds["method card"].append(timed(lambda name=name: walk.choose_method(page, name)))
    with capsys.disabled():
        shown = ", ".join(f"{what} {max(took):.2f} s" for what, took in seconds.items())
        print(f"\nslowest of {ROUNDS} rounds while a run is {rundir.state(run)}: {shown}")
    assert all(seconds.values()) and set(STEPS) >= {"result", "method"}


def timed(do) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def switch(page, step: str) -> None:
    walk.go_to(page, step)
    expect(page.locator({"result": "#k-no-result", "method": "#k-start"}[step])).to_be_visible()

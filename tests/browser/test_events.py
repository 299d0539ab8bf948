"""Clicks beside the page's own looking after a run: none is lost."""

import itertools

from playwright.sync_api import expect

from tests.browser import walk


def test_no_click_is_lost_beside_what_the_page_asks_by_itself(visit, finished):
    page = visit(walk.address(finished, "result"))
    chips = [page.locator(f"#k-filters [data-pick='outcome={name}']") for name in ("fixed", "broken", "same")]
    for chip in itertools.islice(itertools.cycle(chips), 1, 120):
        chip.click()
        expect(chip).to_have_attribute("aria-pressed", "true", timeout=20_000)

"""Reading what was sent: long texts whole, failures as failures, and a list that cannot be had."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.accessible import violations
from tests.browser.tab import Tab
from tests.browser.test_bell import delete_all
from tests.endpoints.company import Company

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
LONG = " ".join(f"Sentence {number} of a long message." for number in range(60))
LIST = "**/api/v1/notifications?*"


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_text_can_be_read_whole(
    portal: Company, people: People, tabs: Tabs, width: int
) -> None:
    alices = people(viewport={"width": width, "height": 800})
    tab = tabs(alices).sign_in("alice").is_connected()
    short = portal.send("alice", "Short", message="In a word")
    long = portal.send("alice", "Long", message=f"{LONG}\nThe last line.")
    tab.open_list().shows_rows(long, short)
    # The start page behind the list has one too.
    expect(tab.row(short).get_by_test_id("show-more")).to_have_count(0)
    last = tab.row(long).get_by_text("The last line.")
    toggle = tab.row(long).get_by_test_id("show-more")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    before = tab.row(long).bounding_box()
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    after = tab.row(long).bounding_box()
    assert before
    assert after
    assert after["height"] > before["height"] * 2
    expect(last).to_be_visible()
    # Nothing lies over the row below, and opening a text does not mark it read.
    assert tab.row(long).get_attribute("data-status") == "UNREAD"
    expect(tab.row(short)).to_be_visible()
    assert violations(tab.page) == []
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "false")
    delete_all(portal, alices)


def test_a_failure_looks_like_one(portal: Company, people: People, tabs: Tabs) -> None:
    alices = people()
    tab = tabs(alices).sign_in("alice").is_connected()
    done = portal.send("alice", "Report", type="PRISM_TASK_COMPLETED")
    failed = portal.send("alice", "Report", type="PRISM_TASK_FAILED")
    tab.open_list().shows_rows(failed, done)
    expect(tab.row(failed)).to_contain_text("Failed")
    expect(tab.row(done)).not_to_contain_text("Failed")
    delete_all(portal, alices)


def test_the_start_page_says_that_the_list_could_not_be_loaded(
    portal: Company, people: People, tabs: Tabs
) -> None:
    alices = people()
    tab = tabs(alices)

    def fail(route: Route) -> None:
        route.fulfill(status=503, json={"code": "UNAVAILABLE", "message": "Away"})

    tab.page.route(LIST, fail)
    tab.sign_in("alice").is_connected()
    failed = tab.part("home-failed")
    expect(failed).to_be_visible()
    tab.page.unroute(LIST)
    failed.get_by_role("button").click()
    expect(failed).to_have_count(0)
    expect(tab.part("newcomer-guide")).to_be_visible()
    # The browser writes each 503 to the console.
    tab.complaints.clear()

"""Deleting a notification and thinking better of it; being told while one looks elsewhere."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.accessible import violations
from tests.browser.tab import Tab
from tests.browser.test_bell import delete_all
from tests.endpoints.company import Company
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
# Longer than a deletion can be undone by itself.
LONG_MS = 8_000
_LOOK_ELSEWHERE = """
window.told = []
window.Notification = class {
  static permission = 'default'
  static async requestPermission() { return (Notification.permission = 'granted') }
  constructor(title, options) { window.told.push({ title, ...options }); window.latest = this }
  close() {}
}
Object.defineProperty(document, 'visibilityState', { get: () => window.looked ?? 'visible' })
"""


def test_what_was_deleted_can_be_brought_back_for_a_while(
    portal: Company, people: People, tabs: Tabs
) -> None:
    alices = people()
    here = tabs(alices).sign_in("alice").is_connected().has_its_own_clock().is_connected()
    there = tabs(alices).is_connected()
    kept, gone = portal.send("alice", "To keep"), portal.send("alice", "To lose")
    here.shows_unread(2).open_list().shows_rows(gone, kept)

    here.row(kept).get_by_test_id("delete").click()
    here.part("undo").hover()
    here.shows_unread(1).shows_rows(gone)
    assert violations(here.page) == []
    here.part("undo").click()
    here.shows_unread(2).shows_rows(gone, kept)

    here.row(gone).get_by_test_id("delete").click()
    here.undo_runs_out()
    there.shows_unread(1).open_list().shows_rows(kept)
    expect(here.part("undo")).to_have_count(0)
    here.page.reload()
    here.is_connected().open_list().shows_rows(kept)

    # Who leaves does not wait until it can no longer be undone. A page that has just been loaded
    # first asks for what a change needs, which is quicker than a person, and slower than a test.
    here.row(kept).get_by_test_id("mark-read").click()
    expect(there.row(kept)).to_have_attribute("data-status", "READ")
    here.row(kept).get_by_test_id("delete").click()
    here.page.goto("about:blank")
    there.shows_unread(0).shows_rows()
    delete_all(portal, alices)


def test_each_of_two_quick_deletions_can_be_undone(
    portal: Company, people: People, tabs: Tabs
) -> None:
    alices = people()
    tab = tabs(alices).sign_in("alice").is_connected()
    first, second = portal.send("alice", "First"), portal.send("alice", "Second")
    tab.open_list().shows_rows(second, first)
    for each in (first, second):
        tab.row(each).get_by_test_id("delete").click()
    tab.shows_rows()
    undos = tab.part("undo")
    expect(undos).to_have_count(2)
    undos.first.click()
    tab.shows_rows(first)
    undos.first.click()
    tab.shows_rows(second, first)
    delete_all(portal, alices)


def test_whoever_points_at_the_offer_has_all_the_time(
    portal: Company, people: People, tabs: Tabs
) -> None:
    carols = people()
    tab = tabs(carols).sign_in("carol").is_connected()
    tab.page.clock.install()
    tab.page.reload()
    sent = portal.send("carol", "To think about")
    tab.is_connected().open_list().shows_rows(sent)
    tab.row(sent).get_by_test_id("delete").click()
    tab.part("undo").hover()
    tab.page.clock.fast_forward(LONG_MS)
    tab.part("undo").click()
    tab.shows_rows(sent)

    # The focus does the same, and who leaves it has made up their mind.
    tab.row(sent).get_by_test_id("delete").click()
    tab.part("undo").focus()
    tab.part("undo").hover()
    tab.page.mouse.move(0, 0)
    tab.page.clock.fast_forward(LONG_MS)
    expect(tab.part("undo")).to_be_focused()
    with tab.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        tab.part("bell").focus()
        tab.page.clock.fast_forward(LONG_MS)
    tab.shows_rows()


def test_the_browser_tells_who_looks_elsewhere_and_asked_for_it(
    portal: Company, people: People, tabs: Tabs
) -> None:
    bobs = people()
    bobs.add_init_script(_LOOK_ELSEWHERE)
    tab = tabs(bobs).sign_in("bob").is_connected()
    tab.open_list()
    tab.part("desktop-yes").click()
    expect(tab.part("desktop-ask")).to_have_count(0)
    tab.page.keyboard.press("Escape")

    portal.send("bob", "While looking")
    tab.shows_unread(1)
    tab.page.evaluate("window.looked = 'hidden'")
    sent = portal.send("bob", "While elsewhere", message="Come back")
    tab.shows_unread(2)
    # Not `wait_for_function`, whose polling is an eval, which the page's policy refuses.
    deadline = time.monotonic() + PATIENCE_S
    while tab.page.evaluate("window.told.length") == 0:
        assert time.monotonic() < deadline, "nothing was shown outside of the page"
        tab.page.wait_for_timeout(50)
    reported = tab.page.evaluate("window.told[0]")
    assert (reported["title"], reported["body"]) == ("While elsewhere", "Come back")
    assert reported["tag"] == f"bellwire-{sent}"

    # A click reads it.
    tab.page.evaluate("window.latest.onclick()")
    tab.shows_unread(1)
    delete_all(portal, bobs)


def test_who_says_not_now_is_not_asked_again(portal: Company, people: People, tabs: Tabs) -> None:
    bobs = people()
    bobs.add_init_script(_LOOK_ELSEWHERE)
    tab = tabs(bobs).sign_in("bob").is_connected().open_list()
    tab.part("desktop-no").click()
    expect(tab.part("desktop-ask")).to_have_count(0)
    tab.page.reload()
    tab.is_connected().open_list()
    expect(tab.part("desktop-ask")).to_have_count(0)
    # In the settings it can be had any time.
    tab.page.keyboard.press("Escape")
    tab.part("settings").click()
    tab.part("desktop-switch").check()
    expect(tab.part("desktop-switch")).to_be_checked()

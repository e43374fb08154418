"""Switching categories off and on: in every tab, by keyboard too, and back where it fails."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Route, expect

from tests.browser.tab import Tab
from tests.endpoints.company import Company
from tests.support.servers import Deployment

pytestmark = pytest.mark.once
PREFERENCES = "**/api/v1/notifications/preferences"

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


def test_what_is_switched_off_in_one_tab_is_off_in_the_other_and_does_not_ring(
    portal: Company, people: People, tabs: Tabs
) -> None:
    alices = people()
    here = tabs(alices).sign_in("alice").is_connected().keeps_toasts()
    there = tabs(alices).is_connected().keeps_toasts()
    order = portal.send("alice", "An order", type="ORDER_CREATED")
    notice = portal.send("alice", "A notice")
    for tab in (here, there):
        tab.shows_unread(2).open_list().shows_rows(notice, order)
        tab.page.keyboard.press("Escape")
        open_settings(tab)
        expect(switch(tab, "shopping")).to_be_checked()

    switch(here, "shopping").click()
    for tab in (here, there):
        expect(switch(tab, "shopping")).not_to_be_checked()
        tab.shows_unread(1)

    # The muted one does not ring: the later one, which does, is the only toast.
    muted = portal.send("alice", "Another order", type="ORDER_CREATED")
    latest = portal.send("alice", "Another notice")
    for tab in (here, there):
        tab.shows_unread(2)
        expect(tab.part("toast")).to_have_count(1)
        expect(tab.part("toast")).to_contain_text("Another notice")
        tab.page.keyboard.press("Escape")
        tab.open_list().shows_rows(latest, notice)

    # On again, in the other tab: all of it is back, what came meanwhile included.
    there.page.keyboard.press("Escape")
    open_settings(there)
    switch(there, "shopping").click()
    for tab in (here, there):
        tab.shows_unread(4)
    here.shows_rows(latest, muted, notice, order)


def test_a_switch_that_the_server_refuses_goes_back_and_says_so(
    portal: Company, people: People
) -> None:
    # Not by `tabs`: the browser complains of the answer.
    tab = Tab(people(), portal.url).sign_in("bob").is_connected()
    open_settings(tab)
    tab.page.route(
        PREFERENCES,
        lambda route: (
            route.fulfill(status=503, json={"code": "UNAVAILABLE", "message": "Not now"})
            if route.request.method == "PUT"
            else route.continue_()
        ),
    )
    switch(tab, "blog").click()
    expect(tab.part("settings-problem")).to_have_text(
        "“Blog” could not be switched off. Please try again."
    )
    expect(switch(tab, "blog")).to_be_checked()

    tab.page.unroute(PREFERENCES)
    switch(tab, "blog").click()
    expect(switch(tab, "blog")).not_to_be_checked()
    expect(tab.part("settings-problem")).to_be_empty()
    tab.page.reload()
    open_settings(tab.is_connected())
    expect(switch(tab, "blog")).not_to_be_checked()


def test_who_leaves_right_after_a_switch_has_switched_it(
    portal: Company, people: People, tabs: Tabs
) -> None:
    carols = people()
    here = tabs(carols).sign_in("carol").is_connected()
    there = tabs(carols).is_connected()
    # A first change, for which the page gets what every change needs.
    sent = portal.send("carol", "A notice")
    here.open_list().row(sent).get_by_test_id("mark-read").click()
    expect(there.open_list().row(sent)).to_have_attribute("data-status", "READ")
    for tab in (here, there):
        tab.page.keyboard.press("Escape")
        open_settings(tab)

    # What is asked for is not on its way yet when the page is left.
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    with here.page.expect_request(PREFERENCES):
        here.page.route(PREFERENCES, hold)
        switch(here, "prism").click()
    here.page.goto("about:blank")
    asked[0].continue_()
    expect(switch(there, "prism")).not_to_be_checked()


def test_it_is_all_done_by_keyboard(portal: Company, people: People, tabs: Tabs) -> None:
    tab = tabs(people()).sign_in("carol").is_connected()
    keys = tab.page.keyboard
    tab.part("settings").focus()
    keys.press("Enter")
    dialog = tab.page.get_by_role("dialog", name="Settings")
    expect(dialog).to_be_visible()
    shopping = dialog.get_by_role("switch", name="Shopping")
    expect(shopping).to_be_checked()

    for _ in range(10):
        if shopping.evaluate("element => element === document.activeElement"):
            break
        keys.press("Tab")
    expect(shopping).to_be_focused()
    keys.press("Space")
    expect(shopping).not_to_be_checked()

    # System notices stay on.
    notices = dialog.get_by_role("switch", name="System notices")
    expect(notices).to_be_checked()
    expect(notices).to_be_disabled()
    expect(notices).to_have_accessible_description("Maintenance and announcements · Always on")

    keys.press("Escape")
    expect(dialog).to_have_count(0)
    expect(tab.part("settings")).to_be_focused()


@pytest.mark.parametrize(
    ("locale", "heading", "names"),
    [
        (
            "en-US",
            "Settings",
            ["Shopping", "Blog", "Tasks", "People", "Team billing", "System notices"],
        ),
        (
            "ko-KR",
            "설정",
            ["쇼핑", "블로그", "작업", "소셜", "Team billing", "시스템 공지"],
        ),
    ],
)
def test_a_deployments_own_category_is_there_in_both_languages_on_a_phone(
    deployments: Callable[..., Deployment],
    people: People,
    locale: str,
    heading: str,
    names: list[str],
) -> None:
    own_types = {"INVOICE_DUE": {"category": "team_billing", "title": "Invoice due"}}
    own = deployments(BELLWIRE_NOTIFICATION_TYPES=json.dumps(own_types))
    own.manage("demo_users")
    phone = people(locale=locale, viewport={"width": 360, "height": 640})
    tab = Tab(phone, own.url).sign_in("alice").is_connected()

    dialog = open_settings(tab)
    expect(dialog.get_by_role("heading", level=2)).to_have_text(heading)
    switches = tab.part("category-switch")
    expect(switches).to_have_count(len(names))
    for name in names:
        expect(dialog.get_by_role("switch", name=name, exact=True)).to_be_checked()
    expect(switch(tab, "team_billing")).to_have_accessible_description("Invoice due")
    assert tab.fits()
    box = dialog.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["y"] + box["height"] <= 640


def open_settings(tab: Tab) -> Locator:
    tab.part("settings").click()
    expect(tab.part("category-switch").first).to_be_visible()
    return tab.part("settings-dialog")


def switch(tab: Tab, category: str) -> Locator:
    return tab.page.locator(f"[data-testid=category-switch][data-category={category}]")

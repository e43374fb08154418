"""Where a notification leads, how troubles are told, and doing it all by keyboard."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.tab import PASSWORD, Tab
from tests.browser.test_shared_tabs import connections
from tests.endpoints.company import Company, eventually
from tests.support.balancer import Balancer
from tests.support.servers import Deployment

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
# The browser's own Notification, kept at hand: no test can click outside the page. Without a
# service worker, which shows them otherwise (test_notices.py).
_HIDDEN = """
window.told = []
navigator.serviceWorker.register = () => Promise.reject(new TypeError('There is none'))
window.Notification = class extends Notification {
  constructor(...given) { super(...given); window.told.push(this) }
}
Object.defineProperty(document, 'visibilityState', { get: () => window.looked ?? 'visible' })
"""
_DEAF = "addEventListener('online', (event) => event.stopImmediatePropagation(), true)"


def routed(path: str, **params: Any) -> dict[str, Any]:
    return {"routing": {"type": "page", "path": path, "params": params}}


def test_a_click_on_a_row_reads_it_and_leads_on(
    portal: Company, people: People, tabs: Tabs
) -> None:
    context = people()
    tab = tabs(context).sign_in("alice").is_connected()
    by_route = portal.send(
        "alice", "By route", link="/wrong", data=routed("/orders/7", tab="parcel", n=2)
    )
    by_link = portal.send("alice", "By link", link="/invoices/8?x=1#total")
    nowhere = portal.send("alice", "Nowhere")
    tab.shows_unread(3)

    tab.open_list().row(by_route).get_by_text("By route").click()
    expect(tab.page).to_have_url(f"{portal.url}/orders/7?tab=parcel&n=2")
    expect(tab.part("elsewhere")).to_contain_text("/orders/7")
    expect(tab.page.get_by_role("dialog")).to_have_count(0)
    tab.is_connected().shows_unread(2)

    tab.open_list().row(by_link).get_by_text("By link").click()
    expect(tab.page).to_have_url(f"{portal.url}/invoices/8?x=1#total")
    tab.is_connected().shows_unread(1)

    tab.open_list().row(nowhere).get_by_text("Nowhere").click()
    tab.shows_unread(0)
    expect(tab.page).to_have_url(f"{portal.url}/invoices/8?x=1#total")

    # Into another tab, as with any link; it is read all the same.
    again = portal.send("alice", "Beside", link="/orders/9")
    tab.shows_unread(1)
    with context.expect_page() as opened:
        tab.row(again).get_by_text("Beside").click(modifiers=["ControlOrMeta"])
    expect(opened.value).to_have_url(f"{portal.url}/orders/9")
    tab.shows_unread(0)


def test_a_click_on_a_toast_does_the_same(portal: Company, people: People, tabs: Tabs) -> None:
    tab = tabs(people()).sign_in("bob").is_connected().keeps_toasts()
    portal.send("bob", "Parcel", link="/wrong", data=routed("/orders/10"))
    tab.shows_unread(1)
    tab.part("toast").get_by_role("link", name="Parcel").click()
    expect(tab.page).to_have_url(f"{portal.url}/orders/10")
    tab.is_connected().shows_unread(0)


def test_a_click_on_the_browsers_own_notification_does_the_same(
    portal: Company, people: People, tabs: Tabs
) -> None:
    context = people()
    context.grant_permissions(["notifications"], origin=portal.url)
    context.add_init_script(_HIDDEN)
    tab = tabs(context).sign_in("carol").is_connected()
    # Whoever has allowed it is not asked.
    tab.open_list()
    expect(tab.part("desktop-ask")).to_have_count(0)
    tab.page.keyboard.press("Escape")
    tab.page.evaluate("window.looked = 'hidden'")
    sent = portal.send("carol", "Ding", message="Dong", data=routed("/orders/11"))
    tab.shows_unread(1)
    assert eventually(lambda: tab.page.evaluate("window.told.length") == 1)
    reported = tab.page.evaluate("window.told.map(({ title, body, tag }) => [title, body, tag])")
    assert reported == [["Ding", "Dong", f"bellwire-{sent}"]]

    tab.page.evaluate("window.told[0].dispatchEvent(new Event('click'))")
    expect(tab.page).to_have_url(f"{portal.url}/orders/11")
    tab.is_connected().shows_unread(0)


def test_signing_out_in_one_tab_leaves_no_connection(
    portal: Company, people: People, tabs: Tabs
) -> None:
    context = people()
    here = tabs(context).sign_in("alice").is_connected()
    there = tabs(context).is_connected()
    # Those of the tests before may be closing still.
    assert eventually(lambda: connections(portal) == 1)
    here.part("sign-out").click()
    for tab in (here, there):
        expect(tab.part("sign-in")).to_be_visible()
    assert eventually(lambda: connections(portal) == 0)
    # Nor is one had by going back.
    there.page.reload()
    expect(there.part("sign-in")).to_be_visible()
    assert connections(portal) == 0


def test_who_is_refused_is_told_why_and_can_try_again(
    portal: Company,
    deployment: Deployment,
    balancer: Callable[..., Balancer],
    people: People,
) -> None:
    proxy = balancer(*deployment.servers)
    tab = Tab(people(), proxy.url).sign_in("alice").is_connected()
    proxy.blocks("origin")
    state = tab.part("connection-state")
    expect(state).to_have_attribute("data-state", "refused")
    expect(state).to_have_text("Stopped")
    banner = tab.page.get_by_text("The server does not allow connections from this address.")
    expect(banner).to_be_visible()

    proxy.blocks()
    tab.part("retry-now").click()
    tab.is_connected()
    expect(banner).to_have_count(0)


def test_who_is_offline_can_try_now(deployments: Callable[..., Deployment], people: People) -> None:
    own = deployments()
    own.manage("demo_users")
    there = Company(own.url, own.service_key())
    context = people()
    # The network does not say when it is back.
    context.add_init_script(_DEAF)
    context.clock.install()
    tab = Tab(context, there.url).sign_in("alice").is_connected()
    own.server.stop()
    context.set_offline(True)
    state = tab.part("connection-state")
    expect(state).to_have_text("Offline")
    expect(tab.page.get_by_text("New notifications will show up as soon as")).to_be_visible()
    # From here on it tries nothing by itself: its time stands still.
    context.clock.pause_at(tab.page.evaluate("Date.now()") + 100)

    own.server.start()
    sent = there.send("alice", "Meanwhile")
    context.set_offline(False)
    with tab.page.expect_websocket():
        tab.part("retry-now").click()
    tab.is_connected().shows_unread(1).open_list().shows_rows(sent)
    expect(tab.part("retry-now")).to_have_count(0)


def test_it_is_dark_where_the_system_is_and_follows_it(
    portal: Company, people: People, tabs: Tabs
) -> None:
    tab = tabs(people(color_scheme="dark"))
    expect(tab.part("sign-in")).to_be_visible()
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    dark = [int(part) for part in re.findall(r"\d+", tab.page.evaluate(ground))]
    tab.page.emulate_media(color_scheme="light")
    light = [int(part) for part in re.findall(r"\d+", tab.page.evaluate(ground))]
    assert max(dark) < 64
    assert min(light) > 192


@pytest.mark.parametrize(
    ("locale", "language", "sign_in"),
    [("en-GB", "en", "Sign in"), ("ko", "ko", "로그인"), ("fr-FR", "en", "Sign in")],
)
def test_the_browsers_language_is_spoken_or_else_english(
    portal: Company, people: People, tabs: Tabs, locale: str, language: str, sign_in: str
) -> None:
    tab = tabs(people(locale=locale))
    expect(tab.page.get_by_role("button", name=sign_in)).to_be_visible()
    expect(tab.page.locator("html")).to_have_attribute("lang", language)


def test_from_signing_in_to_signing_out_by_keyboard_alone(
    portal: Company, people: People, tabs: Tabs
) -> None:
    tab = tabs(people())
    keys = tab.page.keyboard
    expect(tab.part("username")).to_be_focused()
    keys.type("bob")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    tab.is_connected()
    sent = portal.send("bob", "For the keyboard", link="/orders/12")
    tab.shows_unread(1)

    tab.walk_to("bell")
    keys.press("Enter")
    expect(tab.row(sent)).to_be_visible()
    tab.walk_to("notification-row")
    keys.press("Enter")
    expect(tab.page).to_have_url(f"{portal.url}/orders/12")
    tab.is_connected().shows_unread(0)

    tab.walk_to("settings")
    keys.press("Enter")
    shopping = tab.page.get_by_role("switch", name="Shopping")
    expect(shopping).to_be_checked()
    tab.walk_to("category-switch")
    keys.press("Space")
    expect(shopping).not_to_be_checked()
    # What is open keeps the focus.
    for _ in range(12):
        keys.press("Tab")
    assert tab.page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    keys.press("Escape")
    expect(tab.part("settings")).to_be_focused()

    tab.walk_to("sign-out")
    keys.press("Enter")
    expect(tab.part("username")).to_be_focused()

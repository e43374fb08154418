"""The language and the time zone belong to the person, and go with them to another browser."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.tab import Tab
from tests.browser.test_rooms import Host
from tests.endpoints.company import Company

pytestmark = pytest.mark.once_full
People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
USER = "carol"


def test_what_is_chosen_in_the_settings_is_there_in_another_browser(
    portal: Company, people: People, tabs: Tabs
) -> None:
    tab = tabs(people(locale="en-US", timezone_id="Europe/Berlin")).sign_in(USER).is_connected()
    me = Host(portal, USER)
    # The first sign-in has kept what the browser is set to.
    assert me.ask("GET", "/auth/me")["language"] == "en"
    assert me.ask("GET", "/auth/me")["time_zone"] == "Europe/Berlin"
    portal.send(USER, "", type="ORDER_CREATED")

    tab.part("settings").click()
    with tab.page.expect_navigation():
        tab.part("language").select_option("ko")
    expect(tab.page.locator("html")).to_have_attribute("lang", "ko")
    tab.is_connected().open_list()
    expect(tab.part("notification-row").first).to_contain_text("주문이 접수되었습니다")
    tab.page.keyboard.press("Escape")
    tab.part("settings").click()
    with tab.page.expect_navigation():
        tab.part("time-zone").select_option("Asia/Seoul")
    tab.is_connected()

    other = tabs(people(locale="en-US", timezone_id="UTC")).sign_in(USER)
    expect(other.page.locator("html")).to_have_attribute("lang", "ko")
    other.is_connected()
    assert me.ask("GET", "/auth/me")["time_zone"] == str(ZoneInfo("Asia/Seoul"))

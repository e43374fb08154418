"""What is seen while there is no connection, or no more sign-in."""

import re

from playwright.sync_api import WebSocketRoute, expect

from tests.browser.walk.visit import Visit


def away(visit: Visit) -> None:
    """The server has just gone, or a while ago where the pictures of others took long."""
    tab = visit.tab
    state = tab.part("connection-state")
    expect(state).to_have_attribute("data-state", re.compile("reconnecting|offline"))
    visit.album.add("reconnecting")
    tab.page.context.set_offline(True)
    expect(tab.part("retry-now")).to_be_visible()
    visit.album.add("offline")


def refused(visit: Visit) -> None:
    """It is there again, and does not want this page."""
    tab = visit.tab

    def refuse(socket: WebSocketRoute) -> None:
        socket.close(code=1008, reason="Forbidden")

    tab.page.route_web_socket("**/*", refuse)
    tab.page.context.set_offline(False)
    expect(tab.part("connection-state")).to_have_attribute("data-state", "refused")
    visit.album.add("refused")


def over(visit: Visit) -> None:
    """The sign-in has ended somewhere else; and a start where nothing answers."""
    tab = visit.tab
    tab.page.context.clear_cookies()
    tab.part("settings").click()
    expect(tab.part("sign-in")).to_be_visible()
    visit.album.add("signed-out-elsewhere")
    back = visit.expects_failures("**/api/v1/auth/me")
    tab.page.reload()
    expect(tab.page.get_by_role("alert")).to_be_visible()
    visit.album.add("unreachable")
    back()

"""What is seen while there is no connection, or no more sign-in."""

import re

from playwright.sync_api import WebSocketRoute, expect

from tests.browser.walk.portal_tour import PortalTour


def away(tour: PortalTour) -> None:
    """The server has just gone, or a while ago where the pictures of others took long."""
    tab = tour.tab
    state = tab.part("connection-state")
    expect(state).to_have_attribute("data-state", re.compile("reconnecting|offline"))
    tour.album.add("reconnecting")
    tab.page.context.set_offline(True)
    expect(tab.part("retry-now")).to_be_visible()
    tour.album.add("offline")


def refused(tour: PortalTour) -> None:
    """It is there again, and does not want this page."""
    tab = tour.tab

    def refuse(socket: WebSocketRoute) -> None:
        socket.close(code=1008, reason="Forbidden")

    tab.page.route_web_socket("**/*", refuse)
    tab.page.context.set_offline(False)
    expect(tab.part("connection-state")).to_have_attribute("data-state", "refused")
    tour.album.add("refused")


def over(tour: PortalTour) -> None:
    """The sign-in has ended somewhere else; and a start where nothing answers."""
    tab = tour.tab
    tab.page.context.clear_cookies()
    tab.part("settings").click()
    expect(tab.part("sign-in")).to_be_visible()
    tour.album.add("signed-out-elsewhere")
    back = tour.expects_failures("**/api/v1/auth/me")
    tab.page.reload()
    expect(tab.page.get_by_role("alert")).to_be_visible()
    tour.album.add("unreachable")
    back()

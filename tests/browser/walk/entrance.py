"""Signing in, and what can go wrong with it."""

from playwright.sync_api import expect

from tests.browser.walk.portal_tour import PortalTour


def walk(tour: PortalTour) -> None:
    tab, album = tour.tab, tour.album
    expect(tab.part("sign-in")).to_be_visible()
    album.add("sign-in")

    tab.part("sign-in").click()
    expect(tab.part("sign-in-problem")).not_to_be_empty()
    album.add("sign-in-empty")

    tab.sign_in(tour.username, "wrong")
    expect(tab.part("password")).to_be_empty()
    expect(tab.part("sign-in-problem")).not_to_be_empty()
    album.add("sign-in-wrong")

    back = tour.expects_failures("**/api/v1/auth/token")
    tab.sign_in(tour.username)
    expect(tab.part("password")).to_be_empty()
    expect(tab.part("sign-in-problem")).not_to_be_empty()
    album.add("sign-in-unreachable")
    back()

    tab.sign_in(tour.username).is_connected()

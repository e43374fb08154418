"""Signing in, and what can go wrong with it."""

from playwright.sync_api import expect

from tests.browser.walk.visit import Visit


def walk(visit: Visit) -> None:
    tab, album = visit.tab, visit.album
    expect(tab.part("sign-in")).to_be_visible()
    album.add("sign-in")

    tab.part("sign-in").click()
    expect(tab.part("sign-in-problem")).not_to_be_empty()
    album.add("sign-in-empty")

    tab.sign_in(visit.username, "wrong")
    expect(tab.part("password")).to_be_empty()
    expect(tab.part("sign-in-problem")).not_to_be_empty()
    album.add("sign-in-wrong")

    back = visit.expects_failures("**/api/v1/auth/token")
    tab.sign_in(visit.username)
    expect(tab.part("password")).to_be_empty()
    expect(tab.part("sign-in-problem")).not_to_be_empty()
    album.add("sign-in-unreachable")
    back()

    tab.sign_in(visit.username).is_connected()

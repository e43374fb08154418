"""The bell and the rooms: what is on screen does not ring, what is read is read in both, and every
copy on the page follows an edit."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.tab import Tab
from tests.browser.test_rooms import Host, in_room, message
from tests.endpoints.company import Company
from tools.paths import ROOT

pytestmark = pytest.mark.once
SCREENSHOTS: Path = ROOT / "var" / "screenshots"

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


@pytest.fixture(scope="module")
def alice(portal: Company) -> Host:
    return Host(portal, "alice")


@pytest.fixture(scope="module")
def bob(portal: Company) -> Host:
    return Host(portal, "bob")


@pytest.fixture(autouse=True)
def _nothing_before(bob: Host) -> None:
    for row in bob.ask("GET", "/notifications?size=100")["results"]:
        bob.ask("DELETE", f"/notifications/{row['id']}")


def edit(host: Host, room_id: int, message_id: int, content: str) -> None:
    host.ask("PATCH", f"/rooms/{room_id}/messages/{message_id}", content=content)


def test_what_is_on_screen_does_not_ring(
    people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    here, elsewhere = alice.room("On screen", bob), alice.room("Elsewhere", bob)
    tab = in_room(tabs(people()).sign_in("bob").is_connected().keeps_toasts(), "On screen")
    alice.send_message(here, "@bob do you see this?")
    expect(message(tab, "do you see this?")).to_be_visible()
    alice.send_message(elsewhere, "@bob and this?")
    expect(tab.part("toast")).to_have_count(1)
    expect(tab.part("toast")).to_contain_text("@bob and this?")
    tab.shows_unread(1).open_list()
    # It is in the list, and read.
    rows = tab.part("notification-row")
    expect(rows.filter(has_text="do you see this?")).to_have_attribute("data-status", "READ")
    expect(rows.filter(has_text="and this?")).to_have_attribute("data-status", "UNREAD")
    tab.page.screenshot(path=SCREENSHOTS / "room-on-screen.png")


def test_opening_a_room_reads_what_told_of_it_in_other_tabs_too(
    people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    room = alice.room("Read in both", bob)
    context = people()
    here = tabs(context).sign_in("bob").is_connected().keeps_toasts()
    there = tabs(context).is_connected().keeps_toasts()
    alice.send_message(room, "@bob one")
    alice.send_message(room, "@bob two")
    for tab in (here, there):
        tab.shows_unread(2)
    in_room(here, "Read in both")
    for tab in (here, there):
        tab.shows_unread(0)
        expect(tab.part("toast")).to_have_count(0)


def test_an_edit_is_followed_by_toast_list_and_quote(
    people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    room = alice.room("Edited", bob)
    tab = tabs(people()).sign_in("bob").is_connected().keeps_toasts()
    said = alice.send_message(room, "@bob card 4111")
    expect(tab.part("toast")).to_contain_text("card 4111")
    edit(alice, room, said, "@bob call me")
    expect(tab.part("toast")).to_contain_text("call me")
    tab.shows_unread(1).open_list()
    expect(tab.part("notification-row")).to_contain_text("call me")
    edit(alice, room, said, "(removed)")
    expect(tab.part("toast")).to_have_count(0)
    expect(tab.part("notification-row")).to_have_count(0)
    tab.shows_unread(0)
    tab.page.keyboard.press("Escape")

    in_room(tab, "Edited")
    quoted = alice.send_message(room, "PIN 4711")
    message(tab, "PIN 4711").hover()
    message(tab, "PIN 4711").get_by_test_id("reply").click()
    expect(tab.part("room-view")).to_contain_text("alice: PIN 4711")
    edit(alice, room, quoted, "nothing")
    expect(tab.part("room-view")).to_contain_text("alice: nothing")
    expect(tab.page.locator("body")).not_to_contain_text("4711")
    tab.page.screenshot(path=SCREENSHOTS / "room-quote-edited.png")


def test_mark_all_read_marks_what_the_filter_shows(
    portal: Company, people: People, tabs: Tabs
) -> None:
    context = people()
    here = tabs(context).sign_in("bob").is_connected()
    there = tabs(context).is_connected()
    order = portal.send("bob", "Two items", type="ORDER_CREATED")
    like = portal.send("bob", "Somebody likes it", type="BLOG_LIKE")
    here.shows_unread(2).open_list()
    here.part("filter-category").select_option("shopping")
    here.shows_rows(order)
    here.part("mark-all-read").click()
    for tab in (here, there):
        tab.shows_unread(1)
    there.open_list()
    expect(there.row(order)).to_have_attribute("data-status", "READ")
    expect(there.row(like)).to_have_attribute("data-status", "UNREAD")

"""A room's members and settings, changed in one browser and seen in another's at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.tab import Tab
from tests.browser.test_rooms import Host, in_room
from tests.endpoints.company import Company

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


@pytest.fixture(scope="module")
def alice(portal: Company) -> Host:
    return Host(portal, "alice")


@pytest.fixture(scope="module")
def bob(portal: Company) -> Host:
    return Host(portal, "bob")


def managing(tab: Tab, part: str = "members") -> Tab:
    """In a room, with its dialog open."""
    tab.part("manage").click()
    tab.part(f"part-{part}").click()
    return tab


def member(tab: Tab, name: str) -> Locator:
    return tab.part("member").filter(has_text=name)


def choose(tab: Tab, name: str, action: str) -> None:
    """What may be done with a member; what was offered is closed then."""
    member(tab, name).get_by_test_id("member-actions").click()
    tab.part(f"member-{action}").click()
    expect(tab.part(f"member-{action}")).to_have_count(0)


def test_who_is_invited_has_the_room_at_once(
    portal: Company, people: People, tabs: Tabs, alice: Host
) -> None:
    made = alice.ask("POST", "/rooms", name="By invitation", kind="group")
    hers = in_room(tabs(people()).sign_in("alice").is_connected(), "By invitation")
    his = tabs(people()).sign_in("bob").is_connected()
    his.part("rooms-link").click()
    expect(his.part("match")).to_be_visible()
    room = his.part("room").filter(has_text="By invitation")
    expect(room).to_have_count(0)

    managing(hers)
    expect(hers.part("member")).to_have_count(1)
    hers.part("person-query").fill("bob")
    hers.part("person").filter(has_text="bob").click()

    expect(hers.part("members-done")).to_contain_text("is in the room now.")
    expect(member(hers, "bob")).to_have_attribute("data-online", "false")
    expect(hers.part("part-members")).to_have_text("Members (2)")
    # He cannot be invited once more.
    found = hers.part("person").filter(has_text="bob")
    expect(found).to_have_attribute("aria-disabled", "true")
    expect(found).to_contain_text("In the room")
    room.get_by_role("link").click()
    expect(his.part("room-view")).to_be_visible()
    expect(member(hers, "bob")).to_have_attribute("data-online", "true")
    # As a member he sees who is there, and may do nothing about it but keep away from her.
    his.part("manage").click()
    expect(his.part("member")).to_have_count(2)
    expect(his.part("part-settings")).to_have_count(0)
    expect(his.part("person-query")).to_have_count(0)
    choose(his, "alice", "block")
    his.part("block").click()
    expect(his.part("block-state")).to_have_text("You have blocked alice.")
    assert alice.ask("GET", "/users?q=bob")["results"] == []
    his.part("unblock").click()
    expect(his.part("block-state")).to_have_text("alice is not blocked.")
    assert alice.ask("GET", "/users?q=bob")["results"] != []
    assert alice.ask("GET", f"/rooms/{made['id']}")["members_count"] == 2


def test_roles_are_given_the_room_is_handed_over_and_a_member_is_removed(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    carol = Host(portal, "carol")
    room_id = alice.room("Handing over", bob, carol)
    hers = in_room(tabs(people()).sign_in("alice").is_connected(), "Handing over")
    his = in_room(tabs(people()).sign_in("bob").is_connected(), "Handing over")
    carols = in_room(tabs(people()).sign_in("carol").is_connected(), "Handing over")
    his.part("manage").click()
    expect(his.part("member")).to_have_count(3)
    expect(his.part("part-settings")).to_have_count(0)
    # The owner does not leave the others behind: she is led to who could have it.
    hers.part("leave").click()
    hers.part("leave-sure").click()
    expect(hers.part("member")).to_have_count(3)

    # With the keyboard alone; a dialog that is left gives the focus back.
    actions = member(hers, "bob").get_by_test_id("member-actions")
    press = hers.page.keyboard.press
    actions.focus()
    press("Enter")
    expect(hers.part("member-promote")).to_be_focused()
    press("Tab")
    expect(hers.part("member-handOver")).to_be_focused()
    press("Enter")
    expect(hers.part("hand-over-sure")).to_be_visible()
    press("Escape")
    expect(hers.part("hand-over-sure")).to_have_count(0)
    expect(actions).to_be_focused()
    press("Enter")
    expect(hers.part("member-promote")).to_be_focused()
    press("Enter")
    for tab in (hers, his):
        expect(member(tab, "bob")).to_have_attribute("data-role", "moderator")
    expect(actions).to_be_focused()
    # A moderator may invite and set, and has nothing to say about who does.
    expect(his.part("part-settings")).to_be_visible()
    expect(his.part("person-query")).to_be_visible()
    member(his, "carol").get_by_test_id("member-actions").click()
    expect(his.part("member-remove")).to_be_visible()
    expect(his.part("member-promote")).to_have_count(0)
    his.page.keyboard.press("Escape")
    expect(his.part("member-remove")).to_have_count(0)

    choose(hers, "bob", "handOver")
    hers.part("hand-over-sure").click()
    for tab in (hers, his):
        expect(member(tab, "bob")).to_have_attribute("data-role", "owner")
        expect(member(tab, "alice")).to_have_attribute("data-role", "moderator")

    choose(his, "carol", "remove")
    his.part("remove-sure").click()
    for tab in (hers, his):
        expect(tab.part("member")).to_have_count(2)
    expect(carols.part("room-view")).to_have_count(0)
    expect(carols.part("room").filter(has_text="Handing over")).to_have_count(0)
    choose(his, "alice", "demote")
    expect(member(his, "alice")).to_have_attribute("data-role", "member")
    expect(hers.part("part-settings")).to_have_count(0)
    assert alice.ask("GET", f"/rooms/{room_id}")["role"] == "member"


def test_a_focus_room_is_set_and_what_is_refused_is_said_beside_it(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    room_id = alice.room("To be set", bob, kind="focus", settings={"timer_control": "owner"})
    # A browser calls an answer of 400 an error: this tab's complaints are looked through below.
    hers = Tab(people(), portal.url).sign_in("alice").is_connected()
    managing(in_room(hers, "To be set"), "settings")
    his = in_room(tabs(people()).sign_in("bob").is_connected(), "To be set")
    expect(his.part("timer-rest")).to_have_text("25:00")
    expect(his.part("timer-main")).to_have_count(0)

    hers.part("setting-name").fill("Set")
    hers.part("setting-work_s").fill("0")
    hers.part("save-settings").click()
    expect(hers.part("settings-problem")).to_contain_text("Nothing was saved.")
    expect(hers.part("wrong-work_s")).to_contain_text("more than 0")
    expect(hers.part("wrong-break_s")).to_be_empty()
    expect(hers.part("setting-work_s")).to_be_focused()
    expect(hers.part("setting-work_s")).to_have_attribute("aria-invalid", "true")
    # What is no number at all need not be asked about.
    hers.part("setting-work_s").fill("long")
    expect(hers.part("wrong-work_s")).to_be_empty()
    hers.part("save-settings").click()
    expect(hers.part("wrong-work_s")).to_contain_text("more than 0")
    assert alice.ask("GET", f"/rooms/{room_id}")["name"] == "To be set"

    hers.part("setting-work_s").fill("50.5")
    hers.part("control-members").check()
    hers.part("setting-open").uncheck()
    hers.part("save-settings").click()
    expect(hers.part("settings-saved")).to_have_text("Saved.")
    expect(his.page.get_by_role("heading", name="Set", exact=True)).to_be_visible()
    expect(his.part("timer-rest")).to_have_text("50:30")
    expect(his.part("timer-main")).to_be_visible()
    # What somebody else sets is shown, what is being typed stays.
    hers.part("setting-cycles").fill("7")
    alice.ask("PATCH", f"/rooms/{room_id}", settings={"break_s": 420, "cycles": 3})
    expect(hers.part("setting-break_s")).to_have_value("7")
    expect(hers.part("setting-cycles")).to_have_value("7")
    now = alice.ask("GET", f"/rooms/{room_id}")
    assert (now["name"], now["open"]) == ("Set", False)
    assert (now["settings"]["work_s"], now["settings"]["timer_control"]) == (3030, "members")
    refusal = re.compile(rf"400 .*/api/v1/rooms/{room_id}$")
    assert [line for line in hers.complaints if not refusal.search(line)] == []


def test_a_room_is_deleted_for_everyone(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    alice.room("To be deleted", bob)
    hers = in_room(tabs(people()).sign_in("alice").is_connected(), "To be deleted")
    his = in_room(tabs(people()).sign_in("bob").is_connected(), "To be deleted")
    managing(hers, "settings")
    hers.part("delete-room").click()
    hers.page.keyboard.press("Escape")
    expect(hers.part("delete-room-sure")).to_have_count(0)
    expect(hers.part("delete-room")).to_be_focused()
    hers.part("delete-room").click()
    hers.part("delete-room-sure").click()

    for tab in (hers, his):
        expect(tab.part("room-view")).to_have_count(0)
        expect(tab.part("room").filter(has_text="To be deleted")).to_have_count(0)
    expect(hers.part("room-dialog")).to_have_count(0)

"""Two people talk, each in a browser of their own: over the real server, seen as they see it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.tab import PASSWORD, Tab
from tests.endpoints.company import Company, bearer
from tests.support.servers import Deployment

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


class Host:
    """Somebody who prepares rooms over REST."""

    def __init__(self, portal: Company, username: str) -> None:
        self._portal = portal
        self._headers = bearer(portal.sign_in(username, PASSWORD).access)

    def ask(self, method: str, path: str, **body: object) -> Any:
        answer = self._portal.ask(method, f"/api/v1{path}", headers=self._headers, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def room(self, name: str, *members: "Host", kind: str = "group", **more: object) -> int:
        """An open room that they all are in."""
        made = self.ask("POST", "/rooms", name=name, kind=kind, open=True, **more)
        for member in members:
            member.ask("POST", f"/rooms/{made['id']}/join")
        room_id: int = made["id"]
        return room_id

    def send_message(self, room_id: int, content: str) -> int:
        message_id: int = self.ask("POST", f"/rooms/{room_id}/messages", content=content)["id"]
        return message_id


@pytest.fixture(scope="module")
def alice(portal: Company) -> Host:
    return Host(portal, "alice")


@pytest.fixture(scope="module")
def bob(portal: Company) -> Host:
    return Host(portal, "bob")


def in_room(tab: Tab, name: str) -> Tab:
    """Opens it from the list."""
    tab.part("rooms-link").click()
    tab.part("room").filter(has_text=name).get_by_role("link").click()
    expect(tab.part("room-view")).to_be_visible()
    return tab


def send_message(tab: Tab, text: str) -> None:
    tab.part("composer").fill(text)
    tab.part("composer").press("Enter")


def message(tab: Tab, text: str) -> Locator:
    return tab.part("message").filter(has_text=text)


def test_two_people_talk(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    alice.room("Talking", bob)
    hers = in_room(tabs(people()).sign_in("alice").is_connected(), "Talking")
    his = in_room(tabs(people()).sign_in("bob").is_connected(), "Talking")
    expect(hers.part("here")).to_have_text("2 here")

    # He sees that she types, and then what she said.
    hers.part("composer").press_sequentially("Hello @bob")
    expect(his.part("typing")).to_have_text("alice is typing…")
    hers.part("send").click()
    expect(message(his, "Hello @bob")).to_be_visible()
    expect(message(his, "Hello").locator("mark.me")).to_have_text("@bob")
    expect(his.part("typing")).to_be_empty()
    expect(hers.part("pending")).to_have_count(0)
    # And she that he has read it.
    expect(message(hers, "Hello").get_by_test_id("receipt")).to_have_text("Read by bob")

    # He answers it.
    message(his, "Hello").hover()
    message(his, "Hello").get_by_test_id("reply").click()
    send_message(his, "Hi yourself")
    expect(message(hers, "Hi yourself").get_by_test_id("answered")).to_contain_text("Hello @bob")

    # What one said one may change, and take back; what another said not.
    message(hers, "Hello @bob").first.hover()
    expect(message(hers, "Hi yourself").get_by_test_id("edit")).to_have_count(0)
    hers.part("message").first.get_by_test_id("edit").click()
    expect(hers.part("composer")).to_have_value("Hello @bob")
    send_message(hers, "Good morning")
    expect(his.part("message").first.get_by_test_id("content")).to_have_text(
        "Good morning (edited)"
    )
    hers.part("message").first.hover()
    hers.part("message").first.get_by_test_id("delete-message").click()
    hers.part("delete-message-sure").click()
    expect(his.part("message").first).to_contain_text("Message deleted")
    expect(his.page.locator("body")).not_to_contain_text("Good morning")

    # It is all there after a reload.
    his.page.reload()
    expect(his.part("message")).to_have_count(2)
    his.page.close()
    expect(hers.part("here")).to_have_text("1 here")


def test_what_is_unread_is_counted_until_it_is_looked_at(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    room_id = alice.room("Counting", bob)
    his = tabs(people()).sign_in("bob").is_connected()
    his.part("rooms-link").click()
    row = his.part("room").filter(has_text="Counting")
    expect(row).to_be_visible()

    alice.send_message(room_id, "First")

    expect(row.get_by_test_id("room-unread")).to_contain_text("1")
    expect(row.get_by_test_id("last-message")).to_have_text("alice: First")
    expect(his.part("rooms-badge")).to_have_text("1")
    row.get_by_role("link").click()
    expect(message(his, "First")).to_be_visible()
    expect(row.get_by_test_id("room-unread")).to_have_count(0)
    expect(his.part("rooms-badge")).to_have_count(0)
    # Not only here: the server knows that it was read.
    his.page.reload()
    expect(message(his, "First")).to_be_visible()
    expect(his.part("rooms-badge")).to_have_count(0)


def test_the_list_of_rooms_follows_what_is_said_without_asking(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    room_id = alice.room("Following", bob)
    hers = people()
    listed = tabs(hers).sign_in("alice").is_connected()
    listed.part("rooms-link").click()
    home = tabs(hers).is_connected()
    row = listed.part("room").filter(has_text="Following")
    expect(row).to_be_visible()
    # The first one is a notification as well, which has the list asked for.
    with listed.page.expect_response("**/api/v1/rooms*"):
        bob.send_message(room_id, "One")
    expect(row.get_by_test_id("room-unread")).to_contain_text("1")
    expect(home.part("rooms-badge")).to_have_text("1")

    # From here on whoever asks for the list waits for ever: what is shown was told.
    for tab in (listed, home):
        tab.page.route("**/api/v1/rooms*", lambda _: None)
    second = bob.send_message(room_id, "Two")
    expect(row.get_by_test_id("last-message")).to_have_text("bob: Two")
    expect(row.get_by_test_id("room-unread")).to_contain_text("2")
    # In all tabs, whatever they show.
    expect(home.part("rooms-badge")).to_have_text("2")
    bob.ask("PATCH", f"/rooms/{room_id}/messages/{second}", content="Zwei")
    expect(row.get_by_test_id("last-message")).to_have_text("bob: Zwei")
    # Read on another device, it is read here.
    alice.ask("POST", f"/rooms/{room_id}/read", offset=9)
    expect(row.get_by_test_id("room-unread")).to_have_count(0)
    expect(home.part("rooms-badge")).to_have_count(0)


SAY = """
from accounts.models import User
from chat.rooms import services
from chat.rooms.models import Room
services.post_message(
    user_id=User.objects.get(username="bob").pk,
    room_id=Room.objects.get().pk,
    content="While nobody listened",
)
"""


def test_the_list_of_rooms_has_what_was_said_while_the_connection_was_lost(
    deployments: Callable[..., Deployment], people: People
) -> None:
    own = deployments()
    own.manage("demo_users")
    there = Company(own.url, own.service_key())
    alice, bob = Host(there, "alice"), Host(there, "bob")
    room_id = alice.room("Lost", bob)
    alices = people()
    tab = Tab(alices, there.url).sign_in("alice").is_connected()
    tab.part("rooms-link").click()
    # Of what is said after this one she is not notified: nothing is replayed to her.
    bob.send_message(room_id, "One")
    row = tab.part("room").filter(has_text="Lost")
    expect(row.get_by_test_id("last-message")).to_have_text("bob: One")

    own.server.stop()
    state = tab.part("connection-state")
    expect(state).to_have_attribute("data-state", re.compile("reconnecting|offline"))
    own.manage("shell", "--no-imports", "--verbosity=0", "-c", SAY)
    own.server.start()
    alices.set_offline(True)
    alices.set_offline(False)

    tab.is_connected()
    expect(row.get_by_test_id("last-message")).to_have_text("bob: While nobody listened")
    expect(row.get_by_test_id("room-unread")).to_contain_text("2")


def test_nothing_that_is_said_is_run(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    evil = "<img src=x onerror='window.hacked = 1'><script>window.hacked = 1</script>"
    room_id = alice.room(f"<b>{evil[:60]}", bob)
    his = in_room(tabs(people()).sign_in("bob").is_connected(), "<b>")

    alice.send_message(room_id, f"{evil} javascript:window.hacked=1 @bob")

    said = message(his, "onerror")
    expect(said.get_by_test_id("content")).to_contain_text(evil)
    assert said.locator("img, script, a").count() == 0
    assert his.page.evaluate("window.hacked") is None
    expect(his.page.get_by_role("heading", name="<b><img src=x")).to_be_visible()


def test_what_cannot_be_sent_says_so_and_is_sent_again(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    alice.room("Offline", bob)
    alices = people()
    hers = in_room(tabs(alices).sign_in("alice").is_connected(), "Offline")
    his = in_room(tabs(people()).sign_in("bob").is_connected(), "Offline")
    # She is muted while she writes: the server refuses what is too long for a frame.
    send_message(hers, "é" * 3990 + "🙂" * 9)

    expect(message(his, "🙂")).to_have_count(1)
    alices.set_offline(True)
    send_message(hers, "While offline")
    expect(hers.part("pending")).to_have_attribute("data-status", "sending")
    alices.set_offline(False)
    expect(hers.part("pending")).to_have_count(0)
    expect(message(his, "While offline")).to_have_count(1)
    expect(message(hers, "While offline")).to_have_count(1)


def test_older_messages_come_when_one_scrolls_up(
    portal: Company, people: People, tabs: Tabs, alice: Host
) -> None:
    room_id = alice.room("Long")
    for number in range(120):
        alice.send_message(room_id, f"Number {number}.")
    hers = in_room(tabs(people()).sign_in("alice").is_connected(), "Long")
    expect(message(hers, "Number 119.")).to_be_in_viewport()
    expect(hers.part("message")).to_have_count(50)

    message(hers, "Number 70.").scroll_into_view_if_needed()
    expect(message(hers, "Number 20.")).to_be_attached()
    hers.part("messages").get_by_text("Number 20.").scroll_into_view_if_needed()
    expect(message(hers, "Number 0.")).to_be_attached()
    expect(hers.part("message")).to_have_count(120)
    expect(hers.part("older")).to_have_count(0)


# In the very moment in which the page is told that somebody types.
_SCROLL_UP_AS_ONE_TYPES = """() => {
  const scroller = document.querySelector('[data-testid=messages]').closest('[role=region]')
  const data = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data')
  Object.defineProperty(MessageEvent.prototype, 'data', { ...data, get() {
    const text = data.get.call(this)
    if (String(text).includes('"typing"')) scroller.scrollTop = 0
    return text
  }})
}"""


def test_who_scrolls_up_as_something_comes_gets_there(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    room_id = alice.room("Long and lively", bob)
    for number in range(60):
        alice.send_message(room_id, f"Number {number}.")
    hers = in_room(tabs(people()).sign_in("alice").is_connected(), "Long and lively")
    his = in_room(tabs(people()).sign_in("bob").is_connected(), "Long and lively")
    expect(message(hers, "Number 59.").get_by_test_id("receipt")).to_have_text("Read by bob")
    expect(message(hers, "Number 59.")).to_be_in_viewport()

    hers.page.evaluate(_SCROLL_UP_AS_ONE_TYPES)
    his.part("composer").press_sequentially("Hm")
    expect(message(hers, "Number 0.")).to_be_attached()


def test_the_focus_timer_is_the_same_for_both(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    alice.room("Deep work", bob, kind="focus", settings={"timer_control": "owner"})
    hers = in_room(tabs(people()).sign_in("alice").is_connected(), "Deep work")
    his = in_room(tabs(people()).sign_in("bob").is_connected(), "Deep work")
    expect(his.part("timer-rest")).to_have_text("25:00")
    expect(his.part("timer-main")).to_have_count(0)

    hers.part("timer-main").click()
    expect(his.part("timer")).to_have_attribute("data-status", "running")
    expect(his.part("timer-rest")).to_have_text(re.compile(r"24:\d\d"))
    hers.part("timer-main").click()
    expect(his.part("timer")).to_have_attribute("data-status", "paused")
    hers.part("timer-skip").click()
    expect(his.part("timer")).to_have_attribute("data-phase", "break")
    hers.part("timer-reset").click()
    expect(his.part("timer-rest")).to_have_text("25:00")


def test_rooms_are_made_joined_and_left(portal: Company, people: People, tabs: Tabs) -> None:
    hers = tabs(people()).sign_in("alice").is_connected()
    hers.part("rooms-link").click()
    hers.part("new-room").click()
    hers.part("create-room").click()
    expect(hers.page.get_by_role("alert").filter(has_text="Please give it a name.")).to_be_visible()
    hers.part("room-name").fill("Garden")
    hers.part("room-open").check()
    hers.part("create-room").click()
    expect(hers.page.get_by_role("heading", name="Garden")).to_be_visible()

    his = tabs(people()).sign_in("bob").is_connected()
    his.part("rooms-link").click()
    his.page.get_by_role("button", name="Join Garden").click()
    expect(his.page.get_by_role("heading", name="Garden")).to_be_visible()
    expect(hers.part("here")).to_have_text("2 here")
    send_message(his, "Nice place")
    expect(message(hers, "Nice place")).to_be_visible()

    his.part("leave").click()
    his.part("leave-sure").click()
    expect(his.part("room-view")).to_have_count(0)
    expect(his.part("room").filter(has_text="Garden")).to_have_count(0)
    expect(hers.part("here")).to_have_text("1 here")


def test_a_person_is_found_and_written_to(portal: Company, people: People, tabs: Tabs) -> None:
    hers = tabs(people()).sign_in("alice").is_connected()
    his = tabs(people()).sign_in("carol").is_connected().keeps_toasts()
    hers.part("rooms-link").click()
    hers.part("find-person").click()
    hers.part("person-query").fill("caro")
    hers.part("person").first.click()
    expect(hers.part("room-view")).to_be_visible()
    send_message(hers, "Just the two of us")

    # What one missed in a room is told as a notification, which leads there.
    expect(his.part("toast")).to_contain_text("Just the two of us")
    his.part("toast").get_by_role("link").click()
    expect(message(his, "Just the two of us")).to_be_visible()


def test_two_who_wait_are_paired(portal: Company, people: People, tabs: Tabs) -> None:
    hers = tabs(people()).sign_in("alice").is_connected()
    his = tabs(people()).sign_in("bob").is_connected()
    for tab in (hers, his):
        tab.part("rooms-link").click()
    hers.part("match").click()
    expect(hers.part("matching")).to_have_attribute("data-status", "waiting")
    hers.part("match").click()
    expect(hers.part("matching")).to_have_attribute("data-status", "idle")
    hers.part("match").click()
    expect(hers.part("matching")).to_have_attribute("data-status", "waiting")

    his.part("match").click()

    for tab in (hers, his):
        expect(tab.part("room-view")).to_be_visible()
    send_message(his, "Hello stranger")
    expect(message(hers, "Hello stranger")).to_be_visible()


def test_a_room_can_be_used_with_the_keyboard_alone(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    room_id = alice.room("Keys", bob)
    alice.send_message(room_id, "Only keys")
    hers = tabs(people()).sign_in("alice").is_connected()
    press = hers.page.keyboard.press
    hers.part("rooms-link").focus()
    press("Enter")
    link = hers.part("room").filter(has_text="Keys").get_by_role("link")
    expect(link).to_be_visible()
    link.focus()
    press("Enter")
    expect(message(hers, "Only keys")).to_be_visible()
    row = hers.part("message").first
    row.get_by_test_id("reply").focus()
    press("Tab")
    expect(row.get_by_test_id("edit")).to_be_focused()
    press("Enter")
    expect(hers.part("composer")).to_be_focused()
    press("Escape")
    expect(hers.part("composer")).to_have_value("")
    hers.page.keyboard.type("From the keyboard")
    press("Enter")
    expect(message(hers, "From the keyboard")).to_be_visible()
    expect(hers.part("composer")).to_be_focused()

"""A room's view when something goes wrong, and for those who use a keyboard or forced colours."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.tab import Tab
from tests.browser.test_room_members import managing, member
from tests.browser.test_rooms import Host, in_room, message, send_message
from tests.endpoints.company import Company

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
MANY = 40
# The header's three buttons, the list, "Earlier messages", a message with what belongs to it.
FEW = 10
# How a browser draws the chosen one of several where it takes the colours away.
OUTLINE = """(element) => {
  const { outlineStyle, outlineWidth } = getComputedStyle(element)
  return outlineStyle === 'none' ? '' : outlineWidth
}"""


@pytest.fixture(scope="module")
def alice(portal: Company) -> Host:
    return Host(portal, "alice")


@pytest.fixture(scope="module")
def bob(portal: Company) -> Host:
    return Host(portal, "bob")


def without(tab: Tab, chunk: str) -> Callable[[], None]:
    """No script of that name arrives, until the result is called."""
    url = re.compile(rf"/{chunk}-[^/]*\.js$")
    tab.page.route(url, lambda route: route.abort())
    return lambda: tab.page.unroute(url)


def test_what_was_begun_is_there_after_a_reload_and_in_its_own_room_only(
    people: People, tabs: Tabs, alice: Host
) -> None:
    alice.room("Drafts")
    alice.room("Elsewhere")
    tab = in_room(tabs(people()).sign_in("alice").is_connected(), "Drafts")
    tab.part("composer").fill("Half a thought\nand the rest")
    tab.page.reload()
    expect(tab.part("composer")).to_have_value("Half a thought\nand the rest")
    in_room(tab, "Elsewhere")
    expect(tab.part("composer")).to_have_value("")
    in_room(tab, "Drafts")
    expect(tab.part("composer")).to_have_value("Half a thought\nand the rest")

    # What was sent is no draft any longer.
    tab.is_connected().part("composer").press("Enter")
    expect(message(tab, "Half a thought")).to_be_visible()
    tab.page.reload()
    expect(message(tab, "Half a thought")).to_be_visible()
    expect(tab.part("composer")).to_have_value("")


def test_the_text_of_an_edit_that_failed_is_kept_and_so_is_the_draft(
    portal: Company, people: People, alice: Host
) -> None:
    room_id = alice.room("Edits")
    alice.send_message(room_id, "As it was")
    # A browser calls a request that fails an error: this tab may complain.
    tab = in_room(Tab(people(), portal.url).sign_in("alice").is_connected(), "Edits")
    tab.part("composer").fill("A draft")

    def fail(route: Route) -> None:
        if route.request.method == "PATCH":
            route.abort()
        else:
            route.continue_()

    tab.page.route("**/messages/*", fail)
    message(tab, "As it was").hover()
    message(tab, "As it was").get_by_test_id("edit").click()
    expect(tab.part("composer")).to_have_value("As it was")
    send_message(tab, "As it should be")
    expect(tab.part("toast")).to_contain_text("did not work")
    expect(tab.part("composer")).to_have_value("As it should be")
    expect(tab.part("composer")).to_be_focused()
    expect(message(tab, "As it was")).to_be_visible()

    tab.page.unroute("**/messages/*")
    tab.part("composer").press("Enter")
    expect(message(tab, "As it should be")).to_contain_text("(edited)")
    expect(tab.part("composer")).to_have_value("A draft")


def test_a_message_is_deleted_only_when_that_is_sure(
    people: People, tabs: Tabs, alice: Host
) -> None:
    room_id = alice.room("Deleting")
    said = alice.send_message(room_id, "Not to be lost")
    tab = in_room(tabs(people()).sign_in("alice").is_connected(), "Deleting")
    row = message(tab, "Not to be lost")

    def ask() -> None:
        row.hover()
        row.get_by_test_id("delete-message").click()
        expect(tab.part("delete-message-sure")).to_be_visible()

    ask()
    tab.page.keyboard.press("Escape")
    expect(tab.part("delete-message-sure")).to_have_count(0)
    ask()
    tab.page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(tab.part("delete-message-sure")).to_have_count(0)
    kept = alice.ask("GET", f"/rooms/{room_id}/messages")["results"]
    assert [(each["id"], each["deleted_at"]) for each in kept] == [(said, None)]

    ask()
    tab.part("delete-message-sure").click()
    expect(tab.part("message")).to_contain_text("Message deleted")
    expect(tab.part("composer")).to_be_focused()


def test_a_blocked_person_is_neither_here_nor_typing_and_can_only_be_unblocked(
    portal: Company, people: People, tabs: Tabs, alice: Host, bob: Host
) -> None:
    carol = Host(portal, "carol")
    alice.room("Among three", bob, carol)
    bobs_id = bob.ask("GET", "/auth/me")["id"]
    alice.ask("POST", "/rooms", kind="direct", user_id=bobs_id)
    hers, his, carols = (
        in_room(tabs(people()).sign_in(name).is_connected(), "Among three")
        for name in ("alice", "bob", "carol")
    )
    expect(hers.part("here")).to_have_text("3 here")

    managing(hers)
    member(hers, "bob").get_by_test_id("member-actions").click()
    expect(hers.part("member-block")).to_have_text("Block…")
    hers.part("member-block").click()
    hers.part("block").click()
    expect(hers.part("unblock")).to_be_visible()
    expect(hers.part("block")).to_have_count(0)
    hers.page.keyboard.press("Escape")
    expect(hers.part("unblock")).to_have_count(0)
    expect(member(hers, "bob")).to_have_attribute("data-online", "false")
    expect(member(hers, "bob")).to_contain_text("blocked by you")
    member(hers, "bob").get_by_test_id("member-actions").click()
    expect(hers.part("member-block")).to_have_text("Unblock…")
    hers.page.keyboard.press("Escape")
    hers.page.keyboard.press("Escape")
    expect(hers.part("room-dialog")).to_have_count(0)

    # It stays so after a reload. He is there, and types before the one who is seen to.
    hers.page.reload()
    expect(hers.part("here")).to_have_text("2 here")
    hers.part("people").click()
    his_line = hers.part("person-here").filter(has_text="bob")
    expect(his_line).to_have_attribute("data-online", "false")
    expect(his_line).to_contain_text("blocked by you")
    hers.page.keyboard.press("Escape")
    his.part("composer").press_sequentially("Psst")
    expect(carols.part("typing")).to_have_text("bob is typing…")
    carols.part("composer").press_sequentially("Hello")
    expect(hers.part("typing")).to_have_text("carol is typing…")

    # In the room of two there is one thing to do about him.
    hers.page.goto(f"{portal.url}/rooms")
    hers.part("room").filter(has_text="bob").first.get_by_role("link").click()
    hers.part("manage").click()
    expect(hers.part("unblock")).to_be_visible()
    expect(hers.part("block")).to_have_count(0)
    hers.part("unblock").click()
    expect(hers.part("block")).to_be_visible()
    expect(hers.part("unblock")).to_have_count(0)


def test_few_presses_of_tab_lead_from_the_header_to_the_composer(
    people: People, tabs: Tabs, alice: Host
) -> None:
    room_id = alice.room("Many messages")
    for number in range(MANY):
        alice.send_message(room_id, f"No. {number}, see https://example.com/{number}")
    tab = in_room(tabs(people()).sign_in("alice").is_connected(), "Many messages")
    expect(message(tab, f"No. {MANY - 1},")).to_be_visible()
    tab.part("people").focus()
    tab.walk_to("composer", steps=FEW)
    tab.walk_to("people", "Shift+Tab", steps=FEW)

    # Each message is reached by arrows, and what belongs to it by Tab.
    tab.walk_to("message")
    tab.page.keyboard.press("ArrowUp")
    expect(message(tab, f"No. {MANY - 2},")).to_be_focused()
    tab.walk_to("edit", steps=5)
    tab.page.keyboard.press("Enter")
    expect(tab.part("composer")).to_have_value(re.compile(f"No. {MANY - 2},"))


def test_forced_colours_show_what_is_chosen(
    portal: Company, people: People, tabs: Tabs, alice: Host
) -> None:
    alice.room("The chosen")
    alice.room("Another")
    tab = in_room(tabs(people()).sign_in("alice").is_connected(), "The chosen")
    tab.page.emulate_media(forced_colors="active")
    rooms = tab.part("room")
    chosen = rooms.get_by_role("link").and_(tab.page.locator("[aria-current=page]"))
    expect(chosen).to_contain_text("The chosen")
    assert chosen.evaluate(OUTLINE)
    assert not rooms.filter(has_text="Another").get_by_role("link").evaluate(OUTLINE)

    managing(tab, "settings")
    tab.part("setting-name").focus()
    assert tab.part("part-settings").evaluate(OUTLINE)
    assert not tab.part("part-members").evaluate(OUTLINE)
    tab.page.keyboard.press("Escape")

    # In the header, which view it is; in the bell, which part of the list.
    assert tab.part("rooms-link").evaluate(OUTLINE)
    assert not tab.part("settings").evaluate(OUTLINE)
    portal.send("alice", "Something to filter")
    tab.open_list()
    tab.part("filter-unread").click()
    tab.part("notification-scroll").click(position={"x": 5, "y": 5})
    assert tab.part("filter-unread").evaluate(OUTLINE)
    assert not tab.part("filter-all").evaluate(OUTLINE)


def test_code_that_cannot_be_loaded_says_so_and_can_be_tried_again(
    portal: Company, people: People, alice: Host
) -> None:
    alice.room("Without code")
    tab = Tab(people(), portal.url).sign_in("alice").is_connected()

    # A view: it is loaded anew, there.
    mend = without(tab, "RoomsView")
    tab.part("rooms-link").click()
    expect(tab.part("part-failed")).to_contain_text("could not be loaded")
    mend()
    tab.part("part-again").click()
    expect(tab.page).to_have_url(f"{portal.url}/rooms")
    in_room(tab.is_connected(), "Without code")

    # A part of one: nothing but that part is missing.
    mend = without(tab, "RoomDialog")
    tab.part("manage").click()
    expect(tab.part("part-failed")).to_be_visible()
    tab.part("part-close").click()
    expect(tab.part("part-failed")).to_have_count(0)
    mend()
    mend = without(tab, "AssistantPanel")
    tab.part("assistant").click()
    expect(tab.part("part-failed")).to_be_visible()
    mend()
    tab.part("part-again").click()
    tab.is_connected().part("assistant").click()
    expect(tab.part("assistant-panel")).to_be_visible()
    tab.part("manage").click()
    expect(tab.part("room-dialog")).to_be_visible()

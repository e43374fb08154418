"""The list of rooms, a room that is talked in, one to work in, and the dialogs of both."""

from playwright.sync_api import expect

from tests.browser.tab import Tab
from tests.browser.walk.portal_tour import PortalTour
from tests.endpoints.hostile_requests import RawWebSocket


def walk(tour: PortalTour) -> None:
    tab, album = tour.tab, tour.album
    tab.part("rooms-link").click()
    expect(tab.part("match")).to_be_visible()
    album.add("rooms-none")
    talking, working, direct = furnish(tour)
    tab.page.reload()
    expect(tab.part("room")).to_have_count(3)
    expect(tab.part("join").first).to_be_visible()
    album.add("rooms")
    dialogs(tour)
    tab.part("match").click()
    expect(tab.part("matching")).to_have_attribute("data-status", "waiting")
    album.add("matching")
    tab.part("match").click()

    talk(tour, talking)
    work(tour, working)
    fall_out(tour, direct)


def furnish(tour: PortalTour) -> tuple[int, int, int]:
    """A room with much in it, one with a timer, one with Bob alone; and one that is open."""
    me, other = tour.me, tour.other
    talking = me.room(tour.words("Summer festival", "여름 축제 준비"), other)
    first = me.send_message(
        talking, tour.words("Who brings the tent? @bob", "천막은 누가 가져오나요? @bob")
    )
    other.ask(
        "POST",
        f"/rooms/{talking}/messages",
        content=tour.words(f"I do, @{tour.username}.", f"제가 가져갈게요, @{tour.username} 님."),
        reply_to=first,
    )
    slip = me.send_message(talking, tour.words("Grate!", "조아요!"))
    me.ask("PATCH", f"/rooms/{talking}/messages/{slip}", content=tour.words("Great!", "좋아요!"))
    gone = other.send_message(talking, "Wrong room, sorry")
    other.ask("DELETE", f"/rooms/{talking}/messages/{gone}")
    other.send_message(talking, "https://example.com/" + "a" * 200)
    other.send_message(
        talking, tour.words("And then we need this: ", "그리고 이것도 필요해요: ") * 12
    )
    working = other.room(tour.words("Quiet hour", "조용히 집중하는 시간"), me, kind="focus")
    other.ask("PATCH", f"/rooms/{working}", settings={"timer_control": "owner"})
    direct = other.ask("POST", "/rooms", kind="direct", user_id=tour.my_id)
    other.send_message(direct["id"], tour.words("Are you coming, too?", "같이 오시나요?"))
    other.ask("POST", "/rooms", name=tour.words("Book club", "독서 모임"), kind="group", open=True)
    return talking, working, direct["id"]


def dialogs(tour: PortalTour) -> None:
    tab, album = tour.tab, tour.album
    tab.part("new-room").click()
    expect(tab.part("room-name")).to_be_visible()
    album.add("new-room")
    tab.part("create-room").click()
    expect(tab.page.locator("#room-problem")).not_to_be_empty()
    album.add("new-room-nameless")
    tab.page.keyboard.press("Escape")
    expect(tab.part("room-name")).to_have_count(0)

    tab.part("find-person").click()
    tab.part("person-query").fill("bo")
    expect(tab.part("person").first).to_be_visible()
    album.add("find-person")
    tab.part("person-query").fill("nobody-of-that-name")
    expect(tab.part("person")).to_have_count(0)
    album.add("find-nobody")
    tab.page.keyboard.press("Escape")
    expect(tab.part("person-query")).to_have_count(0)


def enter(tab: Tab, room_id: int) -> None:
    if tab.page.locator(".back").is_visible():
        tab.page.locator(".back").click()
    tab.page.locator(f"[data-testid=room][data-id='{room_id}']").get_by_role("link").click()
    expect(tab.part("room-view")).to_be_visible()


def talk(tour: PortalTour, room_id: int) -> None:
    tab, album = tour.tab, tour.album
    enter(tab, room_id)
    with RawWebSocket(tour.portal.ws_url, f"/ws/room/{room_id}", token=tour.others_token) as other:
        other.receive_until(lambda frame: frame["type"] == "subscribed")
        expect(tab.part("here")).to_contain_text("2")
        other.send_message("typing", topic=f"rooms/{room_id}")
        expect(tab.part("typing")).not_to_be_empty()
        album.add("room-typing")
        tab.part("people").click()
        expect(tab.part("person-here")).to_have_count(2)
        album.add("room-people")
        tab.page.keyboard.press("Escape")
        expect(tab.part("person-here")).to_have_count(0)

    tab.part("manage").click()
    tab.part("person-query").fill("bo")
    expect(tab.part("person").first).to_be_visible()
    tab.part("member").filter(has_text="bob").get_by_test_id("member-actions").click()
    expect(tab.part("member-remove")).to_be_visible()
    album.add("room-members")
    tab.page.keyboard.press("Escape")
    expect(tab.part("member-remove")).to_have_count(0)
    tab.page.keyboard.press("Escape")
    expect(tab.part("room-dialog")).to_have_count(0)

    mine = tab.part("message").first
    mine.hover()
    mine.get_by_test_id("reply").click()
    album.add("room-replying")
    mine.hover()
    mine.get_by_test_id("edit").click()
    album.add("room-editing")
    tab.part("composer").press("Escape")
    tab.part("composer").fill("x" * 4001)
    expect(tab.page.locator("#composer-problem")).not_to_be_empty()
    album.add("room-too-long")
    tab.part("composer").fill("")

    tab.part("leave").click()
    expect(tab.part("leave-sure")).to_be_visible()
    album.add("room-leave")
    tab.page.keyboard.press("Escape")
    expect(tab.part("leave-sure")).to_have_count(0)


def work(tour: PortalTour, room_id: int) -> None:
    tab, album = tour.tab, tour.album
    enter(tab, room_id)
    expect(tab.part("timer")).to_be_visible()
    album.add("focus-others-timer")
    tour.other.ask("PATCH", f"/rooms/{room_id}", settings={"timer_control": "members"})
    tab.part("timer-main").click()
    expect(tab.part("timer")).to_have_attribute("data-status", "running")
    tab.part("timer-main").click()
    expect(tab.part("timer")).to_have_attribute("data-status", "paused")
    album.add("focus-paused")
    tab.part("timer-skip").click()
    expect(tab.part("timer")).to_have_attribute("data-phase", "break")
    album.add("focus-break")

    tour.other.ask("PATCH", f"/rooms/{room_id}/members/{tour.my_id}", role="moderator")
    tab.part("manage").click()
    tab.part("part-settings").click()
    tab.part("setting-cycles").fill(tour.words("many", "많이"))
    tab.part("save-settings").click()
    expect(tab.part("wrong-cycles")).not_to_be_empty()
    album.add("focus-settings")
    tab.page.keyboard.press("Escape")
    expect(tab.part("room-dialog")).to_have_count(0)


def fall_out(tour: PortalTour, room_id: int) -> None:
    """What one says to somebody who does not want to hear it."""
    tab = tour.tab
    enter(tab, room_id)
    tour.other.ask("PUT", f"/users/{tour.my_id}/block")
    tab.part("composer").fill(tour.words("Yes, at noon!", "네, 정오에 가요!"))
    tab.part("composer").press("Enter")
    expect(tab.part("pending")).to_have_attribute("data-status", "failed")
    tour.album.add("room-not-sent")

"""The list of rooms, a room that is talked in, one to work in, and the dialogs of both."""

from playwright.sync_api import expect

from tests.browser.tab import Tab
from tests.browser.walk.visit import Visit
from tests.endpoints.hostile_requests import Rude


def walk(visit: Visit) -> None:
    tab, album = visit.tab, visit.album
    tab.part("rooms-link").click()
    expect(tab.part("match")).to_be_visible()
    album.add("rooms-none")
    talking, working, direct = furnish(visit)
    tab.page.reload()
    expect(tab.part("room")).to_have_count(3)
    expect(tab.part("join").first).to_be_visible()
    album.add("rooms")
    dialogs(visit)
    tab.part("match").click()
    expect(tab.part("matching")).to_have_attribute("data-status", "waiting")
    album.add("matching")
    tab.part("match").click()

    talk(visit, talking)
    work(visit, working)
    fall_out(visit, direct)


def furnish(visit: Visit) -> tuple[int, int, int]:
    """A room with much in it, one with a timer, one with Bob alone; and one that is open."""
    me, other = visit.me, visit.other
    talking = me.room(visit.words("Summer festival", "여름 축제 준비"), other)
    first = me.say(
        talking, visit.words("Who brings the tent? @bob", "천막은 누가 가져오나요? @bob")
    )
    other.ask(
        "POST",
        f"/rooms/{talking}/messages",
        content=visit.words(f"I do, @{visit.username}.", f"제가 가져갈게요, @{visit.username} 님."),
        reply_to=first,
    )
    slip = me.say(talking, visit.words("Grate!", "조아요!"))
    me.ask("PATCH", f"/rooms/{talking}/messages/{slip}", content=visit.words("Great!", "좋아요!"))
    gone = other.say(talking, "Wrong room, sorry")
    other.ask("DELETE", f"/rooms/{talking}/messages/{gone}")
    other.say(talking, "https://example.com/" + "a" * 200)
    other.say(talking, visit.words("And then we need this: ", "그리고 이것도 필요해요: ") * 12)
    working = other.room(visit.words("Quiet hour", "조용히 집중하는 시간"), me, kind="focus")
    other.ask("PATCH", f"/rooms/{working}", settings={"timer_control": "owner"})
    direct = other.ask("POST", "/rooms", kind="direct", user_id=visit.my_id)
    other.say(direct["id"], visit.words("Are you coming, too?", "같이 오시나요?"))
    other.ask("POST", "/rooms", name=visit.words("Book club", "독서 모임"), kind="group", open=True)
    return talking, working, direct["id"]


def dialogs(visit: Visit) -> None:
    tab, album = visit.tab, visit.album
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


def talk(visit: Visit, room_id: int) -> None:
    tab, album = visit.tab, visit.album
    enter(tab, room_id)
    with Rude(visit.portal.ws_url, f"/ws/room/{room_id}", token=visit.others_token) as other:
        other.hear_until(lambda frame: frame["type"] == "subscribed")
        expect(tab.part("here")).to_contain_text("2")
        other.say("typing", topic=f"rooms/{room_id}")
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


def work(visit: Visit, room_id: int) -> None:
    tab, album = visit.tab, visit.album
    enter(tab, room_id)
    expect(tab.part("timer")).to_be_visible()
    album.add("focus-others-timer")
    visit.other.ask("PATCH", f"/rooms/{room_id}", settings={"timer_control": "members"})
    tab.part("timer-main").click()
    expect(tab.part("timer")).to_have_attribute("data-status", "running")
    tab.part("timer-main").click()
    expect(tab.part("timer")).to_have_attribute("data-status", "paused")
    album.add("focus-paused")
    tab.part("timer-skip").click()
    expect(tab.part("timer")).to_have_attribute("data-phase", "break")
    album.add("focus-break")

    visit.other.ask("PATCH", f"/rooms/{room_id}/members/{visit.my_id}", role="moderator")
    tab.part("manage").click()
    tab.part("part-settings").click()
    tab.part("setting-cycles").fill(visit.words("many", "많이"))
    tab.part("save-settings").click()
    expect(tab.part("wrong-cycles")).not_to_be_empty()
    album.add("focus-settings")
    tab.page.keyboard.press("Escape")
    expect(tab.part("room-dialog")).to_have_count(0)


def fall_out(visit: Visit, room_id: int) -> None:
    """What one says to somebody who does not want to hear it."""
    tab = visit.tab
    enter(tab, room_id)
    visit.other.ask("PUT", f"/users/{visit.my_id}/block")
    tab.part("composer").fill(visit.words("Yes, at noon!", "네, 정오에 가요!"))
    tab.part("composer").press("Enter")
    expect(tab.part("pending")).to_have_attribute("data-status", "failed")
    visit.album.add("room-not-sent")

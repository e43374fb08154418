"""What a person sees: the bell in a real browser's tabs, over the finished path."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.tab import PASSWORD, Tab
from tests.endpoints.company import SEND, Company, bearer
from tests.support.servers import Deployment
from tools.paths import ROOT

pytestmark = pytest.mark.once
NOTIFICATIONS = "/api/v1/notifications"
SCREENSHOTS = ROOT / "var" / "screenshots"

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


def test_two_tabs_of_alice_ring_and_bobs_never_shows_it(
    portal: Company, people: People, tabs: Tabs
) -> None:
    alices, bobs = people(), people()
    first = tabs(alices).sign_in("alice").is_connected().keeps_toasts()
    second = tabs(alices).is_connected().keeps_toasts()  # its cookie is the first one's
    bob = tabs(bobs).sign_in("bob").is_connected().keeps_toasts()

    for_alice = portal.send("alice", "A parcel for Alice")

    for tab in (first, second):
        tab.shows_unread(1)
        expect(tab.part("toast")).to_contain_text("A parcel for Alice")
        tab.open_list().shows_rows(for_alice)
        expect(tab.row(for_alice)).to_contain_text("A parcel for Alice")

    # What came later for Bob is there, so what came before would be.
    for_bob = portal.send("bob", "A letter for Bob")
    bob.shows_unread(1)
    expect(bob.part("toast")).to_have_count(1)
    expect(bob.part("toast")).to_contain_text("A letter for Bob")
    bob.open_list().shows_rows(for_bob)
    assert "Alice" not in bob.page.inner_text("body").replace("alice", "")

    bob.page.reload()
    bob.is_connected().open_list().shows_rows(for_bob)
    for tab in (first, second):
        tab.shows_unread(1).shows_rows(for_alice)
    delete_all(portal, alices, bobs)


def test_the_other_tab_follows(portal: Company, people: People, tabs: Tabs) -> None:
    alices = people()
    here = tabs(alices).sign_in("alice").is_connected()
    there = tabs(alices).is_connected()
    oldest, middle, newest = (portal.send("alice", f"Number {number}") for number in range(3))
    here.shows_unread(3).open_list().shows_rows(newest, middle, oldest)
    there.shows_unread(3).open_list().shows_rows(newest, middle, oldest)

    # One is read.
    here.row(middle).get_by_test_id("mark-read").click()
    for tab in (here, there):
        tab.shows_unread(2)
        expect(tab.row(middle)).to_have_attribute("data-status", "READ")
        expect(tab.row(newest)).to_have_attribute("data-status", "UNREAD")

    # It stays so, and everything is still there.
    there.has_its_own_clock().is_connected()
    there.shows_unread(2).open_list().shows_rows(newest, middle, oldest)
    expect(there.row(middle)).to_have_attribute("data-status", "READ")

    # One is deleted, unread as it is.
    there.row(newest).get_by_test_id("delete").click()
    there.undo_runs_out()
    for tab in (here, there):
        tab.shows_unread(1).shows_rows(middle, oldest)

    # The rest is read at once.
    here.part("mark-all-read").click()
    for tab in (here, there):
        tab.shows_unread(0)
        expect(tab.row(oldest)).to_have_attribute("data-status", "READ")

    # What comes after is not read by that.
    latest = portal.send("alice", "Number 3")
    for tab in (here, there):
        tab.shows_unread(1).shows_rows(latest, middle, oldest)
    delete_all(portal, alices)


def test_who_signs_out_in_one_tab_is_out_in_the_other(
    portal: Company, people: People, tabs: Tabs
) -> None:
    alices = people()
    here = tabs(alices).sign_in("alice").is_connected()
    there = tabs(alices).is_connected()

    here.part("sign-out").click()

    for tab in (here, there):
        expect(tab.part("sign-in")).to_be_visible()
        expect(tab.part("bell")).to_have_count(0)
        tab.shows_unread(0)
    # Somebody else at the same machine sees nothing of hers.
    portal.send("alice", "Not for Bob")
    here.sign_in("bob").is_connected().open_list()
    expect(here.part("notification-list")).not_to_contain_text("Not for Bob")
    expect(there.part("bell")).to_be_visible()
    delete_all(portal, people_signed_in(portal, people, "alice"))


def test_a_wrong_password_is_called_one(portal: Company, people: People, tabs: Tabs) -> None:
    tab = tabs(people())
    expect(tab.part("sign-in-problem")).to_be_empty()

    tab.sign_in("carol", "wrong")
    expect(tab.part("sign-in-problem")).to_have_text("That username and password do not match.")
    expect(tab.part("username")).to_have_value("carol")

    tab.sign_in("carol").is_connected()
    expect(tab.part("sign-in")).to_have_count(0)


def test_nothing_that_a_sender_writes_is_run(portal: Company, people: People, tabs: Tabs) -> None:
    carols = people()
    tab = tabs(carols).sign_in("carol").is_connected()
    image = "<img src=x onerror='window.hacked = 1'>"
    script = "<script>window.hacked = 1</script>"
    for where in ({"link": "javascript:x"}, {"data": {"routing": {"path": "javascript:x"}}}):
        refused = portal.ask(
            "POST",
            SEND,
            headers={"Authorization": f"Api-Key {portal.key}"},
            json={"usernames": ["carol"], "type": "SYSTEM", "message": "m", **where},
        )
        assert refused.status_code == 400

    routing = {"type": "x", "params": {"to": "javascript:window.hacked=1"}}
    trap = portal.send("carol", image, message=script, data={"routing": routing})

    expect(tab.part("toast")).to_contain_text(image)
    tab.open_list()
    expect(tab.row(trap)).to_contain_text(image)
    expect(tab.row(trap)).to_contain_text(script)
    assert tab.row(trap).locator("img, script").count() == 0
    assert tab.row(trap).locator("a").count() == 0
    # It leads nowhere: a click only reads it.
    tab.row(trap).get_by_text(image).click()
    expect(tab.row(trap)).to_have_attribute("data-status", "READ")
    assert tab.page.evaluate("window.hacked") is None
    assert tab.page.url == f"{portal.url}/"
    delete_all(portal, carols)


def test_the_state_of_the_connection_is_shown(
    deployments: Callable[..., Deployment], people: People, tabs: Tabs
) -> None:
    own = deployments()
    own.manage("demo_users")
    there = Company(own.url, own.service_key())
    alices = people()
    tab = Tab(alices, there.url).sign_in("alice").is_connected()
    state = tab.part("connection-state")
    expect(state).to_have_text("Connected")

    own.server.stop()
    expect(state).to_have_attribute("data-state", re.compile("reconnecting|offline"))
    expect(state).to_have_text(re.compile("Reconnecting…|Offline"))
    own.server.start()
    # It would come back by itself; a network that comes back makes it try at once.
    alices.set_offline(True)
    alices.set_offline(False)

    tab.is_connected()
    sent = there.send("alice", "After the restart")
    tab.shows_unread(1).open_list().shows_rows(sent)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    ("locale", "language", "words"),
    [
        ("en-US", "en", ["Sign in", "Connected", "Notifications", "Mark all read", "3 unread"]),
        ("ko-KR", "ko", ["로그인", "연결됨", "알림", "모두 읽음", "읽지 않음 3개"]),
    ],
)
def test_it_speaks_the_readers_language_at_every_width(
    portal: Company,
    people: People,
    tabs: Tabs,
    locale: str,
    language: str,
    words: list[str],
    width: int,
) -> None:
    sign_in, connected, heading, all_read, unread = words
    visitor = people(locale=locale, viewport={"width": width, "height": 760})
    tab = tabs(visitor)
    picture = SCREENSHOTS / f"{language}-{width}"

    expect(tab.part("sign-in")).to_have_text(sign_in)
    assert tab.fits()
    photograph(tab, picture, "1-sign-in")

    # The account's language would come before the browser's, and she has signed in before.
    portal.speaks("carol", PASSWORD, locale)
    tab.sign_in("carol").is_connected()
    expect(tab.page.locator("html")).to_have_attribute("lang", language)
    expect(tab.part("connection-state")).to_contain_text(connected)
    expect(tab.part("newcomer-guide")).to_be_visible()
    assert tab.fits()
    photograph(tab, picture, "2-nothing-yet")

    tab.keeps_toasts()
    for notification in STORIES:
        portal.send("carol", **notification)
    tab.shows_unread(len(STORIES))
    expect(tab.part("toast")).to_have_count(len(STORIES))
    assert tab.fits()
    photograph(tab, picture, "3-ringing")

    tab.open_list()
    expect(tab.part("notification-row")).to_have_count(len(STORIES))
    expect(tab.part("toast")).to_have_count(0)  # they would lie over the list
    expect(tab.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(tab.part("mark-all-read")).to_have_text(all_read)
    expect(tab.page.get_by_text(unread, exact=True)).to_be_visible()
    assert tab.fits()
    photograph(tab, picture, "4-list")

    for row in tab.part("notification-row").all():
        box = row.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    tab.part("mark-all-read").click()
    tab.shows_unread(0)
    photograph(tab, picture, "5-all-read")
    delete_all(portal, visitor)


STORIES: list[dict[str, str]] = [
    {"title": "주문하신 상품이 출발했어요", "message": "내일 오전에 도착할 예정이에요.",
     "type": "DELIVERY_STARTED", "link": "/orders/1042"},
    {"title": "New comment on “Ordering events”", "type": "BLOG_COMMENT",
     "message": "So an auto-increment id really does skip? " * 8},
    {"title": "W" * 120, "message": "https://example.com/" + "a" * 300, "type": "SYSTEM",
     "link": "https://example.com/" + "a" * 300},
]  # fmt: skip


def photograph(tab: Tab, picture: Path, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.page.screenshot(path=f"{picture}-{name}.png", animations="disabled")


def people_signed_in(portal: Company, people: People, username: str) -> BrowserContext:
    """A browser whose person is signed in, without a tab."""
    context = people()
    context.request.post(
        f"{portal.url}/api/v1/auth/token",
        data={"username": username, "password": "bellwire-demo"},
    )
    return context


def delete_all(portal: Company, *contexts: BrowserContext) -> None:
    """Leave every inbox as it was: empty."""
    for context in contexts:
        cookies = {cookie.get("name"): cookie.get("value") for cookie in context.cookies()}
        mine = bearer(str(cookies["access_token"]))
        listed = portal.ask("GET", NOTIFICATIONS, headers=mine, params={"size": 100}).json()
        for notification in listed["results"]:
            portal.ask("DELETE", f"{NOTIFICATIONS}/{notification['id']}", headers=mine)

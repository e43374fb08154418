"""The admin at work while the users it is about have their pages open."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.admin_page import CONNECTIONS, NOTIFICATIONS, AdminPage
from tests.browser.tab import Tab
from tests.browser.test_bell import delete_all
from tests.endpoints.company import Company, eventually
from tests.support.servers import Deployment
from tools.paths import ROOT

pytestmark = pytest.mark.once_full
SCREENSHOTS = ROOT / "var" / "screenshots"
CREW = """
from django.contrib.auth.models import Group
from accounts.models import User
group, _ = Group.objects.get_or_create(name="Warehouse crew")
group.user_set.set(User.objects.filter(username__in=["alice", "carol"]))
"""

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
Desks = Callable[..., AdminPage]


@pytest.fixture(scope="module")
def crew(portal: Company, deployment: Deployment) -> None:
    """A group with Alice and Carol in it."""
    deployment.manage("shell", "--no-imports", "--verbosity=0", "-c", CREW)


@pytest.fixture
def desks(portal: Company, people: People) -> Iterator[Desks]:
    """Administrators who are signed in. When the test is over no page may have complained."""
    made: list[AdminPage] = []

    def make(**options: object) -> AdminPage:
        made.append(AdminPage(people(**options), portal.url).sign_in())
        return made[-1]

    yield make
    assert [desk.complaints for desk in made if desk.complaints] == []


def compose(desk: AdminPage, title: str) -> None:
    """Fill in the form, and have it previewed."""
    desk.opens(NOTIFICATIONS).follow("Send a notification")
    desk.page.get_by_label("Type").select_option("announcement")
    desk.page.get_by_label("Title").fill(title)
    desk.page.get_by_label("Message").fill("The lift is out of order.\nTake the stairs.")
    desk.page.get_by_label("Link").fill("/news/7")
    desk.page.get_by_label("A group").check()
    desk.page.locator("#id_group").select_option(label="Warehouse crew")
    desk.press("Preview")


def test_what_is_sent_to_a_group_rings_and_what_is_revoked_vanishes(
    portal: Company, crew: None, people: People, tabs: Tabs, desks: Desks
) -> None:
    alice = tabs(people()).sign_in("alice").is_connected().keeps_toasts()
    bobs = people()
    bob = tabs(bobs).sign_in("bob").is_connected()
    desk = desks()

    compose(desk, "Lift out of order")
    card = desk.page.locator(".bw-card")
    expect(card).to_contain_text("Lift out of order")
    expect(card).to_contain_text("/news/7")
    expect(desk.page.locator("#content")).to_contain_text("Warehouse crew")
    alice.shows_unread(0)
    desk.page.get_by_role("button", name="Send to 2 users").dblclick()
    desk.receives("to 2 users.")

    alice.shows_unread(1)
    expect(alice.part("toast")).to_contain_text("Lift out of order")
    alice.open_list()
    row = alice.part("notification-row")
    expect(row).to_contain_text("Take the stairs.")

    # It was pressed twice; and reloading sends nothing.
    desk.page.reload()
    expect(row).to_have_count(1)
    with alice.page.expect_response("**/read") as answer:
        row.get_by_test_id("mark-read").click()
    assert answer.value.ok
    alice.shows_unread(0)

    # Who has read it.
    desk.page.reload()
    expect(desk.count("recipients")).to_have_text("2")
    expect(desk.count("read")).to_contain_text("1")
    expect(desk.page.locator("#readers")).to_contain_text("alice")
    desk.follow("Unread (1)")
    expect(desk.page.locator("#readers")).to_contain_text("carol")

    desk.follow("Revoke")
    expect(desk.page.locator("#content")).to_contain_text("Revoke Lift out of order")
    expect(row).to_have_count(1)
    desk.press("Yes, revoke")
    desk.receives("Revoked: it is gone from every page.")
    expect(row).to_have_count(0)

    # The admin log has both, and Bob was never told.
    desk.opens("/admin/")
    expect(desk.page.locator("#recent-actions-module")).to_contain_text("from user:")
    portal.send("bob", "For Bob alone")
    bob.shows_unread(1).open_list()
    expect(bob.part("notification-row")).to_have_count(1)
    # By a click it would only be gone once it can no longer be undone.
    delete_all(portal, bobs)
    bob.shows_unread(0)


def test_one_to_everyone_is_counted_and_shown(
    portal: Company, people: People, tabs: Tabs, desks: Desks
) -> None:
    bob = tabs(people()).sign_in("bob").is_connected()
    desk = desks()
    desk.opens(f"{NOTIFICATIONS}send/")
    desk.page.get_by_label("Type").select_option("SYSTEM")
    desk.page.get_by_label("Message").fill("We are closed on Monday.")
    desk.page.get_by_label("Everyone").check()
    desk.press("Preview")
    desk.press("Send to 4 users")
    desk.receives("Sent to 4 users.")
    bob.shows_unread(1).open_list()
    expect(bob.part("notification-row")).to_contain_text("We are closed on Monday.")
    desk.follow("Revoke")
    desk.press("Yes, revoke")
    expect(bob.part("notification-row")).to_have_count(0)
    bob.shows_unread(0)


def test_who_is_disconnected_loses_the_connection(
    portal: Company, people: People, tabs: Tabs, desks: Desks
) -> None:
    alice = tabs(people()).sign_in("alice").is_connected()
    bob = tabs(people()).sign_in("bob").is_connected()
    with alice.page.expect_websocket() as opened:
        alice.page.reload()
    alice.is_connected()
    desk = desks().opens(f"{CONNECTIONS}?q=alice")
    row = desk.page.locator("#result_list tbody tr")
    expect(row).to_have_count(1)
    doomed = row.get_attribute("data-connection")
    expect(row).to_contain_text("websocket")
    expect(row).to_contain_text("(this one)")

    row.get_by_role("link", name="Disconnect alice, websocket").click()
    expect(desk.page.locator("#content")).to_contain_text("Disconnect alice")
    with opened.value.expect_event("close"):
        desk.press("Yes, disconnect")

    desk.receives("Disconnecting alice")
    # Her sign-in has ended: her page asks for the password, and does not come back by itself.
    expect(alice.part("password")).to_be_visible()
    assert eventually(lambda: hers(desk) == [])
    bob.is_connected()
    alice.sign_in("alice").is_connected()
    assert eventually(lambda: hers(desk) not in ([], [doomed]))


def hers(desk: AdminPage) -> list[str | None]:
    """Which connections of Alice's the list has now."""
    rows = desk.opens(f"{CONNECTIONS}?q=alice").page.locator("#result_list tbody tr")
    return [row.get_attribute("data-connection") for row in rows.all()]


def test_a_key_is_shown_once(portal: Company, desks: Desks) -> None:
    desk = desks().opens("/admin/accounts/servicekey/add/")
    desk.page.get_by_label("Name").fill("orders-eu")
    desk.press("Save")
    shown = desk.page.locator("#made-key")
    expect(shown).to_contain_text("bw_")
    key = shown.inner_text()
    answer = portal.ask(
        "POST",
        "/api/v1/notifications/send",
        json={"usernames": ["carol"], "type": "SYSTEM", "message": "By the new key"},
        headers={"Authorization": f"Api-Key {key}"},
    )
    assert answer.status_code == 201
    desk.follow("I have copied it")
    assert key not in desk.page.content()

    desk.page.get_by_role("row", name="orders-eu").get_by_role("checkbox").check()
    desk.page.get_by_label("Action:").select_option("revoke")
    desk.press("Go")
    desk.receives("Revoked: 1.")
    refused = portal.ask(
        "GET", "/api/v1/notifications", headers={"Authorization": f"Api-Key {key}"}
    )
    assert refused.status_code == 401


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_can_be_read_at_every_width(
    portal: Company, crew: None, people: People, tabs: Tabs, desks: Desks, width: int, scheme: str
) -> None:
    tabs(people()).sign_in("alice").is_connected()
    portal.send("alice", "주문하신 상품이 출발했어요", type="DELIVERY_STARTED", link="/orders/1042")
    portal.send("bob", "W" * 120, type="BLOG_COMMENT", message="https://example.com/" + "a" * 300)
    desk = desks(viewport={"width": width, "height": 900}, color_scheme=scheme)

    def photograph(name: str, heading: str) -> None:
        expect(desk.page.locator("#content > h1")).to_have_text(heading)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"admin-{name}-{width}-{scheme}.png"
        desk.page.screenshot(path=path, full_page=True, animations="disabled")
        assert desk.fits(), name

    desk.opens(CONNECTIONS)
    expect(desk.page.locator("#result_list")).to_contain_text("alice")
    photograph("connections", "Live connections")
    desk.page.get_by_role("link", name="Disconnect alice, websocket").first.click()
    photograph("disconnect", "Disconnect")

    desk.opens(NOTIFICATIONS)
    photograph("list", "Notifications")
    desk.page.get_by_role("checkbox").nth(1).check()
    desk.page.get_by_label("Action:").select_option("revoke")
    desk.press("Go")
    photograph("revoke-chosen", "Revoke?")
    desk.opens(f"{NOTIFICATIONS}send/")
    photograph("send", "Send a notification")
    desk.press("Preview")
    expect(desk.page.locator(".errornote")).to_be_visible()
    photograph("send-faults", "Send a notification")
    compose(desk, "Lift out of order")
    photograph("preview", "Send this?")
    desk.press("Send to 2 users")
    photograph("batch", "Lift out of order")
    desk.follow("Revoke")
    photograph("revoke", "Revoke this batch?")
    desk.press("Yes, revoke")
    desk.receives("Revoked")
    desk.opens("/admin/notifications/batch/")
    photograph("batches", "Batches")
    desk.opens(NOTIFICATIONS)
    desk.page.locator("#result_list tbody th a").first.click()
    photograph("notification", "Lift out of order")

    desk.opens(f"{NOTIFICATIONS}charts/")
    for chart in ("types", "sent", "rates"):
        expect(desk.page.locator(f"[data-chart={chart}] rect").first).to_be_attached()
    photograph("charts", "Charts")
    for summary in desk.page.locator("#content details > summary").all():
        summary.click()
    expect(desk.page.locator("#days-table tbody tr")).to_have_count(30)
    expect(desk.page.locator("#types-table")).to_contain_text("DELIVERY_STARTED")
    photograph("charts-tables", "Charts")

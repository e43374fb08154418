"""Where fields are in camelCase: a front end written for Spring, and our own portal."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.tab import PASSWORD, Tab
from tests.conformance.npm.programs import FOLDER, install
from tests.endpoints.company import SEND, Company, bearer

pytestmark = pytest.mark.once

PAGE = Path(__file__).with_name("spring_front_end.html")
# The clients as their packages have them.
VENDOR = {
    "stomp.umd.js": FOLDER / "node_modules/@stomp/stompjs/bundles/stomp.umd.js",
    "sockjs.js": FOLDER / "node_modules/sockjs-client/dist/sockjs.js",
}
API = "/api/v1"

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


@pytest.fixture(scope="module")
def deployment_settings() -> dict[str, str]:
    return {"BELLWIRE_JSON_CASE": "camel"}


@pytest.fixture(scope="module")
def _clients() -> None:
    # Playwright has a loop in this thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(install())).result()


def asks(portal: Company, token: str, method: str, path: str, body: Any = None) -> Any:
    answer = portal.ask(method, API + path, json=body, headers=bearer(token))
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def room_of(portal: Company, token: str, name: str, **more: Any) -> int:
    made = asks(portal, token, "POST", "/rooms", {"name": name, "kind": "group", **more})
    return int(made["id"])


def orders(portal: Company, *user_ids: int, message: str, number: int) -> int:
    """As the shop's back end sends it."""
    body = {
        "userIds": user_ids,
        "type": "ORDER_CREATED",
        "message": message,
        "link": f"/orders/{number}",
        "referenceId": str(number),
        "referenceType": "order",
        "data": {"order_no": number},
    }
    headers = {"Authorization": f"Api-Key {portal.key}"}
    answer = portal.ask("POST", SEND, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["ids"][0])


@pytest.fixture
def front_end(portal: Company, people: People, _clients: None) -> Iterator[Callable[..., Page]]:
    context = people()

    def vendor(route: Route) -> None:
        route.fulfill(path=VENDOR[route.request.url.rpartition("/")[2]])

    context.route("**/vendor/*", vendor)
    context.route("**/orders.html", lambda route: route.fulfill(path=PAGE))
    complaints: list[str] = []

    def opened(token: str, room: int) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{portal.url}/orders.html#token={token}&roomId={room}")
        expect(page.locator("#state")).to_have_text("connected")
        return page

    yield opened
    assert complaints == []


def test_a_front_end_written_for_spring_runs_unmodified(
    portal: Company, front_end: Callable[..., Page]
) -> None:
    token = portal.sign_in("alice", PASSWORD).access
    me = asks(portal, token, "GET", "/auth/me")["id"]
    room = room_of(portal, token, "Orders")
    old = [orders(portal, me, message=f"Order {n}", number=n) for n in range(5)]
    page = front_end(token, room)

    rows = page.locator("#notifications li")
    for shown in (2, 4, 5):
        expect(rows).to_have_count(shown)
        if shown < len(old):
            page.locator("#more").click()
    expect(page.locator("#more")).to_be_hidden()
    for row, number in enumerate(reversed(range(5))):
        text = rf"^{old[number]} for {me}: Order {number} order/{number} 20\d\d unread {number}$"
        expect(rows.nth(row)).to_have_text(re.compile(text))

    new = orders(portal, me, message="On its way", number=7)
    expect(rows).to_have_count(6)
    text = rf"^{new} for {me}: On its way order/7 20\d\d unread 7$"
    expect(rows.first).to_have_text(re.compile(text))
    expect(page.locator("#total")).to_have_text(f"{me} {new} /orders/7 {me}")
    rows.first.click()
    expect(rows.first).to_have_text(re.compile(r"read 20\d\d 7$"))

    page.evaluate("speak('Hello', 'c1'); speak('Hello', 'c1'); speak('Bye', 'c2')")
    said = page.locator("#messages li")
    expect(said).to_have_count(2)
    hello = rf"^{me} in {room}: Hello c1 null 20\d\d null$"
    expect(said.first).to_have_text(re.compile(hello))
    expect(said.last).to_have_text(re.compile(r"Bye c2 null"))
    assert "undefined" not in page.inner_text("body")


@pytest.mark.parametrize(
    ("transport", "blocked"),
    [
        ("websocket", ()),
        ("sse", ("websocket",)),
        ("long-polling", ("websocket", "sse")),
    ],
)
def test_the_portal_works_over(
    portal: Company, people: People, transport: str, blocked: tuple[str, ...]
) -> None:
    context = people()
    if "websocket" in blocked:
        context.route_web_socket(re.compile("/ws"), lambda socket: socket.close())
    if "sse" in blocked:
        context.route(re.compile(r"/sse\?"), lambda route: route.abort())
    token = portal.sign_in("bob", PASSWORD).access
    me = asks(portal, token, "GET", "/auth/me")["id"]
    name = f"Room of {transport}"
    room = room_of(portal, token, name)
    before = orders(portal, me, message=f"Before {transport}", number=1)
    tab = Tab(context, portal.url).sign_in("bob").is_connected_by(transport).keeps_toasts()
    live = orders(portal, me, message=f"Live over {transport}", number=2)
    expect(tab.part("toast")).to_contain_text(f"Live over {transport}")
    tab.shows_unread(2).open_list().shows_rows(live, before)
    # Read elsewhere, by a client of the other case.
    asks(portal, token, "PUT", f"/notifications/{before}/read?case=camel")
    tab.shows_unread(1)
    tab.page.keyboard.press("Escape")

    tab.part("rooms-link").click()
    tab.part("room").filter(has_text=name).get_by_role("link").click()
    tab.part("composer").fill("Said in the portal")
    tab.part("composer").press("Enter")
    expect(tab.part("message")).to_have_count(1)
    expect(tab.part("pending")).to_have_count(0)
    asks(portal, token, "POST", f"/rooms/{room}/messages", {"content": "Hi", "clientId": "x"})
    expect(tab.part("message")).to_have_count(2)
    history = asks(portal, token, "GET", f"/rooms/{room}/messages")["results"]
    assert [row["content"] for row in history] == ["Said in the portal", "Hi"]
    assert all(row["clientId"] for row in history)
    for each in (before, live):
        portal.ask("DELETE", f"{API}/notifications/{each}", headers=bearer(token))
    if not blocked:
        assert tab.complaints == []

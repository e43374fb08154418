"""The unmodified sockjs-client in a real browser, forced to each of its transports.

Those that need a document (iframes, JSONP, htmlfile) exist nowhere else.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.contract.site import ApiUser, Site
from tests.support.chromium import chromium
from tests.support.deadlines import PATIENCE_S
from tools.paths import FRONTEND

pytestmark = pytest.mark.once

CLIENT = FRONTEND / "dist" / "sockjs.min.js"
TRANSPORTS = [
    "websocket",
    "xhr-streaming",
    "xhr-polling",
    "eventsource",
    "htmlfile",
    "jsonp-polling",
    "iframe-eventsource",
    "iframe-htmlfile",
    "iframe-xhr-polling",
]
TALK = """(transport) => {
    const talk = window.talk = { heard: [], opened: "", closed: null };
    const socket = talk.socket = new SockJS("/ws", null, { transports: [transport] });
    socket.onopen = () => {
        talk.opened = socket.transport;
        socket.send(JSON.stringify({ type: "ping", ref: "first" }));
        socket.send(JSON.stringify({ type: "subscribe", data: { topic: "broadcast" }, ref: 2 }));
        socket.send(JSON.stringify({ type: "ping", ref: "한글 ‌ \\u2028" }));
    };
    socket.onmessage = (event) => {
        const frame = JSON.parse(event.data);
        talk.heard.push([frame.type, frame.ref ?? null]);
    };
    socket.onclose = (event) => { talk.closed = event.code; };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for these tests, of which none uses the event loop that Playwright takes."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    """A page of the server's own origin, signed in by cookie, with the client loaded."""
    if not CLIENT.is_file():
        pytest.fail(
            "frontend/dist is not there: run `make test`, or `python -m tools.npm run build`"
        )
    alice: ApiUser = site.person()
    # It stands for a page of the server's own; this one's policy lets it run nothing.
    context = browser.new_context(bypass_csp=True)
    context.set_default_timeout(PATIENCE_S * 1000)
    cookie = {"name": "access_token", "value": alice.token, "url": site.url}
    context.add_cookies([{**cookie, "httpOnly": True}])  # type: ignore[typeddict-item]
    page = context.new_page()
    page.goto(f"{site.url}/healthz")
    page.add_script_tag(url=f"{site.url}/static/portal/sockjs.min.js")
    yield page
    context.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_sockjs_client_holds_a_conversation_over(transport: str, page: Page) -> None:
    page.evaluate(TALK, transport)
    page.wait_for_function("window.talk.closed !== null || window.talk.heard.length >= 4")
    talk = page.evaluate("({ ...window.talk, socket: null })")
    assert (talk["opened"], talk["closed"]) == (transport, None)
    assert talk["heard"] == [
        ["connected", None],
        ["pong", "first"],
        ["subscribed", 2],
        ["pong", "한글 ‌ \u2028"],
    ]
    page.evaluate("window.talk.socket.close()")
    page.wait_for_function("window.talk.closed === 1000")

"""A page of another site, in the browser of somebody who is signed in here.

Its images and its no-cors requests carry the visitor's cookie and no Origin.
"""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.tab import PASSWORD, Tab
from tests.endpoints.company import Company, eventually
from tests.support import parts
from tests.support.chromium import arguments
from tests.support.deadlines import PATIENCE_S
from tests.support.processes import free_port

pytestmark = pytest.mark.once

THIRD_PARTY_COOKIES = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}
# Rooms that the visitor is in, is not in, and that are not there, all alike.
TARGETS = (
    "/sse/notifications",
    "/long-polling/notifications",
    "/sse?topic=broadcast",
    "/sse/chat-rooms/1/messages",
    "/sse/chat-rooms/999999/messages",
    "/api/v1/rooms/1",
    "/api/v1/notifications/unread/count",
)
# As many as a user may have connections, by images; and everything once more by fetch.
ATTACK = """([server, targets]) => {
  const ended = []
  for (let count = 0; count < 5; count++) {
    const image = new Image()
    ended.push(new Promise((done) => { image.onerror = image.onload = done }))
    image.src = `${server}/sse/notifications?image=${count}`
  }
  for (const target of targets) {
    const wish = { mode: 'no-cors', credentials: 'include' }
    const close = (answer) => answer.body?.cancel()
    // A page is told neither the status nor, of most answers, that there was one.
    ended.push(fetch(server + target, wish).then(close, () => undefined))
  }
  return Promise.all(ended).then(() => ended.length)
}"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Evil</title>")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def evil_port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), _Page)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def streams(portal: Company) -> float:
    """Open streams and polls, by the server's own count."""
    lines = portal.ask("GET", "/metrics").text.splitlines()
    counts = [line.split() for line in lines if line.startswith("bellwire_connections{")]
    return sum(float(count) for name, count in counts if "sse" in name or "poll" in name)


@pytest.fixture
def visitor(browser: Browser, portal: Company, tmp_path: Path) -> Iterator[Page]:
    """A page in the browser of Alice, who lets sites embed each other with cookies, as many do.

    Chromium's default depends on its version, and only a profile of its own takes the setting.
    """
    folder = tmp_path / "Default"
    folder.mkdir()
    (folder / "Preferences").write_text(json.dumps(THIRD_PARTY_COOKIES))
    with_cookies = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=parts.browser().where or None, args=arguments()
    )
    with_cookies.set_default_timeout(PATIENCE_S * 1000)
    with_cookies.add_cookies(
        [
            {
                "name": "access_token",
                "value": portal.sign_in("alice", PASSWORD).access,
                "domain": "127.0.0.1",
                "path": "/",
                # As production sets it.
                "secure": True,
                "sameSite": "None",
                "httpOnly": True,
            }
        ]
    )
    yield with_cookies.new_page()
    with_cookies.close()


class NetworkRecorder:
    """Requests of a page to one host: more than scripts, or Playwright's events, are shown."""

    def __init__(self, page: Page, host: str) -> None:
        self._page = page
        self._host = host
        self.sent: dict[str, dict[str, str]] = {}
        self.statuses: dict[str, int] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSentExtraInfo", self._note_request)
        session.on("Network.responseReceivedExtraInfo", self._note_answer)
        session.send("Network.enable")

    def _note_request(self, event: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in event["headers"].items()}
        # The other site's own icon is asked for as well.
        if headers.get("host") == self._host:
            self.sent[event["requestId"]] = headers

    def _note_answer(self, event: dict[str, Any]) -> None:
        self.statuses[event["requestId"]] = event["statusCode"]

    def has(self, count: int) -> bool:
        """Whether so many requests and answers are known; asking lets further events arrive."""
        self._page.evaluate("0")
        return len(self.sent.keys() & self.statuses.keys()) >= count


@pytest.mark.parametrize(
    ("host", "site"), [("localhost", "cross-site"), ("127.0.0.1", "same-site")]
)
def test_embedded_requests_take_no_connection_and_tell_nothing(
    portal: Company,
    people: Callable[..., BrowserContext],
    tabs: Callable[[BrowserContext], Tab],
    visitor: Page,
    evil_port: int,
    host: str,
    site: str,
) -> None:
    visitor.goto(f"http://{host}:{evil_port}/")

    wire = NetworkRecorder(visitor, urlsplit(portal.url).netloc)
    count = visitor.evaluate(ATTACK, [portal.url, TARGETS])

    assert count == 5 + len(TARGETS)
    assert eventually(lambda: wire.has(count))
    for request, headers in wire.sent.items():
        assert "access_token=" in headers.get("cookie", ""), "the browser kept the cookie back"
        assert headers["sec-fetch-site"] == site
        assert "origin" not in headers
        assert wire.statuses[request] == 403
    assert streams(portal) == 0
    # What they could have taken is there for the visitor.
    tabs(people()).sign_in("alice").is_connected()

"""The browser's own WebSocket and EventSource, with the cookie that the browser has."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.contract.site import ApiUser, Site
from tests.support.chromium import chromium
from tests.support.deadlines import PATIENCE_S

COUNT = 20

# What a page keeps of a line: the texts that it heard and where it stands.
SOURCE = """([since]) => {
    const url = "/sse/notifications" + (since ? "?since=" + encodeURIComponent(since) : "");
    const line = window.line = { texts: [], position: "", open: false };
    line.source = new EventSource(url);
    line.source.onopen = () => { line.open = true; };
    line.source.onmessage = (event) => {
        line.texts.push(JSON.parse(event.data).message);
        line.position = event.lastEventId;
    };
    line.leave = () => line.source.close();
}"""
SOCKET = """([since]) => {
    const url = `ws://${location.host}/api/v1/notifications/ws`
        + (since ? "?since=" + encodeURIComponent(since) : "");
    const line = window.line = { texts: [], position: "", open: false, at: {} };
    line.socket = new WebSocket(url, "bellwire.json");
    line.socket.onmessage = (event) => {
        const frame = JSON.parse(event.data);
        if (frame.type === "subscribed" || frame.type === "notification") {
            line.at[frame.topic] = `${frame.epoch}:${frame.offset}`;
        }
        if (frame.type === "notification") line.texts.push(frame.data.message);
        const topics = Object.keys(line.at).sort().reverse();
        line.open = topics.length === 2;
        line.position = topics.map((topic) => line.at[topic]).join(";");
    };
    line.leave = () => line.socket.close();
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for these tests, of which none uses the event loop that Playwright takes."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def alice(site: Site) -> ApiUser:
    return site.person()


@pytest.fixture
def page(site: Site, browser: Browser, alice: ApiUser) -> Iterator[Page]:
    """A page of the server's own origin, signed in."""
    # It stands for a page of the server's own; this one's policy lets it run nothing.
    context = browser.new_context(bypass_csp=True)
    context.set_default_timeout(PATIENCE_S * 1000)
    cookie = {"name": "access_token", "value": alice.token, "url": site.url}
    context.add_cookies([{**cookie, "httpOnly": True}])  # type: ignore[typeddict-item]
    page = context.new_page()
    page.goto(f"{site.url}/healthz")
    yield page
    context.close()


@pytest.mark.parametrize(("first", "second"), [(SOURCE, SOCKET), (SOCKET, SOURCE)])
def test_a_page_receives_and_goes_on_by_the_other(
    site: Site, alice: ApiUser, page: Page, first: str, second: str
) -> None:
    texts = [str(n) for n in range(COUNT)]
    page.evaluate(first, [""])
    page.wait_for_function("line.open")
    site.publish(*((alice.topic, text) for text in texts))
    page.wait_for_function(f"line.texts.length === {COUNT}")
    assert page.evaluate("line.texts") == texts
    position = page.evaluate("(line.leave(), line.position)")
    site.publish((alice.topic, "while away"))
    page.evaluate(second, [position])
    page.wait_for_function("line.open")
    site.publish((alice.topic, "again"))
    page.wait_for_function("line.texts.length >= 2")
    assert page.evaluate("line.texts") == ["while away", "again"], json.dumps(position)


def test_an_event_source_comes_back_by_itself_where_it_was(
    site: Site, alice: ApiUser, page: Page
) -> None:
    page.evaluate(SOURCE, [""])
    page.wait_for_function("line.open")
    site.publish((alice.topic, "one"))
    page.wait_for_function("line.texts.length === 1")
    # The browser sees a network error, and keeps its Last-Event-ID.
    page.context.set_offline(True)
    site.publish((alice.topic, "two"))
    page.context.set_offline(False)
    site.publish((alice.topic, "three"))
    page.wait_for_function("line.texts.length >= 3")
    assert page.evaluate("line.texts") == ["one", "two", "three"]

"""The page's Content-Security-Policy: what it says, and that a browser holds the page to it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Response, expect

from tests.browser.tab import Tab
from tests.endpoints.company import Company

pytestmark = pytest.mark.once
PATHS = ("/", "/rooms", "/rooms/1", "/documents/1", "/orders/1042")
CLOSED = ("default-src", "object-src", "base-uri", "frame-ancestors")
OWN = ("script-src", "style-src", "connect-src", "font-src", "form-action", "worker-src")
# Each would work without the policy.
_TRIES = {
    "an inline script": "document.body.append(Object.assign(document.createElement('script'),"
    " { text: 'window.hacked = 1' }))",
    "a handler in an attribute": "document.body.setAttribute('onclick', 'window.hacked = 1');"
    " document.body.click()",
    "markup from text": "document.body.innerHTML += '<img src=x onerror=\"window.hacked = 1\">'",
    "text as a program": "new Function('window.hacked = 1')()",
    "a frame": "document.body.append(Object.assign(document.createElement('iframe'),"
    " { src: 'data:text/html,x' }))",
    "another host's image": "new Image().src = 'https://evil.example/x.png'",
    "a request to another host": "void fetch('https://evil.example/').catch(() => undefined)",
    "a socket to another host": "new WebSocket('wss://evil.example/')",
    "another host's style": "document.head.append(Object.assign(document.createElement('link'),"
    " { rel: 'stylesheet', href: 'https://evil.example/x.css' }))",
}
# What the debugger itself evaluates may do more than the page: a timer's callback may not.
_LATER = """() => new Promise((done) => setTimeout(() => {
  try { %s } catch { }
  setTimeout(done)
}))"""


def policy_of(answer: Response | None) -> dict[str, list[str]]:
    assert answer is not None
    parts = (part.split() for part in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, *sources in parts}


def _is_a_refusal(message: ConsoleMessage) -> bool:
    return message.text.startswith("Content-Security-Policy: ")


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_the_page_has_a_strict_policy(
    portal: Company, people: Callable[..., BrowserContext], path: str
) -> None:
    policy = policy_of(people().new_page().goto(f"{portal.url}{path}"))
    for name in CLOSED:
        assert policy[name] == ["'none'"], name
    for name in OWN:
        assert policy[name] == ["'self'"], name
    assert policy["require-trusted-types-for"] == ["'script'"]
    everything = {source for sources in policy.values() for source in sources}
    assert everything == {"'none'", "'self'", "data:", "'script'", "vue", "bellwire-worker"}


def test_the_browser_holds_the_page_to_it(
    portal: Company, people: Callable[..., BrowserContext]
) -> None:
    context = people()
    arrived: list[str] = []
    context.on("response", lambda response: arrived.append(response.url))
    tab = Tab(context, portal.url)
    expect(tab.part("sign-in")).to_be_visible()
    for attempt in _TRIES.values():
        with tab.page.expect_console_message(_is_a_refusal):
            tab.page.evaluate(_LATER % attempt)
    assert tab.page.evaluate("window.hacked") is None
    assert [url for url in arrived if not url.startswith(portal.url)] == []

"""A proxy that breaks WebSockets, then streams too, then mends: the page goes on all the while."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.library_client import LibraryClient
from tests.browser.tab import Tab
from tests.endpoints.company import Company
from tests.support.balancer import Balancer
from tests.support.servers import Deployment

pytestmark = pytest.mark.once


def test_a_page_goes_on_by_what_a_proxy_lets_through(
    portal: Company,
    deployment: Deployment,
    balancer: Callable[..., Balancer],
    people: Callable[..., BrowserContext],
) -> None:
    proxy = balancer(*deployment.servers)
    alices = people()
    tab = Tab(alices, proxy.url).sign_in("alice").is_connected_by("websocket")
    # It shares the page's connection, and hears whatever comes out of it.
    ear = LibraryClient(tab.page).is_connected("websocket")
    sent: list[int] = []

    def send(title: str) -> None:
        sent.append(portal.send("alice", title))

    def go_on(transport: str, *blocked: str) -> None:
        """Something happens before, during and after the change."""
        send(f"before {transport}")
        proxy.blocks(*blocked)
        send(f"while no {' nor '.join(blocked)} gets through")
        tab.is_connected_by(transport)
        send(f"by {transport}")
        ear.receives(*sent)
        tab.shows_unread(len(sent))

    go_on("sse", "websocket")
    go_on("long-polling", "websocket", "sse")
    # Read here, it is told over the transport that is left.
    tab.open_list().shows_rows(*reversed(sent))
    proxy.blocks()
    send("while nothing is blocked any longer")
    # It would look again within a minute by itself.
    tab.page.evaluate("dispatchEvent(new Event('online'))")
    tab.is_connected_by("websocket")
    send("by websocket")

    ear.receives(*sent)
    tab.shows_unread(len(sent)).shows_rows(*reversed(sent))
    assert ear.gaps == 1  # the first, when it began
    allowed = re.compile(r"WebSocket connection to|403|net::ERR|network error|HTTP2|chunked")
    assert [line for line in tab.complaints if not allowed.search(line)] == []

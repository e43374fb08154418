"""Many tabs, one connection; and many pages whose server restarts under them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.library_client import LibraryClient
from tests.browser.tab import Tab
from tests.endpoints.company import Company, eventually
from tests.support.servers import Deployment

pytestmark = pytest.mark.once
PAGES = 20
BACK_WITHIN_S = 10.0


def connections(company: Company) -> int:
    """How many the server has open, whatever they speak."""
    text = company.ask("GET", "/metrics").text
    found = re.findall(r"^bellwire_connections\{.*\} ([\d.]+)$", text, re.MULTILINE)
    return int(sum(map(float, found)))


def test_six_tabs_have_one_connection_that_outlives_its_tab(
    portal: Company, people: Callable[..., BrowserContext], tabs: Callable[[BrowserContext], Tab]
) -> None:
    alices = people()
    first = tabs(alices).sign_in("alice").is_connected()
    six = [first, *(tabs(alices).is_connected() for _ in range(5))]
    assert connections(portal) == 1
    ears = [LibraryClient(tab.page).is_connected() for tab in six[1:]]
    assert connections(portal) == 1

    sent = [portal.send("alice", "to all six")]
    for ear in ears:
        ear.receives(*sent)

    # The first leads. What is sent while nobody does is there for the others too.
    first.page.close()
    sent += [portal.send("alice", f"number {number}") for number in range(3)]
    for tab, ear in zip(six[1:], ears, strict=True):
        ear.receives(*sent)
        tab.is_connected().shows_unread(len(sent))
        assert ear.gaps == 1
    assert eventually(lambda: connections(portal) == 1)


def test_twenty_pages_are_back_after_a_restart_spread_out_and_with_nothing_lost(
    deployments: Callable[..., Deployment], people: Callable[..., BrowserContext]
) -> None:
    own = deployments(BELLWIRE_MAX_CONNECTIONS_PER_USER=PAGES)
    there = Company(own.url, own.service_key())
    token = own.token("alice", minutes=60)
    # Their pages stand for an embedder's own; the policy of `/healthz` lets it run nothing.
    alices = people(bypass_csp=True)
    pages = [blank(alices, there) for _ in range(PAGES)]
    # Not shared: each is a page of its own, as twenty people's are.
    ears = [LibraryClient(page, share=False, token=token).is_connected() for page in pages]
    assert connections(there) == PAGES
    before = there.send("alice", "before")
    for ear in ears:
        ear.receives(before)

    own.server.stop()
    own.server.start()
    up_at = float(pages[0].evaluate("Date.now()"))
    after = there.send("alice", "after")

    for ear in ears:
        ear.receives(before, after)
        assert ear.gaps == 1
    back_at = [float(page.evaluate("ear.connectedAt")) for page in pages]
    assert max(back_at) - up_at < BACK_WITHIN_S * 1000
    # At random within seconds, not in the same moment.
    assert max(back_at) - min(back_at) > 250
    assert eventually(lambda: connections(there) == PAGES)


def blank(context: BrowserContext, company: Company) -> Page:
    """A page of the server's own origin with nothing in it."""
    page = context.new_page()
    page.goto(f"{company.url}/healthz")
    return page

"""What is sent to everyone rings for each, and is then each one's own to read and to delete."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.tab import Tab
from tests.endpoints.company import SEND, Company

pytestmark = pytest.mark.once
SENT = "/api/v1/notifications/sent"

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


def test_it_rings_for_everyone_and_what_alice_does_with_it_is_hers(
    portal: Company, people: People, tabs: Tabs
) -> None:
    alices, bobs = people(), people()
    alice = tabs(alices).sign_in("alice").is_connected()
    alice.has_its_own_clock().is_connected().keeps_toasts()
    hers_too = tabs(alices).is_connected().keeps_toasts()
    bob = tabs(bobs).sign_in("bob").is_connected().keeps_toasts()

    sent, _ = broadcast(portal, "Maintenance on Sunday")
    for tab in (alice, hers_too, bob):
        expect(tab.part("toast")).to_contain_text("Maintenance on Sunday")
        tab.shows_unread(1).open_list().shows_rows(sent)
        expect(tab.row(sent)).to_contain_text("To everyone")

    # Alice reads it: in her other tab it is read as well, and Bob has not read it.
    alice.row(sent).get_by_test_id("mark-read").click()
    for tab in (alice, hers_too):
        tab.shows_unread(0)
        expect(tab.row(sent)).to_have_attribute("data-status", "READ")
    newer, _ = broadcast(portal, "Postponed to Monday")
    for tab, unread in ((alice, 1), (hers_too, 1), (bob, 2)):
        tab.shows_unread(unread).shows_rows(newer, sent)
    expect(bob.row(sent)).to_have_attribute("data-status", "UNREAD")

    # She deletes it: it is gone for her, also after a reload, and Bob still has it.
    alice.row(sent).get_by_test_id("delete").click()
    alice.undo_runs_out()
    for tab in (alice, hers_too):
        tab.shows_rows(newer)
    bob.part("mark-all-read").click()
    bob.shows_unread(0).shows_rows(newer, sent)
    for tab in (hers_too, bob):
        tab.page.reload()
        tab.is_connected().open_list()
    hers_too.shows_unread(1).shows_rows(newer)
    bob.shows_unread(0).shows_rows(newer, sent)


def test_one_that_is_withdrawn_vanishes_from_every_open_page(
    portal: Company, people: People, tabs: Tabs
) -> None:
    everyone = [tabs(people()).sign_in(name).is_connected() for name in ("carol", "bob")]
    unread = []
    for tab in everyone:
        tab.open_list()
        unread.append(tab.part("notification-row").and_(tab.page.locator("[data-status=UNREAD]")))
    before = [rows.count() for rows in unread]

    sent, batch = broadcast(portal, "Free lunch for all")
    for tab, count in zip(everyone, before, strict=True):
        tab.shows_unread(count + 1)
        expect(tab.row(sent)).to_be_visible()

    answer = portal.ask("DELETE", f"{SENT}/{batch}", headers=as_service(portal))
    assert answer.status_code in (200, 204), answer.text
    for tab, count in zip(everyone, before, strict=True):
        expect(tab.row(sent)).to_have_count(0)
        tab.shows_unread(count)


def as_service(portal: Company) -> dict[str, str]:
    return {"Authorization": f"Api-Key {portal.key}"}


def broadcast(portal: Company, title: str) -> tuple[int, str]:
    """Its id and its batch."""
    body = {"broadcast": True, "type": "announcement", "title": title, "message": "…"}
    answer = portal.ask("POST", SEND, json=body, headers=as_service(portal))
    assert answer.status_code == 201, answer.text
    said = answer.json()
    return int(said["ids"][0]), str(said["batch_id"])

"""Waiting with a live bar: it moves, ends in a notification, and says where nothing is heard."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.tab import Tab
from tests.endpoints.company import Company
from tests.support.servers import Deployment

pytestmark = pytest.mark.once
JOBS = "/api/v1/jobs"

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


def test_a_bar_moves_and_ends_in_a_notification(
    portal: Company, people: People, tabs: Tabs
) -> None:
    alices = people()
    here = tabs(alices).sign_in("alice").is_connected().open_list()
    there = tabs(alices).is_connected().open_list()
    bob = tabs(people()).sign_in("bob").is_connected().open_list()

    made = start(portal, "alice", "Sales report")
    for tab in (here, there):
        expect(job(tab)).to_contain_text("Sales report")
        expect(job(tab)).to_contain_text("Waiting to start")
        # Nobody knows how far it is.
        expect(bar(tab)).not_to_have_attribute("aria-valuenow", re.compile(".*"))

    for progress, percent in ((0.25, "25"), (0.7, "70")):
        report(portal, made, status="running", progress=progress, message=f"Page {percent}")
        for tab in (here, there):
            expect(bar(tab)).to_have_attribute("aria-valuenow", percent)
            expect(job(tab).get_by_test_id("job-measure")).to_have_text(f"{percent}%")
            expect(job(tab)).to_contain_text(f"Page {percent}")

    # Who comes now finds it as it is.
    there.page.reload()
    there.is_connected().open_list()
    expect(bar(there)).to_have_attribute("aria-valuenow", "70")

    report(portal, made, status="succeeded", message="48,210 rows")
    for tab in (here, there):
        tab.shows_unread(1)
        rows = tab.part("notification-row")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("Sales report")
        # The bar is full for a moment, and gone then.
        expect(job(tab)).to_have_count(0)
    expect(job(bob)).to_have_count(0)
    there.page.reload()
    there.is_connected().open_list()
    expect(there.part("notification-row")).to_have_count(1)
    expect(job(there)).to_have_count(0)


def test_cancel_button_of_a_shared_job(portal: Company, people: People, tabs: Tabs) -> None:
    alice = tabs(people()).sign_in("alice").is_connected().open_list()
    narrow = people(viewport={"width": 360, "height": 640})
    bob = tabs(narrow).sign_in("bob").is_connected().open_list()
    body = {"usernames": ["alice", "bob"], "title": "Sales report", "status": "running"}
    answer = portal.ask("POST", JOBS, json=body, headers=as_service(portal))
    made = int(answer.json()["id"])

    alice.page.get_by_role("dialog").get_by_role("button", name="Cancel: ").click()
    for tab in (alice, bob):
        button = job(tab).get_by_test_id("job-cancel")
        expect(button).to_have_text("Cancelling…")
        expect(button).to_have_attribute("aria-disabled", "true")
        assert tab.fits()
    # It does not lose the keyboard's place.
    expect(job(alice).get_by_test_id("job-cancel")).to_be_focused()
    there = portal.ask("GET", f"{JOBS}/{made}", headers=as_service(portal)).json()
    assert there["cancel_requested"] is True

    report(portal, made, status="cancelled", message="4 of 10 sheets")
    for tab in (alice, bob):
        expect(job(tab)).to_have_count(0)
        expect(tab.part("notification-row").first).to_contain_text("4 of 10 sheets")


def test_one_that_nothing_is_heard_of_says_so_until_it_is_heard_of_again(
    deployments: Callable[..., Deployment], people: People
) -> None:
    impatient = deployments(BELLWIRE_JOB_STALE_S=2)
    impatient.manage("demo_users")
    there = Company(impatient.url, impatient.service_key())
    korean = people(locale="ko-KR", viewport={"width": 360, "height": 640})
    tab = Tab(korean, there.url).sign_in("alice").is_connected().open_list()

    made = start(there, "alice", "분기 보고서 번역", status="running", progress=0.1)
    expect(job(tab)).to_have_attribute("data-status", "stale")
    expect(job(tab)).to_contain_text("한동안 소식이 없어요")
    expect(bar(tab)).to_have_attribute("aria-valuetext", "한동안 소식이 없어요")
    assert tab.fits()

    report(there, made, progress=0.6)
    expect(bar(tab)).to_have_attribute("aria-valuenow", "60")
    # Silent again: it can be hidden, and its end is told nevertheless.
    job(tab).get_by_test_id("job-dismiss").click()
    expect(job(tab)).to_have_count(0)
    report(there, made, status="failed", message="8쪽의 표를 읽을 수 없습니다.")
    tab.shows_unread(1)
    expect(tab.part("notification-row")).to_contain_text("8쪽의 표를 읽을 수 없습니다.")


def as_service(portal: Company) -> dict[str, str]:
    return {"Authorization": f"Api-Key {portal.key}"}


def start(portal: Company, username: str, title: str, **more: Any) -> int:
    body = {"username": username, "title": title, **more}
    answer = portal.ask("POST", JOBS, json=body, headers=as_service(portal))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def report(portal: Company, made: int, **said: Any) -> None:
    answer = portal.ask("PATCH", f"{JOBS}/{made}", json=said, headers=as_service(portal))
    assert answer.status_code == 200, answer.text


def job(tab: Tab) -> Locator:
    """In the open list; the start page has it too."""
    return tab.page.get_by_role("dialog").get_by_test_id("job")


def bar(tab: Tab) -> Locator:
    return job(tab).get_by_role("progressbar")

"""A bell list of ten thousand: all of it there, little of it drawn, and no place is lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.accessible import violations
from tests.browser.long import (
    fill,
    first_in_sight,
    most_rows,
    scroll_through,
    scroll_to,
    scroll_when_more_arrives,
    scrolled_when_more_arrived,
    top_of,
    watch_rows,
)
from tests.browser.tab import PASSWORD, Tab
from tests.browser.test_bell import SCREENSHOTS, photograph
from tests.endpoints.company import Company
from tests.support.servers import Deployment

pytestmark = pytest.mark.once
MANY = 10_000
# A panel shows six or so; the rest are what a fast hand may see next.
DRAWN = 60
DEEP_PX = 5_000
PHONE = {"width": 360, "height": 640}

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]


@pytest.fixture(scope="module")
def alices(portal: Company, deployment: Deployment) -> list[int]:
    """Ten thousand, the newest first; one old order among notices."""
    return fill(deployment, "alice", MANY, order=900)


@pytest.fixture(scope="module")
def bobs(portal: Company, deployment: Deployment) -> list[int]:
    """Enough for a few pages."""
    return fill(deployment, "bob", 300)


# Some hundred requests and thousands of frames: minutes, where other tests have the processors too.
@pytest.mark.timeout(900)
def test_each_of_ten_thousand_is_there_once_and_in_order(
    people: People, tabs: Tabs, alices: list[int]
) -> None:
    tab = tabs(people()).sign_in("alice").is_connected()
    watch_rows(tab)
    tab.open_list()

    seen = scroll_through(tab)

    assert seen["places"] == list(range(1, MANY + 1))
    assert seen["ids"] == alices
    assert seen["conflicts"] == 0
    assert most_rows(tab) <= DRAWN
    expect(tab.row(alices[-1])).to_have_attribute("aria-setsize", str(MANY))
    expect(tab.part("list-end")).to_be_visible()

    # With all of them there it opens with as few.
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("dialog")).to_have_count(0)
    watch_rows(tab)
    tab.open_list()
    expect(tab.row(alices[0])).to_be_in_viewport()
    assert most_rows(tab) <= DRAWN
    tab.part("mark-all-read").click()
    tab.shows_unread(0)
    expect(tab.row(alices[1])).to_have_attribute("data-status", "READ")
    assert most_rows(tab) <= DRAWN


def test_one_old_order_is_found_among_ten_thousand(
    people: People, tabs: Tabs, alices: list[int]
) -> None:
    tab = tabs(people()).sign_in("alice").is_connected().open_list()
    scroll_to(tab, DEEP_PX)

    tab.part("filter-category").select_option("shopping")
    tab.shows_rows(alices[MANY - 1 - 900])
    tab.part("filter-category").select_option("prism")
    expect(tab.part("none-shown")).to_be_visible()
    tab.part("filter-category").select_option("")
    expect(tab.row(alices[0])).to_be_in_viewport()


def test_another_part_of_the_list_is_shown_from_its_top(
    people: People, tabs: Tabs, bobs: list[int]
) -> None:
    tab = tabs(people()).sign_in("bob").is_connected().open_list()
    top = tab.page.locator("[data-testid=notification-row][aria-posinset='1']")
    for part in ("filter-unread", "filter-all"):
        scroll_through(tab)
        expect(tab.part("list-end")).to_be_in_viewport()
        tab.part(part).click()
        expect(tab.part(part)).to_have_attribute("aria-pressed", "true")
        expect(top).to_be_in_viewport()
    scroll_to(tab, DEEP_PX)
    tab.part("filter-unread").click()
    expect(top).to_be_in_viewport()
    seen = scroll_through(tab)
    assert seen["ids"][-len(bobs) // 2 :] == bobs[1::2]


def test_who_reads_further_down_keeps_their_place_when_something_comes(
    portal: Company, people: People, tabs: Tabs, bobs: list[int]
) -> None:
    tab = tabs(people()).sign_in("bob").is_connected().open_list()
    expect(tab.row(bobs[0])).to_be_in_viewport()
    scroll_to(tab, DEEP_PX)
    reading, before = first_in_sight(tab)

    sent = [portal.send("bob", f"News {n}", message="More. " * 9 * n) for n in range(1, 4)]
    expect(tab.part("toast").first).to_contain_text("News")
    expect(tab.row(reading)).to_have_attribute("aria-posinset", str(bobs.index(reading) + 4))

    assert abs(top_of(tab, reading) - before) <= 1
    # Somebody deletes one of them on their phone.
    there = tabs(people()).sign_in("bob").is_connected().open_list()
    there.row(sent[1]).get_by_test_id("delete").click()
    there.page.goto("about:blank")
    expect(tab.row(reading)).to_have_attribute("aria-posinset", str(bobs.index(reading) + 3))
    assert abs(top_of(tab, reading) - before) <= 1

    # Also at the very end of the list.
    scroll_through(tab)
    reading, before = first_in_sight(tab)
    place = int(tab.row(reading).get_attribute("aria-posinset") or 0)
    portal.send("bob", "Late news")
    expect(tab.row(reading)).to_have_attribute("aria-posinset", str(place + 1))
    assert abs(top_of(tab, reading) - before) <= 1

    # Who looks at the top sees what comes.
    scroll_to(tab, 0)
    latest = portal.send("bob", "The latest")
    expect(tab.row(latest)).to_be_in_viewport()
    expect(tab.row(latest)).to_have_attribute("aria-posinset", "1")


def test_the_focus_is_never_lost_and_keys_reach_every_row(
    people: People, tabs: Tabs, bobs: list[int]
) -> None:
    tab = tabs(people()).sign_in("bob").is_connected().open_list()
    keys = tab.page.keyboard
    rows = tab.part("notification-row")
    first = rows.first.get_attribute("data-id")
    third = rows.nth(2).get_attribute("data-id")
    focused = tab.page.locator("[data-testid=notification-row]:focus-within")
    rows.first.locator(".line").focus()

    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(focused).to_have_attribute("data-id", str(third))
    # Away from it, and on from where one was.
    scroll_to(tab, DEEP_PX)
    expect(focused).to_have_attribute("data-id", str(third))
    for _ in range(4):
        keys.press("Tab")
    expect(focused).to_be_in_viewport()
    assert int(focused.get_attribute("aria-posinset") or 0) in (4, 5)

    # To the end of what there is, which makes more come, until there is no more.
    for _ in range(100):
        if tab.part("list-end").count():
            break
        keys.press("End")
        expect(focused).to_be_in_viewport()
        expect(tab.part("notification-list")).to_have_attribute("aria-busy", "false")
    keys.press("End")
    expect(focused).to_have_attribute("data-id", str(bobs[-1]))
    expect(focused).to_be_in_viewport()
    keys.press("ArrowUp")
    expect(focused).to_have_attribute("data-id", str(bobs[-2]))
    keys.press("Home")
    expect(focused).to_have_attribute("data-id", str(first))
    expect(focused).to_be_in_viewport()

    # The row that has it is deleted: the next one takes it.
    second = rows.nth(1).get_attribute("data-id")
    keys.press("Tab")
    while "delete" not in (
        tab.page.evaluate("document.activeElement.getAttribute('data-testid')") or ""
    ):
        keys.press("Tab")
    keys.press("Enter")
    tab.part("undo").hover()
    expect(tab.row(int(first or 0))).to_have_count(0)
    expect(focused).to_have_attribute("data-id", str(second))
    tab.part("undo").click()
    expect(tab.row(int(first or 0))).to_have_count(1)


def test_what_could_not_be_had_can_be_tried_again(
    portal: Company, people: People, bobs: list[int]
) -> None:
    # Not by `tabs`: the browser complains of the answer.
    tab = Tab(people(), portal.url).sign_in("bob").is_connected()
    asked: list[str] = []

    def fail(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, json={"code": "UNAVAILABLE", "message": "Not now"})

    older = "**/api/v1/notifications?*size=100*"
    tab.page.route(older, fail)
    tab.open_list()
    expect(tab.part("notification-row").first).to_be_visible()
    scroll_to(tab, DEEP_PX)
    expect(tab.part("retry-more")).to_be_visible()
    assert violations(tab.page) == []
    scroll_to(tab, 0)
    scroll_to(tab, DEEP_PX)
    assert len(asked) == 1  # it is not asked for again and again

    tab.page.unroute(older)
    tab.part("retry-more").click()
    expect(tab.part("retry-more")).to_have_count(0)
    scroll_to(tab, 0)
    seen = scroll_through(tab)
    assert seen["ids"][-len(bobs) :] == bobs


def test_who_scrolls_up_as_more_arrives_gets_there(
    people: People, tabs: Tabs, bobs: list[int]
) -> None:
    tab = tabs(people()).sign_in("bob").is_connected().open_list()
    expect(tab.part("notification-row").first).to_be_visible()
    scroll_when_more_arrives(tab, 0)
    scroll_to(tab, DEEP_PX)
    expect(tab.row(bobs[60])).to_have_count(0)
    expect(tab.part("notification-list")).to_have_attribute("aria-busy", "false")
    assert scrolled_when_more_arrived(tab) == 0


def test_on_a_phone_no_toast_lies_over_the_list(
    portal: Company, people: People, tabs: Tabs, bobs: list[int]
) -> None:
    tab = tabs(people(viewport=PHONE)).sign_in("bob").is_connected().open_list()
    expect(tab.part("notification-row").first).to_be_visible()
    sent = portal.send("bob", "While the list is open")
    expect(tab.row(sent)).to_be_in_viewport()
    expect(tab.part("toast")).to_have_count(0)
    expect(tab.page.get_by_role("status").filter(has_text="While the list is open")).to_have_count(
        1
    )

    tab.row(sent).get_by_test_id("delete").click()
    tab.part("undo").hover()
    tab.page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished))")
    panel, toast = tab.page.get_by_role("dialog").bounding_box(), tab.part("toast").bounding_box()
    assert panel
    assert toast
    assert panel["y"] + panel["height"] <= toast["y"]
    assert panel["height"] > PHONE["height"] / 2
    photograph(tab, SCREENSHOTS / "long-phone", "undo")
    tab.part("undo").click()
    expect(tab.row(sent)).to_be_in_viewport()
    tab.page.keyboard.press("Escape")
    expect(tab.part("toast")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_scrolled_list_is_accessible_and_fits(
    portal: Company,
    people: People,
    tabs: Tabs,
    bobs: list[int],
    width: int,
    locale: str,
    scheme: str,
) -> None:
    portal.speaks("bob", PASSWORD, locale)
    visitor = people(locale=locale, viewport={"width": width, "height": 760}, color_scheme=scheme)
    tab = tabs(visitor).sign_in("bob").is_connected().open_list()
    expect(tab.part("notification-row").first).to_be_visible()
    picture = SCREENSHOTS / f"long-{locale[:2]}-{width}-{scheme}"
    photograph(tab, picture, "1-top")
    scroll_to(tab, DEEP_PX)
    assert violations(tab.page) == []
    assert tab.fits()
    photograph(tab, picture, "2-scrolled")
    scroll_through(tab)
    assert violations(tab.page) == []
    photograph(tab, picture, "3-end")
    tab.part("filter-category").select_option("shopping")
    expect(tab.part("none-shown")).to_be_visible()
    photograph(tab, picture, "4-none")

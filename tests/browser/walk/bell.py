"""The start page, the bell's list, toasts, and the settings."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.walk.portal_tour import PortalTour

PREFERENCES = "**/api/v1/notifications/preferences"


def walk(tour: PortalTour) -> None:
    tab, album = tour.tab, tour.album
    expect(tab.part("newcomer-guide")).to_be_visible()
    album.add("newcomer")
    tab.open_list()
    expect(tab.part("empty-state")).to_be_visible()
    album.add("list-empty")
    tab.page.keyboard.press("Escape")

    start_jobs(tour)
    expect(tab.part("job")).to_have_count(3)
    album.add("jobs")
    send_all(tour)
    expect(tab.part("toast")).to_have_count(3)
    album.add("toasts")
    tab.open_list()
    expect(tab.part("notification-row").first).to_be_visible()
    album.add("list")
    tab.part("desktop-no").click()
    tab.part("filter-unread").click()
    tab.part("filter-category").select_option("blog")
    expect(tab.part("notification-row")).to_have_count(1)
    tab.part("mark-read").click()
    expect(tab.part("none-shown")).to_be_visible()
    album.add("list-filtered")
    tab.part("filter-all").click()
    tab.part("filter-category").select_option("")
    tab.part("delete").first.click()
    # It stays as long as it has the focus.
    tab.part("undo").focus()
    album.add("deleted-with-undo")
    tab.part("undo").click()
    tab.page.keyboard.press("Escape")
    expect(tab.part("toast")).to_have_count(0)
    album.add("home")

    settings(tour)
    elsewhere(tour)


def settings(tour: PortalTour) -> None:
    tab = tour.tab
    tab.part("settings").click()
    expect(tab.part("category-switch").first).to_be_visible()
    tour.album.add("settings")
    back = tour.expects_failures(PREFERENCES, "PUT")
    tab.part("category-switch").first.click()
    expect(tab.part("settings-problem")).not_to_be_empty()
    tour.album.add("settings-refused")
    back()
    tab.page.keyboard.press("Escape")
    expect(tab.part("settings-dialog")).to_have_count(0)


def elsewhere(tour: PortalTour) -> None:
    """Where a notification leads that has no page here."""
    tab = tour.tab
    tab.page.goto(f"{tour.portal.url}/orders/1042")
    tab.is_connected()
    expect(tab.part("elsewhere")).to_be_visible()
    tour.album.add("elsewhere")


def start_jobs(tour: PortalTour) -> None:
    """One that waits, one under way, and one that is all but done."""

    def start(english: str, korean: str, **more: Any) -> None:
        title = tour.words(english, korean)
        tour.ask_as_service("POST", "/jobs", username=tour.username, title=title, **more)

    start("Sales report", "분기 매출 보고서")
    page = tour.words("Page 17", "17쪽 번역 중")
    start("Translation", "직원 안내서 번역", status="running", progress=0.42, message=page)
    festival = "Sorting 48,210 pictures that were taken at the summer festival"
    start(festival, "여름 축제 사진 48,210장 정리하기", status="running", progress=0.999, link="/p")


def send_all(tour: PortalTour) -> None:
    """A parcel, a comment, what nobody would write, and one to everyone."""
    send = tour.portal.send
    send(
        tour.username,
        tour.words("Your order is on its way", "주문하신 상품이 출발했어요"),
        message=tour.words("It should be there tomorrow.", "내일 오전에 도착할 예정이에요."),
        type="DELIVERY_STARTED",
        link="/orders/1042",
    )
    send(
        tour.username,
        tour.words("New comment on “Ordering events”", "‘이벤트 순서’ 글에 새 댓글이 달렸어요"),
        message=tour.words("So an id really does skip? ", "번호가 정말 건너뛰기도 하나요? ") * 8,
        type="BLOG_COMMENT",
    )
    address = "https://example.com/" + "a" * 300
    send(tour.username, "W" * 120, message=address, link=address)
    send(
        tour.username,
        tour.words("You have a new follower", "새 팔로워가 생겼어요"),
        type="mention",
    )

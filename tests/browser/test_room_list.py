"""The list of rooms, with more of them than the server gives at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.tab import Tab
from tests.endpoints.company import Company
from tests.support.servers import Deployment

pytestmark = pytest.mark.once

PAGE = 100
_OPEN_ROOMS = """
from django.utils import timezone
from chat.rooms.models import Room
now = timezone.now()
Room.objects.bulk_create(
    Room(name=f"Open room {{number}}", kind="group", open=True, created_at=now)
    for number in range({count})
)
"""


@pytest.mark.parametrize(
    ("locale", "more"), [("en-US", "Show more"), ("ko-KR", "더 보기")], ids=["en", "ko"]
)
def test_room_list_shows_more_open_rooms_and_moves_the_focus_to_them(
    deployments: Callable[..., Deployment],
    people: Callable[..., BrowserContext],
    locale: str,
    more: str,
) -> None:
    own = deployments()
    own.manage("demo_users")
    code = _OPEN_ROOMS.format(count=PAGE + 3)
    own.manage("shell", "--no-imports", "--verbosity=0", "-c", code)
    portal = Company(own.url, own.service_key())
    tab = Tab(people(locale=locale, viewport={"width": 360, "height": 740}), portal.url)
    tab.sign_in("alice").is_connected()

    tab.part("rooms-link").click()

    expect(tab.part("join")).to_have_count(PAGE)
    button = tab.page.get_by_role("button", name=more, exact=True)
    button.press("Enter")
    expect(tab.part("join")).to_have_count(PAGE + 3)
    expect(button).to_have_count(0)
    expect(tab.part("join").nth(PAGE)).to_be_focused()
    assert tab.fits()

    # The last one is as good as the first.
    tab.part("join").last.click()
    expect(tab.page.get_by_role("heading", name="Open room 0", exact=True)).to_be_visible()
    assert tab.complaints == []

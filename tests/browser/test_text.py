"""Names and texts of any script, as they stand in the portal."""

import unicodedata
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.tab import Tab
from tests.browser.test_rooms import Host, in_room, message, send_message
from tests.endpoints.company import Company
from tests.support.servers import Deployment
from tools.paths import ROOT

pytestmark = pytest.mark.once

People = Callable[..., BrowserContext]
Tabs = Callable[[BrowserContext], Tab]
SCREENSHOTS = ROOT / "var" / "screenshots"

ARABIC, HEBREW = "مرحبا، كيف الحال؟", "שלום עולם!"
NAMES = """
from accounts.models import User
User.objects.filter(username="carol").update(first_name="Carol\\u202e", last_name="")
for name in ("عمر", "김민수"):
    User.objects.filter(username=name).exists() or User.objects.create_user(
        name, password="bellwire-demo")
"""


@pytest.fixture(scope="module")
def names(portal: Company, deployment: Deployment) -> None:
    deployment.manage("shell", "--no-imports", "--verbosity=0", "-c", NAMES)


@pytest.fixture(scope="module")
def carol(portal: Company) -> Host:
    return Host(portal, "carol")


def direction(of: Locator) -> str:
    found: str = of.evaluate("element => getComputedStyle(element).direction")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_their_own_direction(
    portal: Company, people: People, tabs: Tabs, names: None, carol: Host, scheme: str
) -> None:
    room = carol.room(f"{HEBREW} {scheme}", Host(portal, "عمر"), Host(portal, "alice"))
    Host(portal, "عمر").send_message(room, ARABIC)
    carol.send_message(room, f"@ALICE {HEBREW} @ＡＬＩＣＥさん")
    hers = tabs(people(color_scheme=scheme)).sign_in("alice").is_connected()
    in_room(hers, f"{HEBREW} {scheme}")
    arabic = message(hers, ARABIC)
    assert direction(arabic.locator(".content")) == "rtl"
    assert direction(arabic.locator(".author")) == "rtl"
    assert direction(hers.part("room-view").locator("h2")) == "rtl"
    assert direction(hers.part("composer")) == "ltr"
    hers.part("composer").fill(ARABIC)
    assert direction(hers.part("composer")) == "rtl"
    # Whom it names is marked, in every spelling.
    expect(message(hers, HEBREW).locator("mark")).to_have_text(["@ALICE", "@ＡＬＩＣＥ"])
    hers.page.screenshot(path=SCREENSHOTS / f"text-room-{scheme}.png")
    hers.part("bell").click()
    row = (
        hers.part("notification-row")
        .filter(has_text=f"Carol\u2069 mentioned you in \u2068{HEBREW} {scheme}")
        .first
    )
    # Her override is gone, and his name keeps to itself: the sentence reads on.
    expect(row.locator(".title")).to_be_visible()
    hers.page.screenshot(path=SCREENSHOTS / f"text-bell-{scheme}.png")


def test_composers_send_nothing_that_shows_nothing(
    people: People, tabs: Tabs, names: None, carol: Host
) -> None:
    carol.room("Blanks")
    hers = in_room(tabs(people()).sign_in("carol").is_connected(), "Blanks")
    for blank in (" ", "\u3164", "\u2800\u200b"):
        hers.part("composer").fill(blank)
        expect(hers.part("send")).to_have_attribute("aria-disabled", "true")
        hers.part("composer").press("Enter")
        expect(hers.part("composer")).to_have_value(blank)
    send_message(hers, "👍")
    expect(hers.part("message")).to_have_count(1)


def test_name_of_jamo_signs_in_and_is_found(people: People, tabs: Tabs, names: None) -> None:
    jamo = unicodedata.normalize("NFD", "김민수")
    his = tabs(people(locale="ko-KR", viewport={"width": 390, "height": 800})).sign_in(jamo)
    his.is_connected()
    expect(his.page.get_by_role("heading", name="안녕하세요, 김민수 님")).to_be_visible()
    hers = tabs(people(locale="ko-KR")).sign_in("alice").is_connected()
    hers.part("rooms-link").click()
    hers.part("find-person").click()
    hers.part("person-query").fill(jamo)
    expect(hers.part("person")).to_contain_text("김민수")
    hers.page.screenshot(path=SCREENSHOTS / "text-person-ko.png")

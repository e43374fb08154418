"""Every screen of the portal, in both languages, on desktop and phone, in light and dark.

The pictures stay in var/screenshots/portal, to be looked at by people. By machine each is looked at
with axe, for labels that are cut off, and for whether it fits, at 320 pixels too (WCAG reflow).
"""

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.tab import Tab
from tests.browser.test_rooms import Host
from tests.browser.walk import assistant, bell, entrance, rooms, trouble
from tests.browser.walk.album import PICTURES, Album
from tests.browser.walk.portal_tour import OTHER, PortalTour, token_of
from tests.chat.assistant.model_server import ModelServer
from tests.endpoints.company import Company
from tests.support.servers import Deployment

pytestmark = pytest.mark.once
LANGUAGES = {"en": "en-US", "ko": "ko-KR"}
DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
# A person for each: nobody finds what another has left.
VISITORS = {"en-desktop": "alice", "en-phone": "carol", "ko-desktop": "지민", "ko-phone": "서연"}
KOREANS = """
from accounts.models import User
for username, name in (("지민", "김지민"), ("서연", "이서연")):
    User.objects.create_user(username, password="bellwire-demo", first_name=name)
"""
RULES = """# Returns of parcels · 택배 반품
A parcel can be returned within 30 days. 택배는 30일 안에 반품할 수 있어요.
"""


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def deployment_settings(model: ModelServer) -> dict[str, str]:
    return {"LLM_BASE_URL": model.url, "LLM_API_KEY": "sk-test", "LLM_MODEL": "test"}


# Four visits of fifty screens are many tests in one: two minutes where the machine is idle.
@pytest.mark.timeout(1_800)
def test_every_screen_is_legible_in_both_languages_at_every_width_and_in_the_dark(
    portal: Company,
    deployment: Deployment,
    model: ModelServer,
    people: Callable[..., BrowserContext],
) -> None:
    deployment.manage("shell", "--no-imports", "--verbosity=0", "-c", KOREANS)
    shutil.rmtree(PICTURES, ignore_errors=True)
    bob, others_token = Host(portal, OTHER), token_of(portal, OTHER)
    visits: list[PortalTour] = []
    asked: set[str] = set()
    for language, locale in LANGUAGES.items():
        for device, options in DEVICES.items():
            name = f"{language}-{device}"
            dark = language == "en"
            context = people(locale=locale, reduced_motion="reduce", **options)
            context.on("request", lambda request: asked.add(request.url))
            context.on("page", lambda page: page.on("websocket", lambda one: asked.add(one.url)))
            tab = Tab(context, portal.url)
            album = Album(tab, name, narrows=device == "phone", in_the_dark=dark)
            visits.append(
                PortalTour(
                    username=VISITORS[name],
                    korean=language == "ko",
                    portal=portal,
                    model=model,
                    tab=tab,
                    album=album,
                    me=(me := Host(portal, VISITORS[name])),
                    other=bob,
                    others_token=others_token,
                    my_id=me.ask("GET", "/auth/me")["id"],
                )
            )
    visits[0].ask_as_service(
        "POST",
        "/chat/documents",
        title="Returns · 반품 안내",
        content=RULES,
        content_type="text/markdown",
    )
    for tour in visits:
        for walk in (entrance.walk, bell.walk, rooms.walk, assistant.walk):
            walk(tour)
    deployment.server.stop()
    for tour in visits:
        trouble.away(tour)
    deployment.server.start()
    for tour in visits:
        trouble.refused(tour)
        trouble.over(tour)

    faults = [f"{tour.album.name}/{fault}" for tour in visits for fault in tour.album.faults]
    assert faults == []
    refused = [said for tour in visits for said in tour.tab.complaints if "Policy" in said]
    assert refused == []
    # Nothing is loaded from another host, nor connected to.
    own = urlsplit(portal.url).netloc
    assert {urlsplit(url).netloc for url in asked} == {own}

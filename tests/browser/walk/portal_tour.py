"""One person's visit to the portal: who, in which language, and what photographs it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.browser.tab import PASSWORD, Tab
from tests.browser.test_rooms import Host
from tests.browser.walk.album import Album
from tests.chat.assistant.model_server import ModelServer
from tests.endpoints.company import Company

OTHER = "bob"


@dataclass(frozen=True, slots=True)
class PortalTour:
    """Bob is the other one, wherever there must be two."""

    username: str
    korean: bool
    portal: Company
    model: ModelServer
    tab: Tab
    album: Album
    me: Host
    other: Host
    others_token: str
    my_id: int

    def words(self, english: str, korean: str) -> str:
        """What is written by people: in the visitor's language."""
        return korean if self.korean else english

    def expects_failures(self, url: str, method: str = "") -> Callable[[], None]:
        """From now on such requests do not arrive, until the result is called."""
        page = self.tab.page
        page.route(
            url,
            lambda route: (
                route.abort()
                if route.request.method in (method, method or route.request.method)
                else route.continue_()
            ),
        )
        return lambda: page.unroute(url)

    def ask_as_service(self, method: str, path: str, **body: Any) -> Any:
        """What a service of the company does."""
        headers = {"Authorization": f"Api-Key {self.portal.key}"}
        answer = self.portal.ask(method, f"/api/v1{path}", headers=headers, json=body)
        assert answer.is_success, answer.text
        return answer.json()


def token_of(portal: Company, username: str) -> str:
    return portal.sign_in(username, PASSWORD).access

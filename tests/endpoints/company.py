"""A deployment as strangers see it: its URL, a service's key, and what one can ask over HTTP."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.endpoints.hostile_requests import RawWebSocket
from tests.support.deadlines import PATIENCE_S

ME = "/api/v1/auth/me"
SEND = "/api/v1/notifications/send"
TOKEN = "/api/v1/auth/token"
# Made once: each takes longer than a request.
_TLS = httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What signing in gives."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Company:
    """One server, and the key of one of its services."""

    url: str
    key: str

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, on a connection of its own, with no cookie from before."""
        with self.visitor() as client:
            return client.request(method, path, **options)

    def visitor(self) -> httpx.Client:
        """Somebody who keeps cookies."""
        return httpx.Client(base_url=self.url, timeout=PATIENCE_S, trust_env=False, verify=_TLS)

    def send(self, username: str, title: str = "Ding", **more: Any) -> int:
        """A service's notification. Returns its id."""
        body = {"usernames": [username], "type": "SYSTEM", "title": title, "message": "…", **more}
        answer = self.ask("POST", SEND, json=body, headers={"Authorization": f"Api-Key {self.key}"})
        assert answer.status_code == 201, answer.text
        notification_id: int = answer.json()["ids"][0]
        return notification_id

    def sign_in(self, username: str, password: str) -> SignedIn:
        """Their tokens."""
        body = {"username": username, "password": password}
        answer = self.ask("POST", TOKEN, json=body)
        assert answer.status_code == 200, answer.text
        return SignedIn(answer.json()["access"], answer.json()["refresh"])

    def speaks(self, username: str, password: str, language: str) -> None:
        """They have set their language, wherever they signed in before."""
        headers = bearer(self.sign_in(username, password).access)
        answer = self.ask("PATCH", ME, headers=headers, json={"language": language[:2]})
        assert answer.status_code == 200, answer.text

    def is_well(self) -> bool:
        """Whether the process answers."""
        return bool(self.ask("GET", "/healthz").json() == {"status": "ok"})

    def rings(self, socket: RawWebSocket, username: str) -> bool:
        """Whether a notification that is sent now arrives on an open socket of the user."""
        sent = self.send(username)
        event = socket.receive_until(lambda frame: frame["type"] == "notification")
        return bool(event["data"]["id"] == sent)

    def goes_on(self, socket: RawWebSocket, username: str) -> bool:
        """The socket answers and still hears events, and the server is well."""
        return socket.answers() and self.rings(socket, username) and self.is_well()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error in the shape of all REST errors."""
    body = answer.json()
    assert isinstance(body["message"], str), body
    assert body.keys() <= {"code", "message", "errors"}, body
    return answer.status_code, body["code"]


def eventually(happens: Callable[[], bool], timeout_s: float = PATIENCE_S) -> bool:
    """Whether it happens in time."""
    deadline = time.monotonic() + timeout_s
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True

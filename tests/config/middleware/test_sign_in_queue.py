"""Requests with a password wait by themselves, take turns, and hold nobody else up."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.core import signing

from accounts.users.devices import name_tag
from config.middleware.admission.queue import Admission
from config.middleware.admission.sign_in_queue import SIGN_IN_BODY_BYTES, queue_sign_ins
from tests.config.middleware.asgi import Connection, settle
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.once
TOKEN = "/api/v1/auth/token"


def queue(application: Any, *, at_once: int, waiting: int) -> Any:
    admission = Admission(at_once, waiting=waiting, wait_s=PATIENCE_S)
    return queue_sign_ins(application, admission)


def sign_in(name: str) -> bytes:
    return json.dumps({"username": name, "password": "a guess"}).encode()


class Application:
    """Runs until it is let go; remembers what it was given. Its answer has `status`."""

    def __init__(self, status: int = 200) -> None:
        self.go = asyncio.Event()
        self.status = status
        self.running = 0
        self.most = 0
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        self.bodies.append((await receive())["body"])
        await self.go.wait()
        self.running -= 1
        await send({"type": "http.response.start", "status": self.status, "headers": []})


Receive = Callable[[], Awaitable[dict[str, Any]]]


def body(text: bytes, *, more: bool = False) -> Receive:
    """A client that sends this, and waits for the answer."""
    connection = Connection()
    connection.come(text, more=more)

    async def receive() -> Any:
        return await connection.receive()

    return receive


def request(
    queued: Any,
    path: str = TOKEN,
    receive: Receive | None = None,
    method: str = "POST",
    address: str = "192.0.2.1",
    cookie: str = "",
) -> "asyncio.Task[list[dict[str, Any]]]":
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def run() -> list[dict[str, Any]]:
        headers = [(b"cookie", cookie.encode())] if cookie else []
        scope = {"type": "http", "path": path, "method": method, "headers": headers}
        await queued({**scope, "client": (address, 5)}, receive or body(b"{}"), send)
        return sent

    return asyncio.create_task(run())


async def test_few_run_some_wait_and_the_rest_are_told_when_to_come_back() -> None:
    application = Application()
    queued = queue(application, at_once=2, waiting=3)
    tasks = [request(queued) for _ in range(6)]
    await settle()
    assert application.running == 2
    refused = await tasks[5]
    assert refused[0]["status"] == 503
    assert dict(refused[0]["headers"])[b"retry-after"]
    assert b"UNAVAILABLE" in refused[1]["body"]
    application.go.set()
    answers = await asyncio.gather(*tasks[:5])
    assert [sent[0]["status"] for sent in answers] == [200] * 5
    assert application.most == 2
    assert application.bodies == [b"{}"] * 5


@pytest.mark.parametrize(
    ("path", "method"), [("/api/v1/rooms", "POST"), (TOKEN, "GET"), ("/api/v1/auth/me", "GET")]
)
async def test_other_requests_do_not_queue(path: str, method: str) -> None:
    application = Application()
    queued = queue(application, at_once=1, waiting=0)
    waiting = [request(queued, "/admin/login/")]
    await settle()
    waiting.append(request(queued, path, method=method))
    await settle()
    assert application.running == 2
    application.go.set()
    await asyncio.gather(*waiting)


async def test_body_larger_than_any_password_is_refused_without_a_turn() -> None:
    application = Application()
    queued = queue(application, at_once=1, waiting=0)
    sent = await request(queued, receive=body(b"x" * (SIGN_IN_BODY_BYTES + 1), more=True))
    assert sent[0]["status"] == 413
    assert application.bodies == []


async def test_client_that_leaves_while_it_waits_takes_no_turn() -> None:
    application = Application()
    queued = queue(application, at_once=1, waiting=9)
    first = request(queued)
    await settle()
    client = Connection()
    client.come(sign_in("left"))
    left = request(queued, receive=client.receive)
    await settle()
    client.leave()
    await settle()
    application.go.set()
    await asyncio.gather(first, left)
    assert application.bodies == [b"{}"]


async def test_known_browser_waits_behind_nobody() -> None:
    order = await order_of(
        [{"receive": body(sign_in("stranger"))} for _ in range(10)],
        {"receive": body(sign_in("alice")), "cookie": cookie_of("alice")},
    )
    assert order[1] == sign_in("alice")


async def test_addresses_take_turns() -> None:
    order = await order_of(
        [{"receive": body(sign_in("busy"))} for _ in range(10)],
        {"receive": body(sign_in("late")), "address": "192.0.2.2"},
    )
    assert order.index(sign_in("late")) == 2


async def test_networks_take_turns() -> None:
    """Whoever has a whole network waits behind themselves."""
    order = await order_of(
        [
            {"receive": body(sign_in("busy")), "address": f"192.0.2.{number}"}
            for number in range(1, 11)
        ],
        {"receive": body(sign_in("late")), "address": "198.51.100.1"},
    )
    assert order.index(sign_in("late")) == 2


async def test_browser_that_others_have_used_is_not_known() -> None:
    """Or whoever has an account would have as many known browsers as they like."""
    order = await order_of(
        [{"receive": body(sign_in("stranger"))} for _ in range(2)],
        {"receive": body(sign_in("alice")), "cookie": cookie_of("mallory")},
    )
    assert order[-1] == sign_in("alice")


async def test_those_who_have_failed_wait_behind_those_who_have_not() -> None:
    """Forty addresses guess at once, and again: somebody else waits for none of the second."""
    application = Application(status=401)
    application.go.set()
    queued = queue(application, at_once=1, waiting=100)
    addresses = [f"198.51.{number}.7" for number in range(40)]
    for address in addresses:
        await request(queued, receive=body(sign_in("nobody")), address=address)
    application.go.clear()
    application.bodies.clear()

    tasks = [
        request(queued, receive=body(sign_in("nobody")), address=address) for address in addresses
    ]
    await settle()
    tasks.append(request(queued, receive=body(sign_in("alice")), address="192.0.2.1"))
    await settle()
    application.go.set()
    await asyncio.gather(*tasks)

    # One ran when it came.
    assert application.bodies[:2] == [sign_in("nobody"), sign_in("alice")]
    assert len(application.bodies) == 41


async def order_of(earlier: list[dict[str, Any]], late: dict[str, Any]) -> list[bytes]:
    """The bodies as they had their turn, where one runs at once."""
    application = Application()
    queued = queue(application, at_once=1, waiting=100)
    tasks = [request(queued, **one) for one in earlier]
    await settle()
    tasks.append(request(queued, **late))
    await settle()
    application.go.set()
    await asyncio.gather(*tasks)
    return application.bodies


def cookie_of(*names: str) -> str:
    tags = [name_tag(name) for name in names]
    value = signing.dumps({"id": "mine", "names": tags}, salt="accounts.users.devices")
    return f"known_device={value}"

"""Requests with a password wait by themselves, take turns, and hold nobody else up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.core import signing

from config import sign_in_queue
from config.fair_queue import FairQueue, QueueFullError
from config.sign_in_queue import queue_sign_ins

pytestmark = pytest.mark.once
TOKEN = "/api/v1/auth/token"


async def settle() -> None:
    """Let every task run as far as it comes by itself."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_client_that_comes_often_waits_behind_itself() -> None:
    queue = FairQueue(at_once=1, waiting=100)
    order: list[str] = []

    async def one(key: str) -> None:
        await queue.acquire(key)
        order.append(key)
        await asyncio.sleep(0)
        queue.release()

    await queue.acquire("busy")
    tasks = [asyncio.create_task(one("busy")) for _ in range(5)]
    await settle()
    tasks += [asyncio.create_task(one("late")) for _ in range(2)]
    await settle()
    queue.release()
    await asyncio.gather(*tasks)
    assert order == ["busy", "late", "busy", "late", "busy", "busy", "busy"]


async def test_who_gives_up_waiting_takes_no_turn_with_them() -> None:
    queue = FairQueue(at_once=1, waiting=2)
    await queue.acquire("a")
    leaving = asyncio.create_task(queue.acquire("b"))
    staying = asyncio.create_task(queue.acquire("c"))
    await settle()
    with pytest.raises(QueueFullError):
        await queue.acquire("d")
    leaving.cancel()
    await settle()
    queue.release()
    await staying
    # And one who leaves in the moment in which the turn comes hands it on.
    last = asyncio.create_task(queue.acquire("e"))
    await settle()
    queue.release()
    last.cancel()
    await settle()
    await queue.acquire("f")


class Application:
    """Runs until it is let go; remembers what it was given."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.running = 0
        self.most = 0
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        self.bodies.append((await receive())["body"])
        await self.go.wait()
        self.running -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})


Receive = Callable[[], Awaitable[dict[str, Any]]]


def body(text: bytes, *, more: bool = False) -> Receive:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": text, "more_body": more}

    return receive


async def never() -> dict[str, Any]:
    await asyncio.Event().wait()
    return {}


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
    queued = queue_sign_ins(application, at_once=2, waiting=3)
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
    queued = queue_sign_ins(application, at_once=1, waiting=0)
    waiting = [request(queued, "/admin/login/")]
    await settle()
    waiting.append(request(queued, path, method=method))
    await settle()
    assert application.running == 2
    application.go.set()
    await asyncio.gather(*waiting)


async def test_who_never_sends_the_body_holds_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Application()
    application.go.set()
    queued = queue_sign_ins(application, at_once=1, waiting=0)
    slow = [request(queued, receive=never) for _ in range(5)]
    await settle()
    assert (await request(queued))[0]["status"] == 200
    for task in slow:
        task.cancel()
    monkeypatch.setattr(sign_in_queue, "BODY_S", 0)
    assert (await request(queued, receive=never))[0]["status"] == 408


async def test_a_body_larger_than_any_password_is_refused_without_a_turn() -> None:
    application = Application()
    queued = queue_sign_ins(application, at_once=1, waiting=0)
    sent = await request(queued, receive=body(b"x" * 10_000, more=True))
    assert sent[0]["status"] == 413
    assert application.bodies == []


async def test_a_known_browser_does_not_wait_behind_its_address() -> None:
    application = Application()
    queued = queue_sign_ins(application, at_once=1, waiting=100)
    cookie = signing.dumps({"id": "mine", "names": []}, salt="accounts.devices")
    tasks = [request(queued, receive=body(b"flood")) for _ in range(10)]
    await settle()
    tasks.append(request(queued, receive=body(b"mine"), cookie=f"known_device={cookie}"))
    await settle()
    application.go.set()
    await asyncio.gather(*tasks)
    assert application.bodies.index(b"mine") <= 2

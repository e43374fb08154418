"""What is asked by everybody is done once for all who ask meanwhile, and needs none of Django."""

import asyncio
from typing import Any

import pytest

from config.asgi import application
from config.health import endpoints
from config.health.endpoints import SingleFlight
from tests.config.middleware.asgi import Connection, get_scope, settle

pytestmark = pytest.mark.once


class Slow:
    """A question that is answered when the test says so."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def ask(self) -> int:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        return number


async def test_those_who_ask_meanwhile_share_one_answer() -> None:
    slow = Slow()
    shared = SingleFlight(slow.ask)
    asking = [asyncio.create_task(shared.result()) for _ in range(100)]
    await settle()
    asking[0].cancel()
    slow.may_answer.set()

    assert await asyncio.gather(*asking[1:]) == [1] * 99
    assert await shared.result() == 2


async def test_a_probe_starts_no_thread_of_djangos(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a probe has gone through Django's middleware")

    monkeypatch.setattr("django.core.handlers.base.BaseHandler.get_response_async", refused)
    connection = Connection()

    await application(get_scope("/healthz", host="a b"), connection.receive, connection.send)

    assert (connection.status, connection.body) == (200, b'{"status": "ok"}')
    assert connection.headers[b"x-frame-options"] == b"DENY"
    assert connection.headers[b"x-content-type-options"] == b"nosniff"
    assert connection.headers[b"content-security-policy"].startswith(b"default-src 'none'")


@pytest.mark.django_db(transaction=True)
async def test_readiness_asks_the_database_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    monkeypatch.setattr(endpoints, "_database", SingleFlight(slow.ask))
    connections = [Connection() for _ in range(20)]
    asking: Any = asyncio.gather(
        *(application(get_scope("/readyz"), each.receive, each.send) for each in connections)
    )
    await settle()
    slow.may_answer.set()
    await asking

    assert slow.asked == 1

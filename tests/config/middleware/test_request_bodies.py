"""Bodies are read whole, within a budget, before the application runs."""

import asyncio
from typing import Any

import pytest

from api.conf import ApiSettings
from config.middleware.admission.byte_budget import ByteBudget
from config.middleware.request_bodies import UNCOUNTED_BYTES, count_bodies, read_bodies
from tests.config.middleware.asgi import Connection, get_scope, settle

pytestmark = pytest.mark.once

LARGE = UNCOUNTED_BYTES + 1_000
MAX_BODY_BYTES = ApiSettings().max_body_bytes


def post(length: int | None) -> Any:
    headers = (
        {"transfer-encoding": "chunked"} if length is None else {"content-length": str(length)}
    )
    return {**get_scope(**headers), "method": "POST"}


class Echo:
    """An application that answers with the body, and holds its answer open if it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.lengths: list[bytes] = []
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        self.lengths.append(dict(scope["headers"])[b"content-length"])
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.may_end.wait()
        await send({"type": "http.response.body", "body": body, "more_body": False})


def with_bodies(application: Any, held: ByteBudget) -> Any:
    return read_bodies(application, held)


def budget(total: int = 10**8) -> ByteBudget:
    return ByteBudget(total, share=1, free=UNCOUNTED_BYTES)


@pytest.mark.parametrize("length", [600_000, None])
async def test_application_runs_once_the_body_is_whole(length: int | None) -> None:
    echo, connection = Echo(), Connection()
    connection.come(b"x" * 300_000, more=True)
    running = asyncio.create_task(
        with_bodies(echo, budget())(post(length), connection.receive, connection.send)
    )
    await settle()
    assert echo.calls == 0

    connection.come(b"y" * 300_000)
    await running

    assert connection.body == b"x" * 300_000 + b"y" * 300_000
    # Django takes a chunked body for empty unless it is told.
    assert echo.lengths == [b"600000"]


async def test_client_that_leaves_in_its_body_is_not_served() -> None:
    echo, connection, held = Echo(), Connection(), budget()
    connection.come(b"x" * LARGE, more=True)
    connection.leave()

    await with_bodies(echo, held)(post(2 * LARGE), connection.receive, connection.send)

    assert (echo.calls, connection.sent, held.used) == (0, [], 0)


@pytest.mark.parametrize(("declared", "status"), [(MAX_BODY_BYTES + 1, 413), (None, 413)])
async def test_too_large_a_body_is_refused(declared: int | None, status: int) -> None:
    echo, connection, held = Echo(), Connection(), budget()
    for _ in range(2):
        connection.come(b"x" * (MAX_BODY_BYTES // 2 + 1), more=True)

    await with_bodies(echo, held)(post(declared), connection.receive, connection.send)

    assert (echo.calls, connection.status, held.used) == (0, status, 0)
    assert connection.headers[b"connection"] == b"close"


async def test_bodies_beyond_the_budget_are_refused_and_small_ones_are_not() -> None:
    echo, held = Echo(), budget(1_500)
    application = with_bodies(echo, held)
    first, second, small = Connection(), Connection(), Connection()
    first.come(b"x" * LARGE, more=True)
    running = asyncio.create_task(application(post(2 * LARGE), first.receive, first.send))
    await settle()

    second.come(b"x" * LARGE)
    await application(post(LARGE), second.receive, second.send)
    assert second.status == 503
    assert int(second.headers[b"retry-after"]) >= 1
    small.come(b"x" * UNCOUNTED_BYTES)
    await application(post(UNCOUNTED_BYTES), small.receive, small.send)
    assert small.status == 200

    first.leave()
    await running
    assert held.used == 0


@pytest.mark.parametrize("sizes", [(1,) * 30_000, (1, 10_000, 300_000, 1, 1, 5_000), (4_096,) * 3])
async def test_body_is_the_same_however_it_comes(sizes: tuple[int, ...]) -> None:
    echo, connection = Echo(), Connection()
    parts = [bytes([number % 251]) * size for number, size in enumerate(sizes)]
    for part in parts:
        connection.come(part, more=True)
    connection.come(b"")

    await with_bodies(echo, budget())(post(None), connection.receive, connection.send)

    assert connection.body == b"".join(parts)
    assert echo.lengths == [str(sum(sizes)).encode()]


async def test_stream_gives_its_body_back_when_it_begins() -> None:
    echo, connection, held = Echo(), Connection(), budget()
    echo.may_end.clear()
    connection.come(b"x" * LARGE)
    running = asyncio.create_task(
        with_bodies(echo, held)(post(LARGE), connection.receive, connection.send)
    )
    await settle()

    assert connection.sent
    assert held.used == 0
    echo.may_end.set()
    await running


async def test_address_with_a_nul_is_refused() -> None:
    for scope in (get_scope("/a\0b"), {**get_scope(), "query_string": b"a=%00"}):
        connection = Connection()
        await with_bodies(Echo(), budget())(scope, connection.receive, connection.send)
        assert connection.status == 400


async def test_application_that_reads_by_itself_is_held_to_the_budget() -> None:
    held = budget(1_500)
    application: Any = count_bodies(Echo(), held)
    first, second = Connection(), Connection()
    first.come(b"x" * LARGE, more=True)
    reading = asyncio.create_task(application(post(2 * LARGE), first.receive, first.send))
    await settle()
    assert held.used == LARGE - UNCOUNTED_BYTES

    second.come(b"x" * LARGE)
    await application(post(LARGE), second.receive, second.send)
    assert second.status == 503
    assert int(second.headers[b"retry-after"]) >= 1

    first.come(b"x")
    await reading
    assert len(first.body) == LARGE + 1
    assert held.used == 0

"""A request holds its slot while its view runs, and no longer."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api.slots import NoSlotError, outside_slot
from config.middleware.admission import response_buffer
from config.middleware.admission.queue import Admission
from config.middleware.admission.response_buffer import ResponseBudget
from config.middleware.admission.slots import limit_concurrency
from realtime.transports.http import ABORT
from tests.config.middleware.asgi import Connection, get_scope, settle
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.once

View = Callable[[Any, Any, Any], Awaitable[None]]


def answer_of(size: int) -> View:
    """A view whose answer has so many bytes."""

    async def view(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for at in range(0, size, 65_536):
            piece = b"x" * min(65_536, size - at)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return view


def slots(view: View, *, total: int = 10**8, wait_s: float = PATIENCE_S) -> tuple[Any, Admission]:
    admission = Admission(1, waiting=10, wait_s=wait_s)
    return limit_concurrency(view, admission, ResponseBudget(total)), admission


async def started(application: Any, connection: Connection, scope: Any = None) -> Any:
    """The request, as far as it comes by itself."""
    task = asyncio.create_task(
        application(scope or get_scope(), connection.receive, connection.send)
    )
    await settle()
    return task


async def test_slot_is_free_while_the_client_does_not_read() -> None:
    application, admission = slots(answer_of(1_000_000))
    slow, other = Connection(reads=False), Connection()
    slow_view = await started(application, slow)
    assert not admission.is_full

    await application(get_scope(), other.receive, other.send)
    assert len(other.body) == 1_000_000

    slow.reads.set()
    await slow_view
    assert len(slow.body) == 1_000_000


async def test_answer_beyond_what_is_kept_goes_out_as_it_is_made() -> None:
    size = response_buffer.BUFFERED_BYTES + 1_000_000
    application, admission = slots(answer_of(size))
    slow = Connection(reads=False)
    slow_view = await started(application, slow)
    assert admission.is_full

    slow.reads.set()
    await slow_view
    assert len(slow.body) == size
    assert not admission.is_full


async def test_slowest_reader_is_cut_when_the_budget_is_used_up() -> None:
    application, _ = slots(answer_of(400_000), total=700_000)
    cut: list[int] = []
    readings = []
    for number in range(3):
        scope = get_scope()
        scope["extensions"] = {ABORT: lambda number=number: cut.append(number)}
        readings.append(await started(application, Connection(reads=False), scope))

    assert cut == [0]
    for task in readings:
        task.cancel()
    await asyncio.gather(*readings, return_exceptions=True)
    # Everything was given back.
    late = Connection()
    await application(get_scope(), late.receive, late.send)
    assert len(late.body) == 400_000
    assert cut == [0]


async def test_failing_view_gives_its_slot_back() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("no")

    application, admission = slots(failing)
    connection = Connection()
    with pytest.raises(RuntimeError):
        await application(get_scope(), connection.receive, connection.send)

    assert not admission.is_full


async def test_waiting_request_goes_on_with_its_body() -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    application, admission = slots(echo)
    await admission.enter("another")
    connection = Connection()
    connection.come(b"a", more=True)
    connection.come(b"b")
    waiting = await started(application, connection)
    assert not connection.sent

    admission.leave("another")
    await waiting

    assert connection.body == b"ab"


async def test_who_waits_too_long_is_told_when_to_come_again() -> None:
    application, admission = slots(answer_of(1), wait_s=0)
    await admission.enter("another")
    connection = Connection()

    await application(get_scope(), connection.receive, connection.send)

    assert connection.status == 503
    assert b"UNAVAILABLE" in connection.body
    assert int(connection.headers[b"retry-after"]) >= 1


async def test_client_that_leaves_while_it_waits_is_not_served() -> None:
    ran: list[str] = []

    async def view(scope: Any, receive: Any, send: Any) -> None:
        ran.append(scope["path"])

    application, admission = slots(view)
    await admission.enter("another")
    connection = Connection()
    waiting = await started(application, connection)
    connection.leave()
    await waiting

    admission.leave("another")

    assert not ran
    assert not admission.is_full


async def test_probes_need_no_slot() -> None:
    application, admission = slots(answer_of(1))
    await admission.enter("another")
    connection = Connection()

    await application(get_scope("/healthz"), connection.receive, connection.send)

    assert connection.status == 200


class SlowView:
    """A view that waits for something slow outside of its slot, in a thread as Django's views."""

    def __init__(self) -> None:
        self.is_over = threading.Event()
        self.failed: list[type[Exception]] = []

    async def view(self, scope: Any, receive: Any, send: Any) -> None:
        await asyncio.to_thread(self._read)
        await answer_of(1)(scope, receive, send)

    def _read(self) -> None:
        try:
            with outside_slot():
                self.is_over.wait()
        except NoSlotError as error:
            self.failed.append(type(error))


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not done():
            await settle()


async def test_who_waits_for_something_slow_gives_the_slot_to_others() -> None:
    slow = SlowView()
    application, admission = slots(slow.view)
    slow_view = Connection()
    task = await started(application, slow_view)
    await until(lambda: not admission.is_full)

    await admission.enter("another")
    slow.is_over.set()
    await settle()
    assert not task.done()

    admission.leave("another")
    await task
    assert (slow_view.status, slow.failed) == (200, [])
    assert not admission.is_full


async def test_a_request_that_ended_meanwhile_takes_no_slot_again() -> None:
    slow = SlowView()
    application, admission = slots(slow.view)
    task = await started(application, Connection())
    await until(lambda: not admission.is_full)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    slow.is_over.set()

    await until(lambda: slow.failed == [NoSlotError])
    assert not admission.is_full


async def test_who_gets_no_slot_in_time_is_told() -> None:
    slow = SlowView()
    application, admission = slots(slow.view, wait_s=0)
    task = await started(application, Connection())
    await until(lambda: not admission.is_full)
    await admission.enter("another")

    slow.is_over.set()
    await task

    assert slow.failed == [NoSlotError]
    assert admission.is_full

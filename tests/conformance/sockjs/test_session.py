"""One session without a network: what waits, what is batched, and when it ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from realtime.protocol.frames import Frame
from realtime.transports.sockjs import framing as codec
from realtime.transports.sockjs.receivers import PollReceiver, StreamReceiver
from realtime.transports.sockjs.services import Service, conformance
from realtime.transports.sockjs.session import Claim, SockSession
from realtime.transports.sockjs.timeouts import BATCH_BYTES, INBOX_MESSAGES, Timeouts
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.once

ECHO = conformance()["/echo"]
UNHURRIED = Timeouts(heartbeat_s=60, timeout_s=60)


@asynccontextmanager
async def session_of(
    service: Service = ECHO, timeouts: Timeouts = UNHURRIED, credential: str = ""
) -> AsyncIterator[tuple[SockSession, asyncio.Event]]:
    """A session, and what is set once it is forgotten."""
    tasks: list[asyncio.Task[None]] = []
    forgotten = asyncio.Event()

    def run(work: Coroutine[Any, Any, None]) -> None:
        tasks.append(asyncio.get_running_loop().create_task(work))

    session = SockSession(
        service=service,
        scope={},
        transport="test",
        credential=credential,
        timeouts=timeouts,
        forget=forgotten.set,
        run=run,
    )
    yield session, forgotten
    session.close(1000, "The test is over")
    await asyncio.gather(*tasks)


async def polled(session: SockSession) -> str:
    """The answer of one poll."""
    receiver = PollReceiver()
    session.attach(receiver)
    await ended(receiver)
    return receiver.frame.decode()


class Body:
    """The body of a response, whose client reads while there is `room`."""

    def __init__(self) -> None:
        self.sent = b""
        self.room = asyncio.Event()
        self.room.set()
        self._news = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        await self.room.wait()
        self.sent += message["body"]
        self._news.set()

    async def holds(self, part: bytes) -> None:
        """Wait until `part` was sent."""
        async with asyncio.timeout(PATIENCE_S):
            while part not in self.sent:
                self._news.clear()
                await self._news.wait()


async def ended(receiver: PollReceiver | StreamReceiver) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await receiver.finished.wait()


def streamed(session: SockSession, send: Callable[[Any], Awaitable[None]]) -> StreamReceiver:
    receiver = StreamReceiver(send, codec.line)
    session.attach(receiver)
    receiver.begin()
    return receiver


async def test_what_comes_between_two_polls_is_one_array() -> None:
    async with session_of() as (session, _):
        assert await polled(session) == "o"
        for number in range(200):
            session.enqueue([str(number).encode()])
        received: list[str] = []
        while received[-1:] != ["199"]:
            received += json.loads((await polled(session))[1:])
        assert received == [str(number) for number in range(200)]


async def test_an_array_is_no_larger_than_a_batch_and_one_message() -> None:
    async with session_of() as (session, _):
        assert await polled(session) == "o"
        message = b"x" * 10_000
        session.enqueue([message] * 12)
        await asyncio.sleep(0)
        received = 0
        while received < 12:
            array = await polled(session)
            assert len(array) < BATCH_BYTES + 10_100
            received += len(json.loads(array[1:]))
        assert received == 12


async def test_messages_of_one_moment_share_a_poll_that_waits() -> None:
    async with session_of() as (session, _):
        assert await polled(session) == "o"
        waiting = PollReceiver()
        session.attach(waiting)
        for text in (b"a", b"b", b"c"):
            session.write(Frame(text))
        await ended(waiting)
        assert waiting.frame == b'a["a","b","c"]'


async def test_a_stream_that_is_full_makes_the_conversation_wait() -> None:
    async with session_of(replace(ECHO, response_bytes=10**6)) as (session, _):
        body = Body()
        streamed(session, body.send)
        assert session.write(Frame(b"1"))
        body.room.clear()
        assert not session.write(Frame(b"2"))
        session.enqueue([b"3", b"4", b"5"])
        await asyncio.sleep(0)
        body.room.set()
        await body.holds(b'"5"')
        lines = body.sent.decode().strip().split("\n")
        assert [text for each in lines[1:] for text in json.loads(each[1:])] == list("12345")


async def test_a_reader_that_takes_nothing_is_cut_off_and_told_later() -> None:
    async with session_of() as (session, _):
        body = Body()
        receiver = streamed(session, body.send)
        body.room.clear()
        for _ in range(1_200):
            session.enqueue([b"x" * 100])
            await asyncio.sleep(0)
        await ended(receiver)
        assert receiver.broken
        while (reported := await polled(session)).startswith("a"):
            pass
        assert reported == 'c[1013,"Slow consumer"]'


async def test_a_client_that_floods_is_closed() -> None:
    async with session_of() as (session, _):
        assert await polled(session) == "o"
        assert not session.enqueue([b"x"] * (INBOX_MESSAGES + 1))
        assert await polled(session) == 'c[1008,"Rate limited"]'
        assert not session.enqueue([b"x"])


@pytest.mark.parametrize("polls", [True, False])
async def test_a_receiver_that_waits_hears_heartbeats(polls: bool) -> None:
    async with session_of(timeouts=Timeouts(heartbeat_s=0.01, timeout_s=60)) as (session, _):
        assert await polled(session) == "o"
        if polls:
            assert await polled(session) == "h"
            assert await polled(session) == "h"
        else:
            body = Body()
            streamed(session, body.send)
            await body.holds(b"h\nh\nh\n")


async def test_a_session_without_a_receiver_is_forgotten() -> None:
    async with session_of(timeouts=Timeouts(heartbeat_s=60, timeout_s=0.05)) as (
        session,
        forgotten,
    ):
        assert await polled(session) == "o"
        waiting = PollReceiver()
        session.attach(waiting)
        await asyncio.sleep(0.1)
        assert not forgotten.is_set()
        session.release(waiting)
        async with asyncio.timeout(PATIENCE_S):
            await forgotten.wait()
        assert not session.enqueue([b"x"])


async def test_a_closed_session_is_forgotten_too() -> None:
    close = conformance()["/close"]
    timeouts = Timeouts(heartbeat_s=60, timeout_s=0.05)
    async with session_of(close, timeouts) as (session, forgotten):
        assert await polled(session) == "o"
        assert await polled(session) == 'c[3000,"Go away!"]'
        async with asyncio.timeout(PATIENCE_S):
            await forgotten.wait()


async def test_a_credential_is_the_owners_or_unknown_or_nobodys() -> None:
    async with session_of(replace(ECHO, private=True), credential="first") as (session, _):
        assert session.claim("first", None) is Claim.OWN
        assert session.claim("second", None) is Claim.UNKNOWN
        assert session.claim("second", 1) is Claim.OTHER
        assert session.claim("", None) is Claim.OTHER

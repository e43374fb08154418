"""Connections that nobody has signed in to: so many, and the oldest makes room."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from realtime.fanout.anonymous_connections import AnonymousConnections
from realtime.protocols.conversation import Conversation
from realtime.protocols.stomp.codec import StompFrame, Version, encode
from realtime.runtime import Runtime
from tests.realtime.actors import OpenGate, RecordingWriter

pytestmark = pytest.mark.once

USER = 7


@pytest.fixture(autouse=True)
def few(limited: Callable[..., None]) -> None:
    limited(max_strangers=3)


@pytest.fixture
async def runtime(transactional_db: None) -> AsyncIterator[Runtime]:
    made = Runtime(gate=OpenGate())
    made.start()
    yield made
    await made.stop()


class AnonymousClient:
    """A connection of somebody at `address`."""

    def __init__(self, runtime: Runtime, address: str, query: str = "") -> None:
        self.writer = RecordingWriter()
        scope: dict[str, Any] = {
            "type": "websocket",
            "path": "/ws",
            "headers": [],
            "query_string": query.encode(),
            "client": (address, 5),
        }
        self.talk = Conversation(
            runtime=runtime, scope=scope, writer=self.writer, transport="test", subprotocol=None
        )

    async def signs_in(self) -> None:
        headers = (
            ("accept-version", "1.2"),
            ("host", "x"),
            ("Authorization", f"Bearer {USER}:x:9999999999"),
        )
        connect = StompFrame("CONNECT", headers, b"")
        await self.talk.receive(encode(connect, Version.V12))


def test_oldest_of_the_address_that_has_most_makes_room() -> None:
    anonymous_connections = AnonymousConnections()
    gone: list[str] = []
    for address in ("quiet", "flood", "flood", "flood", "other"):
        anonymous_connections.add(address, partial(gone.append, address))

    assert gone == ["flood", "flood"]
    assert len(anonymous_connections) == 3


def test_who_is_known_counts_no_more_and_is_not_sent_away() -> None:
    anonymous_connections = AnonymousConnections()
    gone: list[str] = []
    leave = anonymous_connections.add("a", lambda: gone.append("a"))
    leave()
    leave()
    for _ in range(3):
        anonymous_connections.add("b", lambda: gone.append("b"))

    assert gone == []
    assert len(anonymous_connections) == 3


async def test_connections_make_room_until_they_are_signed_in(runtime: Runtime) -> None:
    known = AnonymousClient(runtime, "192.0.2.66", query=f"token={USER}:x:9999999999")
    await known.talk.open()
    late = AnonymousClient(runtime, "192.0.2.66")
    await late.talk.open()
    assert len(runtime.anonymous_connections) == 1
    await late.signs_in()
    assert len(runtime.anonymous_connections) == 0
    honest = AnonymousClient(runtime, "192.0.2.1")
    await honest.talk.open()
    flood = [AnonymousClient(runtime, "192.0.2.66") for _ in range(10)]
    for client in flood:
        await client.talk.open()

    assert [client.writer.closed is None for client in flood] == [False] * 8 + [True] * 2
    assert flood[0].writer.closed == (1012, "Unavailable")
    assert not any(client.writer.closed for client in (known, late, honest))
    for client in (known, late, honest, *flood):
        await client.talk.ended()
    assert len(runtime.anonymous_connections) == 0


async def test_all_addresses_of_an_ipv6_network_make_room_for_each_other(runtime: Runtime) -> None:
    honest = AnonymousClient(runtime, "2001:db8:1:1::1")
    await honest.talk.open()
    flood = [AnonymousClient(runtime, f"2001:db8:66:66::{number}") for number in range(1, 6)]
    for client in flood:
        await client.talk.open()

    assert honest.writer.closed is None
    assert [client.writer.closed is None for client in flood] == [False] * 3 + [True] * 2
    for client in (honest, *flood):
        await client.talk.ended()

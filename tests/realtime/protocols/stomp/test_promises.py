"""A client that promised heart-beats is held to its promise, with patience for a slow network."""

import time
from collections.abc import AsyncIterator

import pytest

from realtime.protocol.errors import Close
from realtime.protocols.conversation import Conversation
from realtime.protocols.stomp.codec import StompFrame, Version, encode
from realtime.runtime import Runtime
from tests.realtime.actors import OpenGate, RecordingWriter

pytestmark = pytest.mark.once


@pytest.fixture
async def runtime(transactional_db: None) -> AsyncIterator[Runtime]:
    made = Runtime(gate=OpenGate())
    made.start()
    yield made
    await made.stop()


async def connected(runtime: Runtime, beats: str) -> Conversation:
    scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b"token=7"}
    talk = Conversation(
        runtime=runtime,
        scope=scope,
        writer=RecordingWriter(),
        transport="test",
        subprotocol="v12.stomp",
    )
    await talk.open()
    headers = (("accept-version", "1.2"), ("host", "x"), ("heart-beat", beats))
    await talk.receive(encode(StompFrame("CONNECT", headers, b""), Version.V12))
    assert talk.connection is not None
    return talk


def after(talk: Conversation, seconds: float) -> Close | None:
    """How the connection stands, so long after now."""
    connection = talk.connection
    assert connection is not None
    connection.tick(time.monotonic() + seconds, time.time())
    return connection.closing


# The server would have a beat every 10 s: who promises more often is held to no more.
@pytest.mark.parametrize(("beats", "most"), [("10000,0", 30), ("1,1", 30), ("20000,10000", 50)])
async def test_who_goes_silent_is_closed_by_the_promise(
    runtime: Runtime, beats: str, most: float
) -> None:
    talk = await connected(runtime, beats)
    assert after(talk, most - 1) is None
    assert after(talk, most + 1) is Close.SILENT
    await talk.ended()


@pytest.mark.parametrize("beats", ["0,0", "0,10000"])
async def test_who_promised_nothing_is_not(runtime: Runtime, beats: str) -> None:
    talk = await connected(runtime, beats)
    assert after(talk, 80) is None
    assert after(talk, 91) is Close.SILENT
    await talk.ended()


async def test_a_beat_keeps_it_and_an_answer_of_the_transport_does_not(runtime: Runtime) -> None:
    talk = await connected(runtime, "10000,10000")
    connection = talk.connection
    assert connection is not None
    connection._last_received -= 29  # type: ignore[attr-defined]
    await talk.receive(b"\n")
    assert after(talk, 2) is None
    connection._last_received -= 29  # type: ignore[attr-defined]
    talk.touch()
    assert after(talk, 2) is Close.SILENT
    await talk.ended()

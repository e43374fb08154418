"""A stream of server-sent events on plain ASGI: when it calls itself open."""

import asyncio
import uuid

from django.db import transaction

from realtime.database.executor import in_thread
from realtime.fanout.hub import Hub
from realtime.log import event_log
from realtime.protocol.errors import Close
from realtime.protocol.messages import Position, Publication, Topic
from realtime.protocols.json.envelope import envelope
from realtime.registries.stream_views import StreamView
from realtime.transports.http import AdmittedRequest, ResponseBodyWriter
from realtime.transports.sse import Stream
from tests.realtime.actors import event, principal, written
from tests.realtime.topics import GATES
from tests.realtime.transports.test_writers import Server
from tests.support.deadlines import PATIENCE_S

GATE = Topic("gates/1")
START = {"type": "http.response.start", "status": 200, "headers": []}


class Listener:
    """Somebody who has asked for a stream of the gate's events."""

    def __init__(self, hub: Hub, *, since: Position | None = None, distinct: bool = False) -> None:
        self.server = Server()
        self.writer = ResponseBodyWriter(
            self.server.send, on_resume=self._resume, abort=None, start=START
        )
        stream_view = StreamView((GATE,), envelope, distinct=distinct)
        who = principal(1)
        self.stream = Stream(
            principal=who,
            connection_id=uuid.uuid4().hex,
            hub=hub,
            writer=self.writer,
            stream_view=stream_view,
        )
        self.open_request = AdmittedRequest(
            who, stream_view, {}, {GATE: since}, resumed=since is not None
        )

    def _resume(self) -> None:
        self.stream.outbox.resume()

    @property
    def kinds(self) -> list[str]:
        return [message["type"] for message in self.server.taken]

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.server.taken)

    async def receives(self, text: bytes) -> None:
        await self.server.until(lambda: text in self.body)


async def test_it_is_open_when_nothing_can_be_missed_any_longer(hub: Hub) -> None:
    has_read, may_go_on = GATES.hold(user_id=1)
    listener = Listener(hub)
    opening = asyncio.create_task(listener.stream.open(listener.open_request))
    # Its place in the log is looked up: who was told already that it is open would rely on it.
    assert await in_thread(has_read.wait, PATIENCE_S)
    assert listener.server.taken == []
    may_go_on.set()
    await opening
    assert listener.kinds[0] == "http.response.start"
    assert listener.kinds.count("http.response.start") == 1
    hub.accept(await written(GATE))
    await listener.receives(b'"n":0')


def write_texts(*texts: str) -> list[Publication]:
    with transaction.atomic():
        return event_log.append([event(GATE, {"text": text}) for text in texts])


async def test_a_distinct_reading_is_replayed_the_same_data_once(hub: Hub) -> None:
    """What comes while the log is read is told by its data as well, and is not lost."""
    await in_thread(write_texts, "one", "two", "one", "one")
    everything = Listener(hub, since=Position(None, 0))
    await everything.stream.open(everything.open_request)
    assert everything.body.count(b'"text":"one"') == 3

    has_read, may_go_on = GATES.hold(user_id=1)
    listener = Listener(hub, since=Position(None, 0), distinct=True)
    opening = asyncio.create_task(listener.stream.open(listener.open_request))
    assert await in_thread(has_read.wait, PATIENCE_S)
    hub.accept(await in_thread(write_texts, "one", "changed"))
    may_go_on.set()
    await opening
    await listener.receives(b"changed")
    assert [listener.body.count(f'"text":"{text}"'.encode()) for text in ("one", "two")] == [1, 1]
    # Once it is live, what is sent is what has happened.
    hub.accept(await in_thread(write_texts, "one", "end"))
    await listener.receives(b"end")
    assert listener.body.count(b'"text":"one"') == 2


async def test_what_is_written_while_the_headers_wait_comes_behind_them(hub: Hub) -> None:
    listener = Listener(hub)
    listener.server.free.clear()
    await listener.stream.open(listener.open_request)
    hub.accept(await written(GATE))
    assert listener.server.taken == []
    listener.server.free.set()
    await listener.receives(b'"n":0')
    assert listener.kinds[0] == "http.response.start"
    assert listener.body.startswith(b"retry: ")


async def test_one_that_is_closed_before_it_began_is_an_answer_all_the_same(hub: Hub) -> None:
    listener = Listener(hub)
    listener.stream.close(Close.TOKEN_EXPIRED)
    await asyncio.wait_for(listener.writer.finished.wait(), PATIENCE_S)
    assert listener.kinds[0] == "http.response.start"
    assert b'"code":"TOKEN_EXPIRED"' in listener.body
    assert listener.server.taken[-1]["more_body"] is False

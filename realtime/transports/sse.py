"""Server-sent events (HTML Living Standard, §9.2), resumed by `Last-Event-ID` or `?since=`."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson

from realtime.fanout.connection import Connection
from realtime.fanout.feed import Subscription
from realtime.fanout.hub import Hub
from realtime.protocol.errors import Close, RealtimeError
from realtime.protocol.event_views import Shape
from realtime.protocol.messages import Publication, State
from realtime.protocol.presentation import Presentation
from realtime.protocol.principal import Principal
from realtime.protocols.json.envelope import state_envelope
from realtime.registries.stream_views import StreamView, StreamViewFactory, position_text
from realtime.runtime import Runtime
from realtime.transports.asgi.non_blocking_send import Send
from realtime.transports.http import (
    ABORT,
    AdmittedRequest,
    Receive,
    RefusalError,
    ResponseBodyWriter,
    admission,
    admit,
    lease,
    open_request,
    refuse,
    wait_until,
)

TRANSPORT = "sse"
# Proxies close connections that are idle for 60 s; and the position advances over hidden events.
SSE_HEARTBEAT_S = 15.0
# A stream ends after this, so that its credential and load balancing are checked again.
LIFETIME_S = 30 * 60.0
# How long the browser waits before it reconnects.
SSE_RETRY_MS = 3_000
SSE_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    # nginx would otherwise buffer the stream before passing it on.
    (b"x-accel-buffering", b"no"),
]


class SseView:
    """Encodes the `data:` line of a shape; the `id:` line before it differs between streams."""

    def __init__(self, shape: Shape, presentation: Presentation, *, states: bool) -> None:
        self._shape = shape
        self._presentation = presentation
        self._states = states

    def event(self, publication: Publication) -> bytes | None:
        body = self._shape(publication, self._presentation)
        return None if body is None else b"data: " + body + b"\n\n"

    def state(self, state: State) -> bytes | None:
        # No id: a state without an offset does not change the position.
        if not self._states:
            return None
        return b"data: " + state_envelope(state, self._presentation) + b"\n\n"


@cache
def view_of(shape: Shape, presentation: Presentation, states: bool) -> SseView:
    """Return the view of a shape and presentation, cached so that streams share its results."""
    return SseView(shape, presentation, states=states)


class Stream(Connection):
    """One response."""

    is_bidirectional = False

    def __init__(
        self,
        *,
        principal: Principal,
        connection_id: str,
        hub: Hub,
        writer: ResponseBodyWriter,
        stream_view: StreamView,
    ) -> None:
        super().__init__(
            principal=principal,
            connection_id=connection_id,
            hub=hub,
            writer=writer,
            transport=TRANSPORT,
        )
        self._stream_view = stream_view
        self._order: list[Subscription] = []
        self._opened_at = self._last_heartbeat = time.monotonic()

    async def open(self, open_request: AdmittedRequest) -> None:
        """Send missed events, and go live.

        Nothing is written before the stream has joined: a browser reports the stream as open when
        it gets the headers, and clients rely on receiving everything from then on.
        """
        view = view_of(self._stream_view.shape, open_request.presentation, self._stream_view.states)
        try:
            starts = await self._subscriber.join(
                open_request.wanted,
                view=view,
                send=self._send,
                snapshots=False,
                distinct=self._stream_view.distinct,
            )
        except RealtimeError as error:
            self.refused(error)
            return
        if starts is None:
            return
        self.outbox.send(b"retry: %d\n\n" % SSE_RETRY_MS)
        self._order = [start.subscription for start in starts]
        for start in starts:
            if not start.replay.recovered:
                head = start.replay.head
                gap = orjson.dumps({"epoch": head.epoch, "offset": head.offset})
                self.outbox.send(b"event: gap\n" + self._id() + b"data: " + gap + b"\n\n")
        if all(start.replay.recovered for start in starts):
            self.outbox.send(self._id() + b"\n")
        await self._subscriber.begin(starts)

    def tick(self, now: float, clock: float) -> None:
        super().tick(now, clock)
        if now - self._opened_at >= LIFETIME_S:
            self.close(Close.RECYCLED)
        elif now - self._last_heartbeat >= SSE_HEARTBEAT_S and self.closing is None:
            self._last_heartbeat = now
            # Browsers remember an id without data, and dispatch no event for it.
            self.outbox.send(b":\n" + self._id() + b"\n")

    def close_frame(self, close: Close) -> bytes | None:
        if close is Close.TOKEN_EXPIRED:
            return b'event: error\ndata: {"code":"TOKEN_EXPIRED"}\n\n'
        if close in (Close.NOT_FOUND, Close.FORBIDDEN):
            return b'event: error\ndata: {"code":"%s"}\n\n' % str(close.error).encode()
        return None

    def _send(self, line: bytes) -> None:
        self.outbox.send(self._id() + line)

    def _id(self) -> bytes:
        positions = [self._subscriber.position(subscription) for subscription in self._order]
        return b"id: " + position_text(positions).encode() + b"\n" if positions else b""


def sse(*, runtime: Runtime, view_factory: StreamViewFactory) -> Any:
    """Return the ASGI application of one path."""

    async def application(scope: Any, receive: Receive, send: Send) -> None:
        leased: tuple[int, str] | None = None
        try:
            async with admission(runtime):
                principal, query = await admit(runtime, scope)
                connection_id = await lease(runtime, principal, query)
                leased = principal.user_id, connection_id
                admitted = await open_request(principal, query, view_factory, scope)
        except RefusalError as error:
            await refuse(send, error)
            if leased is not None:
                await runtime.leases.release(*leased)
            return
        except BaseException:
            if leased is not None:
                await runtime.leases.release(*leased)
            raise
        stream: Stream | None = None

        def resume() -> None:
            if stream is not None:
                stream.outbox.resume()

        try:
            abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT)
            start = {"type": "http.response.start", "status": 200, "headers": SSE_HEADERS}
            writer = ResponseBodyWriter(send, on_resume=resume, abort=abort, start=start)
            stream = Stream(
                principal=admitted.principal,
                connection_id=connection_id,
                hub=runtime.hub,
                writer=writer,
                stream_view=admitted.stream_view,
            )
            if runtime.is_draining():
                stream.close(Close.DRAINING)
            await stream.open(admitted)
            await wait_until(writer.finished, receive)
        finally:
            if stream is not None:
                stream.ended()
            await runtime.leases.release(admitted.principal.user_id, connection_id)

    return application

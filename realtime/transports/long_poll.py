"""Long polling: returns a list at once if anything is new, else when an event comes, else `[]`.

Each poll is a subscription that ends with its response; the position in the response header is
where the next one begins, so that no event is lost between two polls.
"""

import asyncio
import uuid
from functools import cache
from typing import Any

from realtime.conf import conf
from realtime.fanout.connection import Connection
from realtime.fanout.feed import Subscription
from realtime.fanout.hub import Hub
from realtime.protocol.errors import Close, ErrorCode, RealtimeError
from realtime.protocol.event_views import Shape
from realtime.protocol.messages import Publication, State
from realtime.protocol.presentation import Presentation
from realtime.registries.stream_views import StreamViewFactory, position_text
from realtime.runtime import Runtime
from realtime.transports.asgi.non_blocking_send import Send
from realtime.transports.http import (
    AdmittedRequest,
    Receive,
    RefusalError,
    admission,
    admit,
    answer_json,
    draining,
    first_value,
    open_request,
    refusal,
    refuse,
    wait_until,
)

TRANSPORT = "long_poll"
# Shorter than the timeout of any proxy.
WAIT_S = 30.0


class BodyView:
    """A view of the shape's plain JSON text."""

    def __init__(self, shape: Shape, presentation: Presentation) -> None:
        self._shape = shape
        self._presentation = presentation

    def event(self, publication: Publication) -> bytes | None:
        return self._shape(publication, self._presentation)

    def state(self, state: State) -> None:
        return None


@cache
def view_of(shape: Shape, presentation: Presentation) -> BodyView:
    """Return the view of a shape and presentation, cached so that polls share its results."""
    return BodyView(shape, presentation)


class FrameCollector:
    """Collects frames; `arrived` is set by the first event and by the end."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.arrived = asyncio.Event()

    def write(self, frame: bytes) -> bool:
        self.bodies.append(frame)
        self.arrived.set()
        return True

    def close(self, code: int, reason: str) -> None:
        self.arrived.set()

    def close_now(self, code: int, reason: str) -> None:
        self.arrived.set()

    def ping(self) -> None:
        """Do nothing: HTTP has no ping."""


class Poll(Connection):
    """One waiting request."""

    def __init__(self, *, admitted: AdmittedRequest, hub: Hub, writer: FrameCollector) -> None:
        super().__init__(
            principal=admitted.principal,
            connection_id=uuid.uuid4().hex,
            hub=hub,
            writer=writer,
            transport=TRANSPORT,
        )
        self._admitted = admitted
        self._order: list[Subscription] = []
        self.recovered = True

    async def open(self) -> None:
        """Collect missed events, and those that arrive."""
        view = view_of(self._admitted.stream_view.shape, self._admitted.presentation)
        try:
            starts = await self._subscriber.join(
                self._admitted.wanted,
                view=view,
                send=self.outbox.send,
                snapshots=False,
                distinct=self._admitted.stream_view.distinct,
            )
        except RealtimeError as error:
            self.refused(error)
            return
        if starts is None:
            return
        self._order = [start.subscription for start in starts]
        self.recovered = all(start.replay.recovered for start in starts)
        await self._subscriber.begin(starts)

    def close_frame(self, close: Close) -> None:
        return None

    @property
    def positions(self) -> str:
        """The position where the next poll begins; "" if none was reached."""
        return position_text([self._subscriber.position(one) for one in self._order])


def long_poll(*, runtime: Runtime, view_factory: StreamViewFactory) -> Any:
    """Return the ASGI application of one path."""

    async def application(scope: Any, receive: Receive, send: Send) -> None:
        user_id: int | None = None
        poll: Poll | None = None
        writer = FrameCollector()
        try:
            async with admission(runtime):
                principal, query = await admit(runtime, scope)
                patience = _patience(first_value(query, "timeout"))
                if not runtime.polls.enter(principal.user_id, conf().max_polls_per_user):
                    message = "This user has as many polls waiting as are allowed"
                    raise refusal(ErrorCode.TOO_MANY_CONNECTIONS, message)
                user_id = principal.user_id
                admitted = await open_request(principal, query, view_factory, scope)
                poll = Poll(admitted=admitted, hub=runtime.hub, writer=writer)
                if runtime.is_draining():
                    poll.close(Close.DRAINING)
                await poll.open()
            if poll.recovered and not writer.bodies and poll.closing is None:
                await wait_until(writer.arrived, receive, patience)
            await _answer(send, poll, writer)
        except RefusalError as error:
            await refuse(send, error)
        finally:
            if poll is not None:
                poll.ended()
            if user_id is not None:
                runtime.polls.leave(user_id)

    return application


async def _answer(send: Send, poll: Poll, writer: FrameCollector) -> None:
    if poll.closing in (Close.SIGNED_OUT, Close.TOKEN_EXPIRED) and not writer.bodies:
        code = poll.closing.error or ErrorCode.AUTH_ERROR
        await refuse(send, RefusalError(401, code, poll.closing.message))
        return
    if poll.closing in (Close.NOT_FOUND, Close.FORBIDDEN) and not writer.bodies:
        await refuse(send, refusal(poll.closing.error or ErrorCode.NOT_FOUND, poll.closing.message))
        return
    if not poll.positions and poll.closing is Close.DRAINING:
        raise draining()
    if not poll.positions or poll.closing is Close.OUT_OF_STEP:
        await refuse(send, RefusalError(503, "UNAVAILABLE", "Poll again", retry_after=1))
        return
    headers = {"Realtime-Position": poll.positions}
    if not poll.recovered:
        headers["Realtime-Recovered"] = "false"
    await answer_json(send, 200, b"[" + b",".join(writer.bodies) + b"]", headers)


def _patience(text: str) -> float:
    if not text:
        return WAIT_S
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise RefusalError(400, "INVALID", "`timeout` is not a whole number of seconds")
    return min(float(text), WAIT_S)

"""The base class of every live connection: its user, its times, and how it is closed."""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Any, ClassVar

from realtime import metrics
from realtime.conf import conf
from realtime.database.executor import in_thread_for
from realtime.fanout.hub import Hub
from realtime.fanout.outbox import Outbox, SocketWriter
from realtime.fanout.subscriber import Subscriber
from realtime.protocol.errors import Close, ErrorCode, RealtimeError
from realtime.protocol.messages import Topic
from realtime.protocol.principal import Eviction, Principal
from realtime.registries import topics

logger = logging.getLogger(__name__)

# How long a close may wait for the frames before it.
CLOSE_WAIT_S = 2.0


class Connection(ABC):
    """`connection_id` identifies it to the client and in the leases; `transport` in the metrics."""

    # Whether a live client sends anything after it has connected.
    is_bidirectional: ClassVar[bool] = True

    def __init__(
        self,
        *,
        principal: Principal,
        connection_id: str,
        hub: Hub,
        writer: SocketWriter[Any],
        transport: str,
    ) -> None:
        self.principal = principal
        self.connection_id = connection_id
        self.transport = transport
        self.since = datetime.now(UTC)
        self.seen = time.monotonic()
        self.closing: Close | None = None
        self._hub = hub
        self._writer = writer
        self._limits = conf()
        self.outbox: Outbox[Any] = Outbox(
            writer,
            max_frames=self._limits.outbox_frames,
            max_bytes=self._limits.outbox_bytes,
            on_overflow=self._overflowed,
        )
        self._subscriber = Subscriber(
            principal=principal,
            hub=hub,
            outbox=self.outbox,
            close=self.close,
            withdrawn=self.withdrawn,
        )
        self._withdrawing_task: asyncio.Task[None] | None = None
        self._closing_task: asyncio.Task[None] | None = None
        metrics.CONNECTIONS.labels(transport).inc()
        hub.enter(self)

    @abstractmethod
    def close_frame(self, close: Close) -> Any | None:
        """Return the frame that gives the client the reason, or None if the protocol has none."""

    def ended(self) -> None:
        """Clean up: the connection is gone. Called once."""
        metrics.CONNECTIONS.labels(self.transport).dec()
        self._subscriber.leave_all()
        self.outbox.discard()
        self._hub.leave(self)

    async def finish(self) -> None:  # noqa: B027 - most have nothing left to do
        """Do what remains at the end and may wait for the database. Called once, after `ended`."""

    def close(self, close: Close, *, is_reason_sent: bool = False) -> None:
        """Send the client the reason (unless `is_reason_sent`), and close the connection.

        The first reason given wins.
        """
        if self.closing is not None:
            return
        self.closing = close
        metrics.CLOSES.labels(close.name.lower()).inc()
        self._subscriber.leave_all()
        frame = None if is_reason_sent else self.close_frame(close)
        if close is Close.SLOW_CONSUMER:
            if frame is not None:
                self._writer.write(frame)  # bypass the outbox, which is discarded
            self._writer.close_now(close.code, close.reason)
            return
        if frame is not None:
            self.outbox.send(frame)
        if self.outbox.clear:
            self._writer.close(close.code, close.reason)
            self.outbox.discard()
        else:
            self._closing_task = asyncio.get_running_loop().create_task(self._close_later(close))

    async def _close_later(self, close: Close) -> None:
        try:
            async with asyncio.timeout(CLOSE_WAIT_S):
                drained = await self.outbox.drained()
        except TimeoutError:
            drained = False
        if drained:
            self._writer.close(close.code, close.reason)
        else:
            self._writer.close_now(close.code, close.reason)
        self.outbox.discard()

    def withdrawn(self, topic: Topic) -> None:
        """Handle the loss of a topic, which the client may not read any more.

        A connection that exists for this topic is closed with the error that a new one would get.
        """
        self._withdrawing_task = asyncio.get_running_loop().create_task(
            self._close_withdrawn(topic)
        )

    async def _close_withdrawn(self, topic: Topic) -> None:
        try:
            await in_thread_for(self.principal.user_id, topics.authorized, self.principal, topic)
        except RealtimeError as error:
            self.refused(error)
        except Exception:
            self.close(Close.UNAVAILABLE)
        else:
            self.close(Close.OUT_OF_STEP)  # readable again meanwhile: the client reconnects

    def refused(self, error: RealtimeError) -> None:
        """Close, because the topic that the connection exists for may not be read."""
        self.close(Close.FORBIDDEN if error.code is ErrorCode.FORBIDDEN else Close.NOT_FOUND)

    def evict(self, eviction: Eviction) -> None:
        """Close, if the eviction is for this connection."""
        if (
            eviction.user_id == self.principal.user_id
            and eviction.login_id in (None, self.principal.login_id)
            and eviction.connection_id in (None, self.connection_id)
        ):
            self.close(Close.SILENT if eviction.replaced else Close.SIGNED_OUT)

    def tick(self, now: float, clock: float) -> None:
        """Do periodic work; called every second. `now` is monotonic, `clock` unix time."""
        if clock >= self.principal.expires_at:
            self.close(Close.TOKEN_EXPIRED)

    def touch(self) -> None:
        """Record a sign of life of the client."""
        self.seen = time.monotonic()

    def _check_silence(self, now: float) -> None:
        """Close a client that has been silent for too long; ping it after half of that time."""
        silent = now - self.seen
        if silent >= self._limits.silence_s:
            self.close(Close.SILENT)
        elif silent >= self._limits.silence_s / 2:
            self._writer.ping()

    def _overflowed(self) -> None:
        metrics.OVERFLOWS.inc()
        logger.info("Slow consumer: closing connection %s", self.connection_id)
        self.close(Close.SLOW_CONSUMER)

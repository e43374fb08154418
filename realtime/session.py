"""One client: who it is, its commands, its end.

A session knows no transport: it is fed payloads and ticks, and writes through its outbox.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from realtime import metrics, topics
from realtime.codecs.base import Codec
from realtime.errors import Close, CommandError, ErrorCode, RealtimeError
from realtime.executor import in_thread
from realtime.hub import Hub
from realtime.limits import limits
from realtime.messages import (
    Command,
    Connected,
    ErrorPush,
    Ok,
    Ping,
    Pong,
    Position,
    Push,
    Refresh,
    Subscribe,
    Topic,
    Unsubscribe,
)
from realtime.outbox import Outbox, Wire
from realtime.principal import CredentialError, Eviction, Gate, Principal
from realtime.rate import RateLimit, Verdict
from realtime.subscriber import Subscriber

logger = logging.getLogger(__name__)

# How long a close may wait for the frames before it.
FAREWELL_S = 2.0


class Session:
    """`connection_id` names it to the client and in the leases."""

    def __init__(
        self,
        *,
        principal: Principal,
        connection_id: str,
        hub: Hub,
        gate: Gate,
        codec: Codec,
        wire: Wire,
        transport: str,
    ) -> None:
        self.principal = principal
        self.connection_id = connection_id
        self.transport = transport
        self.since = datetime.now(UTC)
        self.seen = time.monotonic()
        self.closing: Close | None = None
        self._hub = hub
        self._gate = gate
        self._codec = codec
        self._wire = wire
        self._limits = limits()
        self.outbox = Outbox(
            wire,
            max_frames=self._limits.outbox_frames,
            max_bytes=self._limits.outbox_bytes,
            on_overflow=self._overflowed,
        )
        self._rate = RateLimit(
            self._limits.frame_burst, self._limits.frame_rate, self._limits.rate_patience_s
        )
        self._subscriber = Subscriber(
            principal=principal, hub=hub, codec=codec, outbox=self.outbox, close=self.close
        )
        self._farewell: asyncio.Task[None] | None = None

    # --- life ---------------------------------------------------------------------------------

    async def open(self, wanted: Mapping[Topic, Position | None]) -> None:
        """Greet the client, subscribed to `wanted`; the caller has seen to its right to them."""
        self._hub.enter(self)
        starts = await self._subscriber.join(wanted) if wanted else []
        if starts is None or self.closing is not None:
            return
        subscriptions = {start.subscription.topic: start.replay.head for start in starts}
        self.tell(
            Connected(
                self.principal.user_id,
                self.connection_id,
                self._limits.heartbeat_s,
                subscriptions,
            )
        )
        await self._subscriber.begin(starts, ref=None)

    def ended(self) -> None:
        """The connection is gone."""
        self._subscriber.leave_all()
        self.outbox.discard()
        self._hub.leave(self)

    def close(self, close: Close) -> None:
        """Tell the client why, and end the connection. The first reason given holds."""
        if self.closing is not None:
            return
        self.closing = close
        metrics.CLOSES.labels(close.name.lower()).inc()
        self._subscriber.leave_all()
        error = ErrorPush(close.error, close.message) if close.error else None
        if close is Close.SLOW_CONSUMER:
            if error:
                self._wire.write(self._codec.encode(error))  # the outbox is discarded
            self._wire.close_now(close.code, close.reason)
            return
        if error:
            self.outbox.send(self._codec.encode(error))
        if self.outbox.clear:
            self._wire.close(close.code, close.reason)
            self.outbox.discard()
        else:
            self._farewell = asyncio.get_running_loop().create_task(self._close_later(close))

    async def _close_later(self, close: Close) -> None:
        try:
            async with asyncio.timeout(FAREWELL_S):
                drained = await self.outbox.drained()
        except TimeoutError:
            drained = False
        if drained:
            self._wire.close(close.code, close.reason)
        else:
            self._wire.close_now(close.code, close.reason)
        self.outbox.discard()

    def evict(self, eviction: Eviction) -> None:
        """Close, if this session is meant."""
        if (
            eviction.user_id == self.principal.user_id
            and eviction.login_id in (None, self.principal.login_id)
            and eviction.connection_id in (None, self.connection_id)
        ):
            # A single connection is named by the one that takes its place.
            self.close(Close.SIGNED_OUT if eviction.connection_id is None else Close.SILENT)

    def tick(self, now: float, clock: float) -> None:
        """Called every second: `now` is monotonic, `clock` unix time."""
        if clock >= self.principal.expires_at:
            self.close(Close.TOKEN_EXPIRED)
            return
        silent = now - self.seen
        if silent >= self._limits.silence_s:
            self.close(Close.SILENT)
        elif silent >= self._limits.silence_s / 2:
            self._wire.ping()

    def touch(self) -> None:
        """The client gave a sign of life."""
        self.seen = time.monotonic()

    def _overflowed(self) -> None:
        metrics.OVERFLOWS.inc()
        logger.info("Slow consumer: connection %s is let go", self.connection_id)
        self.close(Close.SLOW_CONSUMER)

    # --- commands -----------------------------------------------------------------------------

    async def receive(self, payload: bytes) -> None:
        """Carry out one message of the client: size first, then shape, then rate."""
        self.touch()
        if self.closing is not None:
            return
        if len(payload) > self._limits.max_frame_bytes:
            self.close(Close.MESSAGE_TOO_LARGE)
            return
        verdict = self._rate.judge(self.seen)
        if verdict is Verdict.BANISHED:
            self.close(Close.RATE_LIMITED)
            return
        ref: Any = None
        try:
            command = self._codec.decode(payload)
            ref = command.ref
            if verdict is Verdict.ALLOWED:
                await self._carry_out(command)
        except CommandError as error:
            ref = error.ref
            if verdict is Verdict.ALLOWED:
                self.tell(ErrorPush(error.code, error.message, ref))
        except RealtimeError as error:
            self.tell(ErrorPush(error.code, error.message, ref))
        except Exception:
            logger.exception(
                "A command failed; connection %s is sent elsewhere", self.connection_id
            )
            self.close(Close.UNAVAILABLE)
        if verdict is Verdict.REFUSED:
            self.tell(
                ErrorPush(
                    ErrorCode.RATE_LIMITED, "Too many frames; this one was not carried out", ref
                )
            )

    async def _carry_out(self, command: Command) -> None:
        match command:
            case Ping(ref):
                now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                self.tell(Pong(now, self._subscriber.positions(), ref))
            case Subscribe(text, position, ref):
                topic = await in_thread(topics.authorized, self.principal, text)
                starts = await self._subscriber.join({topic: position})
                if starts is not None:
                    await self._subscriber.begin(starts, ref)
            case Unsubscribe(text, ref):
                self._subscriber.leave(text, ref)
            case Refresh(token, ref):
                try:
                    self.principal = await in_thread(self._gate.renew, self.principal, token)
                except CredentialError as error:
                    raise RealtimeError(ErrorCode(error.code), error.message) from None
                self.tell(Ok(ref))

    def tell(self, push: Push) -> None:
        """Send the client something outside its subscriptions."""
        if self.closing is None:
            self.outbox.send(self._codec.encode(push))

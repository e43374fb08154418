"""One client of the JSON protocol: its commands and its subscriptions, one per topic."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from realtime.database.executor import in_thread_for
from realtime.database.health import log_failure
from realtime.fanout.connection import Connection
from realtime.fanout.feed import Subscription
from realtime.fanout.hub import Hub
from realtime.fanout.outbox import SocketWriter
from realtime.fanout.rate import RateLimit, Verdict
from realtime.fanout.subscriber import Start
from realtime.protocol.errors import (
    Close,
    CommandError,
    ErrorCode,
    RealtimeError,
)
from realtime.protocol.event_views import View
from realtime.protocol.frames import Frame
from realtime.protocol.messages import (
    Act,
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
    Subscribed,
    Topic,
    Unsubscribe,
    Unsubscribed,
    parse_topic,
)
from realtime.protocol.principal import CredentialError, Gate, Principal
from realtime.protocols.json import command_answers
from realtime.protocols.json.codec import JSON_CODEC, JsonCodec
from realtime.registries import commands, topics

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger(__name__)


class Session(Connection):
    """Independent of the transport: gets payloads and ticks, and writes through its outbox."""

    def __init__(
        self,
        *,
        principal: Principal,
        connection_id: str,
        hub: Hub,
        gate: Gate,
        writer: SocketWriter[Frame],
        transport: str,
        rate: RateLimit | None = None,
        codec: JsonCodec = JSON_CODEC,
    ) -> None:
        super().__init__(
            principal=principal,
            connection_id=connection_id,
            hub=hub,
            writer=writer,
            transport=transport,
        )
        self._gate = gate
        self._codec = codec
        # The connection's own limit if it has one, as its other frames count too.
        self._rate = rate or RateLimit.of(self._limits)
        self._topics: dict[Topic, Subscription] = {}
        # The topics that the connection exists for.
        self._own: frozenset[Topic] = frozenset()

    async def open(self, wanted: Mapping[Topic, Position | None]) -> None:
        """Send `connected`, subscribed to `wanted`; the caller has checked the permissions."""
        self._own = frozenset(wanted)
        try:
            starts = await self._join(wanted) if wanted else []
        except RealtimeError as error:
            self.refused(error)
            return
        if starts is None or self.closing is not None:
            return
        heads = {start.subscription.topic: start.replay.head for start in starts}
        heartbeat_s, welcome = self._limits.heartbeat_s, self._limits.welcome
        self.send(
            Connected(self.principal.user_id, self.connection_id, heartbeat_s, heads, welcome)
        )
        await self._begin(starts, ref=None)

    async def receive(self, payload: bytes) -> None:
        """Handle one message of the client: check size, then shape, then rate."""
        self.touch()
        if self.closing is not None:
            return
        if len(payload) > self._limits.max_frame_bytes:
            self.close(Close.MESSAGE_TOO_LARGE)
            return
        verdict = self._rate.judge(self.seen)
        if verdict is Verdict.CUT_OFF:
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
                self.send(ErrorPush(error.code, error.message, ref))
        except RealtimeError as error:
            self.send(ErrorPush(error.code, error.message, ref, error.retry_after))
        except Exception as error:
            message = "A command failed on connection %s"
            log_failure(logger, message, self.connection_id, error=error)
            self.close(Close.UNAVAILABLE)
        if verdict is Verdict.REFUSED:
            message = "Too many frames; this one was not carried out"
            self.send(ErrorPush(ErrorCode.RATE_LIMITED, message, ref))

    def tick(self, now: float, clock: float) -> None:
        super().tick(now, clock)
        self._check_silence(now)

    def close_frame(self, close: Close) -> Frame | None:
        return self._codec.encode(ErrorPush(close.error, close.message)) if close.error else None

    def send(self, push: Push) -> None:
        """Send the client a message, unless the connection is closing."""
        if self.closing is None:
            self.outbox.send(self._codec.encode(push))

    def withdrawn(self, topic: Topic) -> None:
        self._topics.pop(topic, None)
        if topic in self._own:
            super().withdrawn(topic)
        else:
            self.send(Unsubscribed(topic))

    # --- commands -----------------------------------------------------------------------------

    async def _carry_out(self, command: Command) -> None:
        match command:
            case Ping(ref):
                now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                self.send(Pong(now, self._positions(), ref))
            case Subscribe(text, position, ref):
                self._check_room(text)
                topic = await in_thread_for(
                    self.principal.user_id, topics.authorized, self.principal, text
                )
                starts = await self._join({topic: position})
                if starts is not None:
                    await self._begin(starts, ref)
            case Unsubscribe(text, ref):
                self._unsubscribe(Topic(text), ref)
            case Refresh(token, ref):
                try:
                    self.principal = await in_thread_for(
                        self.principal.user_id, self._gate.renew, self.principal, token
                    )
                except CredentialError as error:
                    raise error.as_realtime_error() from None
                self.send(Ok(ref))
            case Act():
                await self._act(command)

    def _check_room(self, text: str) -> None:
        most = self._limits.max_subscriptions
        if len(self._topics) >= most and text not in self._topics:
            message = f"A connection has at most {most} subscriptions; unsubscribe from one first"
            raise RealtimeError(ErrorCode.BAD_FRAME, message)

    async def _act(self, act: Act) -> None:
        opener = commands.opener_of(act.name)
        if opener is not None:
            await self._open_topic(opener, act)
            return
        topic = self._topic_of(act)
        handler = commands.handler_of(topic, act.name)
        topic_id = topic.partition("/")[2]
        camel = self._codec.presentation.case == "camel"
        keys = commands.keys_of(topic, act.name) if camel else None
        try:
            arguments = act.data if keys is None else keys.snake(act.data)
        except ValueError as error:
            raise RealtimeError(ErrorCode.BAD_FRAME, str(error)) from None
        try:
            data = await self._run_handler(act.name, handler, self.principal, topic_id, arguments)
        except RealtimeError as error:
            raise (error if keys is None else error.renamed(keys.camel_text)) from None
        self.send(Ok(act.ref, data if keys is None else keys.camel(data)))

    async def _run_handler(
        self, name: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a handler in a thread. Raises `RealtimeError`, whatever goes wrong."""
        try:
            async with self._hub.commands:
                return await in_thread_for(self.principal.user_id, function, *args, **kwargs)
        except RealtimeError:
            raise
        except Exception as error:
            message = "`%s` failed on connection %s"
            log_failure(logger, message, name, self.connection_id, error=error)
            message = "This could not be carried out; try again"
            raise RealtimeError(ErrorCode.UNAVAILABLE, message) from None

    async def _open_topic(self, opener: commands.Opener, act: Act) -> None:
        """Run an opening command, and subscribe from before the event that answers it.

        An existing subscription is paused meanwhile: no event may be sent before the one with the
        `ref`.
        """
        topic = opener.topic(act.data)
        old = self._topics.get(topic) if topic is not None else None
        if old is not None and topic is not None:
            at = self._subscriber.position(old)
            self._subscriber.leave(self._topics.pop(topic))
        else:
            at = await in_thread_for(self.principal.user_id, command_answers.end_position, topic)
        view: View | None = None
        try:
            opened = await self._run_handler(act.name, opener.open, self.principal, act.data)
            topic, view = (
                opened.topic,
                command_answers.AnswerView(self._codec, opened.answers, act.ref),
            )
        finally:
            if topic is not None and (old is not None or view is not None):
                await self._resubscribe(topic, at, view, known=old is not None)

    async def _resubscribe(
        self, topic: Topic, at: Position, view: View | None, *, known: bool
    ) -> None:
        starts = await self._join({topic: at}, view)
        if starts is None:
            return
        if known and all(start.replay.recovered for start in starts):
            await self._subscriber.begin(starts)  # the client already knows of the subscription
        else:
            await self._begin(starts, ref=None)

    def _topic_of(self, act: Act) -> Topic:
        if not commands.needs_topic(act.name):
            return Topic(commands.NO_TOPIC)
        if act.topic is not None:
            topic = parse_topic(act.topic)
            if topic is None:
                raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such topic")
            return topic
        able = [topic for topic in self._topics if commands.takes(topic, act.name)]
        if len(able) != 1:
            message = "Say for which topic, or subscribe to it alone"
            raise RealtimeError(ErrorCode.BAD_FRAME, message)
        return able[0]

    def _positions(self) -> dict[Topic, Position]:
        return {
            topic: self._subscriber.position(subscription)
            for topic, subscription in self._topics.items()
        }

    async def _join(
        self, wanted: Mapping[Topic, Position | None], view: View | None = None
    ) -> list[Start] | None:
        """Join topics. Replaces an existing subscription, whose delivery stops first."""
        for topic in wanted:
            if (old := self._topics.pop(topic, None)) is not None:
                self._subscriber.leave(old)
        starts = await self._subscriber.join(
            wanted, view=view or self._codec, send=self.outbox.send
        )
        for start in starts or ():
            self._topics[start.subscription.topic] = start.subscription
        return starts

    async def _begin(self, starts: Sequence[Start], ref: Any) -> None:
        for start in starts:
            topic, replay = start.subscription.topic, start.replay
            self.send(Subscribed(topic, replay.head, replay.recovered, start.snapshot, ref))
        await self._subscriber.begin(starts)

    def _unsubscribe(self, topic: Topic, ref: Any) -> None:
        subscription = self._topics.pop(topic, None)
        if subscription is None:
            raise RealtimeError(ErrorCode.NOT_FOUND, "There is no such subscription")
        self._subscriber.leave(subscription)
        self.send(Unsubscribed(topic, ref))

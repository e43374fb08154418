"""One connected STOMP client: its subscriptions to destinations, its acknowledgements, SENDs."""

import asyncio
import logging
import time
from functools import cache

import orjson

from realtime.database.executor import in_thread_for
from realtime.database.health import has_trace
from realtime.fanout.connection import Connection
from realtime.fanout.hub import Hub
from realtime.fanout.outbox import SocketWriter
from realtime.fanout.subscriber import Start
from realtime.protocol.errors import Close, ErrorCode, RealtimeError
from realtime.protocol.event_views import Shape
from realtime.protocol.frames import Frame
from realtime.protocol.messages import (
    Position,
    Publication,
    State,
    Topic,
)
from realtime.protocol.presentation import AS_LOGGED, Presentation
from realtime.protocol.principal import Principal
from realtime.protocols.json.envelope import state_envelope
from realtime.protocols.stomp import ack_store
from realtime.protocols.stomp.codec import (
    HEART_BEAT,
    Ack,
    AckTracker,
    Action,
    Connect,
    Disconnect,
    Nack,
    Receipt,
    Send,
    SharedMessage,
    StompError,
    StompFrame,
    StompProtocol,
    Subscribe,
    Unsubscribe,
    encode,
)
from realtime.protocols.stomp.codec import Subscription as StompSubscription
from realtime.protocols.stomp.codec.limits import DEFAULTS
from realtime.protocols.stomp.codec.message import JSON
from realtime.registries.stream_views import (
    StreamView,
    open_stream_view,
    sender_of,
    view_factory_of,
)

logger = logging.getLogger(__name__)

# How often changed acknowledgements are stored; after a crash, as much is delivered again.
SAVE_S = 5.0
# How often unchanged ones are stored, so that a quiet subscription does not expire.
KEEP_S = 120.0
# Heart-beats are sent this much early, as ticks come only once a second.
EARLY_S = 1.5


class StompView:
    """Encodes the shared part of an event's MESSAGEs, for one shape and presentation."""

    def __init__(self, shape: Shape, presentation: Presentation, *, states: bool) -> None:
        self._shape = shape
        self._presentation = presentation
        self._states = states

    def event(self, publication: Publication) -> SharedMessage | None:
        body = self._shape(publication, self._presentation)
        if body is None:
            return None
        return SharedMessage(publication.topic, publication.epoch, publication.offset, body)

    def state(self, state: State) -> bytes | None:
        return state_envelope(state, self._presentation) if self._states else None


@cache
def view_of(shape: Shape, presentation: Presentation, states: bool) -> StompView:
    """Return the view of a shape and presentation, cached so that subscribers share its results."""
    return StompView(shape, presentation, states=states)


class _Delivery:
    """One STOMP subscription: a destination's topics, merged."""

    def __init__(self, stomp: StompSubscription, session: "StompSession") -> None:
        self.stomp = stomp
        self.starts: list[Start] = []
        self.first: dict[Topic, dict[str, str]] = {}
        self._session = session

    @property
    def key(self) -> str:
        """Its key in the ack store."""
        return ack_store.key_of(self.stomp.id, self.stomp.destination)

    def send(self, shown: SharedMessage | bytes) -> bool:
        """Send one MESSAGE. Returns False if it was acknowledged before and is not sent again."""
        if isinstance(shown, bytes):
            self._session.send_state(self.stomp, shown)
            return True
        tracker = self.stomp.tracker
        if tracker is not None:
            if not tracker.wanted(shown.key):
                return False
            if self.stomp.full:
                self._session.close(Close.SLOW_CONSUMER)
                return False
            self._session.expect_answer()
        extra = self.first.pop(shown.key.topic, None) if self.first else None
        self._session.outbox.send(Frame(self.stomp.deliver(shown, extra)))
        return True


class StompSession(Connection):
    """Independent of the transport: gets actions and ticks, and writes through its outbox."""

    def __init__(
        self,
        *,
        principal: Principal,
        connection_id: str,
        hub: Hub,
        writer: SocketWriter[Frame],
        transport: str,
        protocol: StompProtocol,
        connect: Connect,
        presentation: Presentation = AS_LOGGED,
    ) -> None:
        super().__init__(
            principal=principal,
            connection_id=connection_id,
            hub=hub,
            writer=writer,
            transport=transport,
        )
        self._protocol = protocol
        self._presentation = presentation
        # The number of messages sent that require an answer, less the ACKs and NACKs.
        self._pending_answers = 0
        self._deliveries: dict[StompSubscription, _Delivery] = {}
        self._state_number = 0
        self._heart_beat_s = connect.heart_beat.server_sends_every_ms / 1000
        # Never below the interval that the server asked for: one of a millisecond is not enforced.
        self._client_heart_beat_s = connect.heart_beat.client_sends_every_ms / 1000
        self._last_received = self.seen
        self._last_heart_beat = self._saved = self.seen
        self._dirty: set[_Delivery] = set()
        self._saving: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self._write(protocol.connected(session=connection_id, user_name=principal.username))
        self._receipt(connect.receipt)

    # --- lifecycle --------------------------------------------------------------------------------

    def close_frame(self, close: Close) -> Frame | None:
        if close.error is None:
            return None
        fault = StompError(close.message, headers=(("code", str(close.error)),))
        return Frame(self._protocol.error_frame(fault))

    def fail(self, frame: Frame, close: Close) -> None:
        """Close the connection with an ERROR that is already encoded."""
        if self.closing is None:
            self.outbox.send(frame)
            self.close(close, is_reason_sent=True)

    def tick(self, now: float, clock: float) -> None:
        super().tick(now, clock)
        self._check_silence(now)
        self._check_heart_beat(now)
        if self.closing is not None:
            return
        if self._heart_beat_s and now - self._last_heart_beat >= max(
            self._heart_beat_s - EARLY_S, 0
        ):
            self._last_heart_beat = now
            self._write(HEART_BEAT)
        due = SAVE_S if self._dirty else KEEP_S
        under_way = self._saving is not None and not self._saving.done()
        if now - self._saved >= due and not under_way and self._tracked():
            self._saved = now
            self._saving = asyncio.get_running_loop().create_task(self._save())

    def received(self) -> None:
        """Record that the client sent something in STOMP: a frame, a part of one, or a heart-beat.

        A transport's own signs of life do not count as heart-beats: a browser answers pings, and
        SockJS polls, even for a page whose script hangs.
        """
        self._last_received = time.monotonic()
        self.touch()

    def _check_heart_beat(self, now: float) -> None:
        most = self._limits.beat_tolerance * self._client_heart_beat_s + self._limits.beat_margin_s
        if self._client_heart_beat_s and now - self._last_received >= most:
            self.close(Close.SILENT)

    async def finish(self) -> None:
        """Store unacknowledged messages, which are delivered again on the next subscription."""
        await super().finish()
        if self._tracked():
            await self._save()

    # --- actions of the client --------------------------------------------------------------------

    async def carry_out(self, action: Action) -> None:
        """Handle an action. Raises `StompError` and `RealtimeError`; both end the connection."""
        if self.closing is not None:
            return
        match action:
            case Ack(subscription, _, receipt) | Nack(subscription, _, receipt):
                if (delivery := self._deliveries.get(subscription)) is not None:
                    self._dirty.add(delivery)
                if receipt is not None:
                    # The receipt guarantees that it holds at any instance that the client connects
                    # to next.
                    await self._save_changes()
                self._receipt(receipt)
            case Receipt(receipt):
                await self._save_changes()  # COMMIT may have changed some
                self._receipt(receipt)
            case Disconnect(receipt):
                await self._save_changes()
                self._receipt(receipt)
                self.close(Close.GOODBYE)
            case _:
                await self._carry_out(action)

    async def _carry_out(self, action: Action) -> None:
        match action:
            case Subscribe(subscription, headers, receipt):
                await self._subscribe(subscription, dict(headers), receipt)
            case Unsubscribe(subscription, receipt):
                await self._unsubscribe(subscription, receipt)
            case Send(destination, _, body, content_type, receipt):
                sender, name = sender_of(destination)
                await in_thread_for(
                    self.principal.user_id,
                    sender,
                    self.principal,
                    name,
                    body,
                    content_type or "",
                    self._presentation,
                )
                self._receipt(receipt)

    def expect_answer(self) -> None:
        """Record that the client was sent a message that requires an answer."""
        most = DEFAULTS.unacknowledged * len(self._deliveries)
        self._pending_answers = min(self._pending_answers + 1, most)

    def take_pending_answer(self) -> bool:
        """Return whether an ACK or NACK answers a message, and is exempt from the rate limit."""
        if not self._pending_answers:
            return False
        self._pending_answers -= 1
        return True

    # --- subscriptions ----------------------------------------------------------------------------

    async def _subscribe(
        self, stomp: StompSubscription, headers: dict[str, str], receipt: str | None
    ) -> None:
        view_factory, text = view_factory_of(stomp.destination)
        stream_view = await in_thread_for(
            self.principal.user_id, open_stream_view, self.principal, view_factory, text
        )
        wanted = _positions(stream_view, headers)
        delivery = self._deliveries[stomp] = _Delivery(stomp, self)
        if stomp.tracker is not None:
            await self._restore(delivery, wanted)
        view = view_of(stream_view.shape, self._presentation, stream_view.states)
        starts = await self._subscriber.join(
            wanted, view=view, send=delivery.send, distinct=stream_view.distinct
        )
        if starts is None:
            return
        delivery.starts = starts
        recovery = _recovery_headers(stream_view, starts)
        for start in starts:
            self._begin_tracking(stomp, start, wanted[start.subscription.topic])
            topic = start.subscription.topic
            delivery.first[topic] = {"recovered": str(start.replay.recovered).lower()}
        if stomp.tracker is not None:
            await self._save()
        self._receipt(receipt, recovery)
        await self._subscriber.begin(starts)

    async def _restore(self, delivery: _Delivery, wanted: dict[Topic, Position | None]) -> None:
        """Load what this subscription had not acknowledged on its last connection."""
        kept = await in_thread_for(
            self.principal.user_id, ack_store.load, self.principal.user_id, delivery.key
        )
        if kept is None:
            return
        stomp = delivery.stomp
        tracker = stomp.tracker = AckTracker.from_state(stomp.ack, orjson.loads(kept))
        for topic, asked in wanted.items():
            base = tracker.base(topic)
            if base is None:
                continue
            same = asked is not None and asked.epoch in (None, base.epoch)
            if asked is None or (same and base.offset < asked.offset):
                wanted[topic] = base

    def _begin_tracking(
        self, stomp: StompSubscription, start: Start, asked: Position | None
    ) -> None:
        tracker = stomp.tracker
        if tracker is None:
            return
        topic, head = start.subscription.topic, start.replay.head
        known = tracker.base(topic)
        if known is None or not start.replay.recovered:
            replayed = asked is not None and start.replay.recovered
            offset = asked.offset if replayed and asked else head.offset
            tracker.begin(topic, head.epoch or "", offset)

    async def _unsubscribe(self, stomp: StompSubscription, receipt: str | None) -> None:
        delivery = self._deliveries.pop(stomp, None)
        if delivery is not None:
            for start in delivery.starts:
                self._subscriber.leave(start.subscription)
            if stomp.tracker is not None:
                await self._save([delivery])
            self._dirty.discard(delivery)
        self._receipt(receipt)

    def send_state(self, stomp: StompSubscription, body: bytes) -> None:
        """Send an unlogged state: a MESSAGE without offset, whose acknowledgement is ignored."""
        self._state_number += 1
        name = f"0@0@state@{self._state_number}"  # no subscription has the serial 0
        headers = [
            ("subscription", stomp.id),
            ("destination", stomp.destination),
            ("message-id", name),
            ("content-type", JSON),
        ]
        if stomp.tracker is not None:
            headers.append(("ack", name))
            self.expect_answer()
        frame = StompFrame("MESSAGE", tuple(headers), body)
        self._write(encode(frame, self._protocol.version))

    # --- stored acknowledgements ------------------------------------------------------------------

    def _tracked(self) -> list[_Delivery]:
        return [one for one in self._deliveries.values() if one.stomp.tracker is not None]

    async def _save_changes(self) -> None:
        if self._dirty:
            await self._save(list(self._dirty))

    async def _save(self, deliveries: list[_Delivery] | None = None) -> None:
        # Serialized, so that an older state is never written last.
        async with self._writing:
            saved = self._tracked() if deliveries is None else deliveries
            states = {
                one.key: orjson.dumps(one.stomp.tracker.to_state()).decode()
                for one in saved
                if one.stomp.tracker is not None
            }
            self._dirty.difference_update(saved)
            try:
                await in_thread_for(
                    self.principal.user_id, ack_store.save, self.principal.user_id, states
                )
            except Exception as error:
                logger.warning(
                    "Acknowledgements were not stored; more messages will be repeated",
                    exc_info=has_trace(error),
                )
                self._dirty.update(saved)

    # --- writing ----------------------------------------------------------------------------------

    def _receipt(self, receipt: str | None, extra: dict[str, str] | None = None) -> None:
        if receipt is not None:
            self._write(self._protocol.receipt(receipt, extra))

    def _write(self, data: bytes) -> None:
        self.outbox.send(Frame(data))


def _positions(stream_view: StreamView, headers: dict[str, str]) -> dict[Topic, Position | None]:
    """Read where to resume: `offset` and `epoch` for the first topic, `broadcast-…` for another."""
    wanted: dict[Topic, Position | None] = {}
    for topic, prefix in zip(stream_view.topics, ("", "broadcast-"), strict=False):
        text = headers.get(f"{prefix}offset")
        if text is None:
            wanted[topic] = None
        elif text.isascii() and text.isdecimal() and len(text) <= 40:
            wanted[topic] = Position(headers.get(f"{prefix}epoch") or None, int(text))
        else:
            raise RealtimeError(
                ErrorCode.BAD_FRAME, f"`{prefix}offset` is not an integer of 0 or more"
            )
    return wanted


def _recovery_headers(stream_view: StreamView, starts: list[Start]) -> dict[str, str]:
    """Return the headers of a SUBSCRIBE's RECEIPT."""
    whole = all(start.replay.recovered for start in starts)
    recovery = {"recovered": str(whole).lower()}
    for start, prefix in zip(starts, ("", "broadcast-"), strict=False):
        recovery[f"{prefix}epoch"] = start.replay.head.epoch or ""
        recovery[f"{prefix}offset"] = str(start.replay.head.offset)
    return recovery

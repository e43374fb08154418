"""Hints by PostgreSQL's LISTEN and NOTIFY, for instances that share a database and no Redis.

Every instance receives every hint, and drops those about topics that nobody follows there. All
notifications are sent by one connection of its own, outside of requests' transactions: a NOTIFY
takes a lock of the whole server at its commit.

One notification is at most 8,000 bytes (PostgreSQL documentation, NOTIFY), so a message is packed
by MessagePack and base64, and cut into parts. They are sent in one statement, and PostgreSQL keeps
the order of one connection's notifications, so that no part of another message of the same process
comes between.
"""

import asyncio
import hashlib
import logging
import time
import uuid
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgpack
import psycopg
from django.db import connection as django_connection

from realtime import metrics
from realtime.cluster import hints
from realtime.conf import conf
from realtime.protocol.messages import EphemeralBroadcast, Publication, State, Topic
from realtime.protocol.principal import Eviction
from realtime.tasks import run_together

logger = logging.getLogger(__name__)

# The limit of a notification, less the head of a part.
PART_CHARS = 7_800
# A larger event is announced by its offset: the instance that needs it reads the log, which is in
# the same database.
EVENT_BYTES = 4 * 1024
# A longer message (of an unlogged broadcast to thousands of topics) is dropped, not sent in parts.
MESSAGE_PARTS = 64
# Queued messages; beyond it the oldest are dropped, as the log has their events.
QUEUE = 10_000
# Messages in one statement.
BATCH = 100
CONNECT_S = 5
# What `pg_stat_activity` shows.
APPLICATION = "bellwire hints"
# A statement, or a probe, that takes longer: the connection counts as broken.
ANSWER_S = 5.0
RETRY_S = 1.0
# How often a silent connection is checked.
CHECK_S = 10.0
# Parts of another process's message that are kept while the rest is awaited.
_SENDERS = 256

Message = Mapping[str, Any]
_NOTIFY = """
SELECT pg_notify(channel, part)
FROM unnest(%s::text[], %s::text[]) AS given (channel, part)
"""


def is_available() -> bool:
    """Return whether instances share a PostgreSQL database and no Redis."""
    return not conf().redis_urls and django_connection.vendor == "postgresql"


def channel_of(name: str) -> str:
    """Return the channel of `name` for this deployment. Channel names have at most 63 bytes."""
    digest = hashlib.sha256(f"{conf().redis_prefix}\0{name}".encode()).hexdigest()
    return f"bellwire_{digest[:32]}"


def _connection_params() -> dict[str, Any]:
    """Return psycopg's arguments for the database, or for the address that is set for LISTEN."""
    if conf().listen_database_url:
        return {
            "conninfo": conf().listen_database_url,
            "connect_timeout": CONNECT_S,
            "application_name": APPLICATION,
        }
    params = django_connection.get_connection_params()
    ours = {"context", "cursor_factory", "prepare_threshold", "pool"}
    own = {name: value for name, value in params.items() if name not in ours}
    return own | {"application_name": APPLICATION}


async def _connect() -> psycopg.AsyncConnection[Any]:
    async with asyncio.timeout(2 * CONNECT_S):
        # Unprepared, so that it also works through a pooler.
        return await psycopg.AsyncConnection.connect(
            **_connection_params(), autocommit=True, prepare_threshold=None
        )


def parts_of(sender: str, message: Message) -> list[str]:
    """Return the notifications that carry a message; none if it is too long."""
    text = b64encode(msgpack.packb(message)).decode()
    pieces = [text[at : at + PART_CHARS] for at in range(0, len(text), PART_CHARS)]
    if len(pieces) > MESSAGE_PARTS:
        return []
    left = range(len(pieces) - 1, -1, -1)
    return [f"{sender}:{number}:{piece}" for number, piece in zip(left, pieces, strict=True)]


class Assembler:
    """Joins the parts of messages, which may be of several senders at once."""

    def __init__(self) -> None:
        # Per sender: the number of the part that is awaited, and the parts before it.
        self._begun: dict[str, tuple[int, list[str]]] = {}

    def add(self, payload: str) -> dict[str, Any] | None:
        """Return the message that this part completes, or None.

        A message whose beginning is missing is dropped. Raises ValueError for anything that is no
        part of a message.
        """
        sender, number_text, piece = payload.split(":", 2)
        number = int(number_text)
        expected, pieces = self._begun.pop(sender, (number, []))
        if expected != number:
            pieces = []
        pieces.append(piece)
        if number:
            self._begun[sender] = number - 1, pieces
            if len(self._begun) > _SENDERS:
                del self._begun[next(iter(self._begun))]
            return None
        message: dict[str, Any] = msgpack.unpackb(b64decode("".join(pieces), validate=True))
        return message


def _messages(
    origin: str,
    publications: Sequence[Publication],
    evictions: Sequence[Eviction],
    broadcasts: Sequence[EphemeralBroadcast] = (),
) -> Iterator[Message]:
    logged = hints.messages(origin, publications, evictions, event_bytes=EVENT_BYTES)
    for _, message in (*logged, *hints.broadcast_hints(origin, broadcasts, time.time())):
        yield message


def send_now(
    publications: Sequence[Publication],
    evictions: Sequence[Eviction],
    broadcasts: Sequence[EphemeralBroadcast] = (),
) -> None:
    """Send hints from a process without an event loop (commands, workers), after its commit."""
    channel, sender = channel_of(hints.EVERY_HUB), uuid.uuid4().hex[:8]
    sent = [
        part
        for message in _messages("", publications, evictions, broadcasts)
        for part in parts_of(sender, message)
    ]
    try:
        with django_connection.cursor() as cursor:
            cursor.execute(_NOTIFY, [[channel] * len(sent), sent])
    except Exception:
        logger.warning("A hint could not be sent: instances read the log", exc_info=True)


class PostgreSQLHintSender:
    """Sends hints to the other instances; `origin` names this process. For one event loop only."""

    def __init__(self, *, origin: str) -> None:
        self._origin = origin
        self._sender = uuid.uuid4().hex[:8]
        self._everyone = channel_of(hints.EVERY_HUB)
        self._queue: deque[tuple[str, Message]] = deque(maxlen=QUEUE)
        self._waiting = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_away = False
        metrics.HINTS_WAITING.labels("postgresql").set_function(self._queue.__len__)

    def put(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
        """Queue the hints of one commit. Never blocks or raises."""
        self._put(_messages(self._origin, publications, evictions))

    def put_states(self, states: Sequence[State]) -> None:
        """Queue unlogged states. Never blocks or raises."""
        self._put(message for _, message in hints.state_hints(self._origin, states, time.time()))

    def put_broadcasts(self, broadcasts: Sequence[EphemeralBroadcast]) -> None:
        """Queue unlogged states of several topics each. Never blocks or raises."""
        self._put(_messages(self._origin, (), (), broadcasts))

    def send_refresh(self, topics: Sequence[Topic]) -> None:
        """Queue a request to other instances to read the presence of these topics again."""
        self._put(message for _, message in hints.refresh_hints(self._origin, topics))

    def relay(self, instance: str, body: Mapping[str, Any]) -> bool:
        """Queue a message to one instance. Returns False if PostgreSQL is away."""
        if self._is_away:
            return False
        self._append(channel_of(instance), hints.relayed(self._origin, body))
        return True

    def probe(self, channel: str) -> None:
        """Queue a message without content."""
        self._append(channel, {"origin": self._origin})

    async def run(self) -> None:
        """Send what is queued, until cancelled."""
        while True:
            try:
                async with await _connect() as connection:
                    self._is_away = False
                    await self._send_queued(connection)
            except (OSError, psycopg.Error) as error:
                if not self._is_away:
                    logger.warning("Hints cannot be sent (%s): instances read the log", error)
                self._is_away = True
                metrics.HINTS_LOST.inc(len(self._queue))
                self._queue.clear()
                self._idle.set()
                await asyncio.sleep(RETRY_S)

    async def _send_queued(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            while self._queue:
                count = min(BATCH, len(self._queue))
                batch = [self._queue.popleft() for _ in range(count)]
                rows = [(to, part) for to, each in batch for part in self._parts(each)]
                channels, parts = [to for to, _ in rows], [part for _, part in rows]
                async with asyncio.timeout(ANSWER_S):
                    await connection.execute(_NOTIFY, [channels, parts])
            self._idle.set()

    async def flushed(self) -> None:
        """Wait until the queue is empty, so that the last commits are announced."""
        await self._idle.wait()

    def _parts(self, message: Message) -> list[str]:
        parts = parts_of(self._sender, message)
        if not parts:
            metrics.HINTS_LOST.inc()
        return parts

    def _put(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._append(self._everyone, message)

    def _append(self, channel: str, message: Message) -> None:
        if self._is_away:
            metrics.HINTS_LOST.inc()
            return
        self._queue.append((channel, message))
        self._idle.clear()
        self._waiting.set()


class PostgreSQLHintReceiver:
    """Receives all hints by a connection of its own, and hands them to `dispatch`.

    `missed` is called after each (re)connection, as hints may have been lost before. `probe` sends
    a message to a channel from another connection: one that never arrives shows that LISTEN does
    not work, as through a pooler in transaction mode.
    """

    def __init__(
        self,
        *,
        origin: str,
        dispatch: Callable[[Message], None],
        missed: Callable[[], None],
        probe: Callable[[str], None],
    ) -> None:
        self._origin = origin
        self._dispatch = dispatch
        self._missed = missed
        self._probe = probe
        self._own = channel_of(origin)
        self._is_away = False
        self._proved = asyncio.Event()

    def follow(self, topic: Topic) -> None:
        """Do nothing: hints of all topics are received."""

    def forget(self, topic: Topic) -> None:
        """Do nothing, as `follow`."""

    async def run_subscriptions(self) -> None:
        """Say so if LISTEN does not work; then wait until cancelled."""
        await self._check_delivery()
        await asyncio.Event().wait()

    async def run(self) -> None:
        """Receive and dispatch, until cancelled."""
        while True:
            try:
                async with await _connect() as connection:
                    await self._receive(connection)
            except (OSError, psycopg.Error) as error:
                if not self._is_away:
                    logger.warning("Hints cannot be received (%s): reading the log", error)
                self._is_away = True
                await asyncio.sleep(RETRY_S)

    async def _receive(self, connection: psycopg.AsyncConnection[Any]) -> None:
        for channel in (channel_of(hints.EVERY_HUB), self._own):
            async with asyncio.timeout(ANSWER_S):
                # A name of letters, digits and underscores.
                await connection.execute(f'LISTEN "{channel}"'.encode())
        if self._is_away:
            logger.warning("Hints are received again")
            self._is_away = False
        self._missed()
        assembler = Assembler()
        while True:
            async for notification in connection.notifies(timeout=CHECK_S):
                self._take(assembler, notification.payload)
            # A connection whose other end has vanished is silent too.
            async with asyncio.timeout(ANSWER_S):
                await connection.execute(b"SELECT 1")

    def _take(self, assembler: Assembler, payload: str) -> None:
        try:
            message = assembler.add(payload)
            if message is None:
                return
            if message.get("origin") == self._origin:
                self._proved.set()
                return
            self._dispatch(message)
        except Exception:
            # At worst a hint of another version, whose events are in the log anyway.
            logger.warning("A hint could not be read", exc_info=True)

    async def _check_delivery(self) -> None:
        until = time.monotonic() + 2 * ANSWER_S
        while time.monotonic() < until and not self._proved.is_set():
            self._probe(self._own)
            try:
                async with asyncio.timeout(RETRY_S):
                    await self._proved.wait()
            except TimeoutError:
                continue
        if not self._proved.is_set() and not self._is_away:
            logger.error(
                "LISTEN does not work on this database connection: is DATABASE_URL a pooler in "
                "transaction mode? Set BELLWIRE_LISTEN_DATABASE_URL to PostgreSQL's own address. "
                "Until then events of other instances are late by up to BELLWIRE_RECONCILE_S."
            )


async def run_all(sender: PostgreSQLHintSender, receiver: PostgreSQLHintReceiver) -> None:
    """Run both until cancelled."""
    await run_together([sender.run(), receiver.run(), receiver.run_subscriptions()])

"""The engine of one process: starts and stops its parts on the server's event loop."""

import asyncio
import logging
import random
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from realtime.cluster import hints, postgresql_hints, presence, roster
from realtime.cluster.hint_receiver import HintReceiver
from realtime.cluster.hint_sender import HintSender
from realtime.cluster.leases import (
    Leases,
    LocalLeases,
    RedisLeases,
    ShardedLeases,
)
from realtime.cluster.postgresql_hints import PostgreSQLHintReceiver, PostgreSQLHintSender
from realtime.cluster.presence import Presence, RedisShared, Tracker
from realtime.cluster.presence_shards import ShardedPresence
from realtime.cluster.redis_health import RedisHealth, health_of_shards
from realtime.cluster.roster import Listed
from realtime.cluster.session_owners import (
    LocalOwners,
    Owners,
    RedisOwners,
    ShardedOwners,
)
from realtime.conf import conf
from realtime.database.executor import in_thread, in_thread_for
from realtime.database.health import has_trace
from realtime.fanout import delivery
from realtime.fanout.admissions import Admissions
from realtime.fanout.anonymous_connections import AnonymousConnections
from realtime.fanout.drain import close_in_steps
from realtime.fanout.hub import Hub
from realtime.fanout.poll_counts import PollCounts
from realtime.fanout.roster_writer import RosterWriter, list_connections
from realtime.protocol.errors import Close
from realtime.protocol.messages import (
    EphemeralBroadcast,
    Publication,
    State,
    Topic,
)
from realtime.protocol.principal import Eviction, Gate, Principal
from realtime.registries import lifecycle_services, periodic_tasks
from realtime.registries.topic_watchers import Watcher
from realtime.tasks import end_tasks

logger = logging.getLogger(__name__)

# The same unlogged state within this time is sent once, however fast a user types.
REPEAT_S = 1.0
_CONNECTION_ID = re.compile(r"[0-9a-f]{32}\Z")
# How long other threads wait for the event loop to list the connections.
LIST_WAIT_S = 2.0


class Runtime:
    """One per process; `gate` authenticates clients.

    Under uvicorn it starts with the server. daphne has no lifespan: there it starts with the first
    request, as there are no subscribers before.
    """

    def __init__(self, *, gate: Gate) -> None:
        self.gate = gate
        self.instance = uuid.uuid4().hex[:16]
        # One per Redis server.
        self.health = health_of_shards(conf().redis_urls)
        self.polls = PollCounts()
        self.admissions = Admissions()
        self.anonymous_connections = AnonymousConnections()
        self._draining = False
        # How frames reach the socket; our own server sets `direct`.
        self.send_path = "asgi"
        self.hub: Hub
        self.leases: Leases
        self.owners: Owners
        self.presence: Tracker
        self._watcher: Watcher
        self._published: dict[State, float] = {}
        self._relayed: Callable[[str, Mapping[str, Any]], None] | None = None
        self._drain_callbacks: list[Callable[[], None]] = []
        self._sender: HintSender | PostgreSQLHintSender | None = None
        self._receiver: HintReceiver | PostgreSQLHintReceiver | None = None
        self._roster: RosterWriter | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # --- lifecycle --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start on the running loop; does nothing if already started."""
        if self._loop is not None:
            return
        self._loop = asyncio.get_running_loop()
        limit = conf().max_connections_per_user
        self.hub = Hub(follow=self._follow, forget=self._forget)
        if conf().redis_urls:
            self._start_shared(limit)
        else:
            self.leases = LocalLeases(limit=limit)
            self.owners = LocalOwners(self.instance)
            self.presence = self._count_presence(None, RedisHealth())
            if postgresql_hints.is_available():
                self._start_postgresql_hints()
        self.hub.presence = self.presence
        presence.use(self.presence)
        self._run(self.presence.run())
        self._run(self.presence.sweep())
        self._watcher = Watcher(self.hub.feeds)
        self._run(self._watcher.run())
        for work in (self.hub.pump, self.hub.repair, self.hub.publish_states, self.leases.run):
            self._run(work())
        self._run(self.owners.run())
        self._run(self._tick())
        self._run(self._every(conf().reconcile_s, self.hub.reconcile))
        self._run(self._every(conf().revoke_s, self._revoke))
        for task in periodic_tasks.registered():
            self._run(periodic_tasks.run(task, instance=self.instance))
        delivery.deliver_to(self)
        roster.set_local_source(self.instance, self.listed)
        for service in lifecycle_services.registered():
            service.start()
        logger.info(
            "Instance %s is up; Redis: %s; send path: %s",
            self.instance,
            self.redis,
            self.send_path,
        )

    def _start_shared(self, limit: int) -> None:
        """Start the parts that instances share, once per Redis server."""
        prefix = conf().redis_prefix
        shards = list(zip(conf().redis_urls, self.health, strict=True))
        self.leases = ShardedLeases(
            [
                RedisLeases(
                    url=url, instance=self.instance, limit=limit, health=health, prefix=prefix
                )
                for url, health in shards
            ],
            prefix=prefix,
        )
        self.owners = ShardedOwners(
            [
                RedisOwners(url=url, instance=self.instance, health=health, prefix=prefix)
                for url, health in shards
            ],
            prefix=prefix,
        )
        self.presence = ShardedPresence(
            [
                self._count_presence(
                    RedisShared(url=url, instance=self.instance, health=health, prefix=prefix),
                    health,
                )
                for url, health in shards
            ],
            prefix=prefix,
        )
        self._sender = HintSender(origin=self.instance, health=self.health)
        self._receiver = HintReceiver(
            origin=self.instance,
            health=self.health,
            dispatch=self._hint_dispatcher(),
            check=self.hub.check,
        )
        keys = roster.RosterKeys(prefix, conf().redis_urls)
        self._roster = RosterWriter(
            keys=keys,
            instance=self.instance,
            health=self.health[keys.number],
            list_connections=self._list_connections,
        )
        self._run(self._roster.run())
        self._run(self._sender.run())
        self._run(self._receiver.run_subscriptions())
        self._run(self._receiver.run())

    def _start_postgresql_hints(self) -> None:
        """Start to send and receive hints by the database, where it is all that instances share."""
        self._sender = PostgreSQLHintSender(origin=self.instance)
        self._receiver = PostgreSQLHintReceiver(
            origin=self.instance,
            dispatch=self._hint_dispatcher(),
            missed=lambda: self.hub.check(list(self.hub.feeds)),
            probe=self._sender.probe,
        )
        self._run(postgresql_hints.run_all(self._sender, self._receiver))

    def _hint_dispatcher(self) -> hints.Dispatcher:
        return hints.Dispatcher(
            origin=self.instance,
            accept=self.hub.accept,
            evict=self.hub.evict,
            relayed=self._dispatch_relayed,
            send_states=self.hub.deliver_states,
            on_refresh=self._on_refresh,
        )

    def _count_presence(self, shared: RedisShared | None, health: RedisHealth) -> Presence:
        return Presence(
            send_states=self.hub.deliver_states,
            send_refresh=self._send_refresh,
            shared=shared,
            health=health,
        )

    @property
    def started(self) -> bool:
        """Whether it has been started and not stopped."""
        return self._loop is not None

    def is_draining(self) -> bool:
        """Return whether the instance is disconnecting its clients."""
        return self._draining

    async def drain(self) -> None:
        """Accept no more connections, and close all (1012) in steps. Returns once all are told."""
        self._draining = True
        connections = list(self.hub.connections.values()) if self._loop else []
        logger.info("Draining %d connections", len(connections))
        self.admissions.drain()
        for callback in self._drain_callbacks:
            callback()
        for service in lifecycle_services.registered():
            service.drain()
        await close_in_steps(connections)

    async def stop(self) -> None:
        """Stop the parts. Hints of earlier commits are sent first."""
        if self._loop is None:
            return
        for service in lifecycle_services.registered():
            await service.stop()
        delivery.deliver_to(None)
        presence.use(None)
        roster.set_local_source(self.instance, None)
        if self._sender is not None:
            try:
                async with asyncio.timeout(2):
                    await self._sender.flushed()
            except TimeoutError:
                logger.warning("Hints were left unsent; the others read the log")
        await end_tasks(self._tasks)
        await self.presence.close()
        await self.leases.close()
        await self.owners.close()
        if self._roster is not None:
            await self._roster.close()
        self._loop = None

    @property
    def redis(self) -> str:
        """`embedded`, `ok` or `degraded`."""
        if not conf().redis_urls:
            return "embedded"
        return "degraded" if any(shard.away for shard in self.health) else "ok"

    @property
    def redis_shards(self) -> dict[str, str]:
        """The state of each of several servers, by its number in `REDIS_URL` from 1."""
        if len(self.health) < 2:
            return {}
        return {
            str(number): "degraded" if shard.away else "ok"
            for number, shard in enumerate(self.health, 1)
        }

    # --- connections ----------------------------------------------------------------------------

    async def admit(self, scope: Mapping[str, Any], *, changes: bool = False) -> Principal:
        """Return the principal of a scope; with `changes`, of one that changes state.

        Raises `CredentialError`. Repeated failing attempts wait for their own share of threads.
        """
        function = self.gate.admit_change if changes else self.gate.admit
        return await in_thread_for(self.gate.lane(scope), function, scope)

    async def admit_token(self, scope: Mapping[str, Any], token: str) -> Principal:
        """Return the principal of a token sent over this scope. Raises `CredentialError`."""
        return await in_thread_for(self.gate.lane(scope, token), self.gate.admit_token, token)

    async def lease(self, principal: Principal, connection_id: str, replaces: str) -> bool:
        """Lease a connection for the user, in place of `replaces` if that is theirs too."""
        old = replaces if _CONNECTION_ID.match(replaces) else None
        if not await self.leases.acquire(principal.user_id, connection_id, old):
            return False
        if old:
            # The old connection's network may be gone without its server noticing.
            self.evict([Eviction(principal.user_id, connection_id=old, replaced=True)])
        return True

    def listed(self) -> list[Listed]:
        """Return the connections of this process. Call it from a thread other than the loop's."""
        if self._loop is None:
            return []
        future = asyncio.run_coroutine_threadsafe(self._list_connections(), self._loop)
        try:
            return future.result(LIST_WAIT_S)
        except TimeoutError:
            future.cancel()
            logger.warning("The event loop was too busy to list the connections")
        return []

    async def _list_connections(self) -> list[Listed]:
        return await list_connections(list(self.hub.connections.values()), instance=self.instance)

    # --- input from other threads -----------------------------------------------------------------

    def enqueue(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
        """Accept what was committed, from any thread."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._accept, publications, evictions)
            except RuntimeError:
                logger.warning(
                    "The event loop has stopped; a commit is in the log but is not delivered"
                )

    def _accept(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
        self.hub.accept(publications)
        self.evict(evictions)
        if self._sender is not None and publications:
            self._sender.put(publications, ())

    def evict(self, evictions: Sequence[Eviction]) -> None:
        """Close connections here and, by a hint, on other instances."""
        for eviction in evictions:
            self.hub.evict(eviction)
        if self._sender is not None and evictions:
            self._sender.put((), evictions)

    def enqueue_states(self, states: Sequence[State]) -> None:
        """Deliver states to subscribers on every instance; may be called from any thread."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._publish_states, states)
            except RuntimeError:
                logger.info("A state was dropped: the event loop has stopped")

    def _publish_states(self, states: Sequence[State]) -> None:
        now = time.monotonic()
        self._published = {
            state: at for state, at in self._published.items() if now - at < REPEAT_S
        }
        new = [state for state in states if state not in self._published]
        self._published.update(dict.fromkeys(new, now))
        self.hub.deliver_states(new)
        if self._sender is not None:
            self._sender.put_states(new)

    def enqueue_broadcasts(self, broadcasts: Sequence[EphemeralBroadcast]) -> None:
        """Deliver one state on several topics, on every instance; may be called from any thread."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._broadcast, broadcasts)
            except RuntimeError:
                logger.info("A state was dropped: the event loop has stopped")

    def _broadcast(self, broadcasts: Sequence[EphemeralBroadcast]) -> None:
        for broadcast in broadcasts:
            self.hub.deliver_states(broadcast.states())
        if self._sender is not None:
            self._sender.put_broadcasts(broadcasts)

    def _send_refresh(self, topics: Sequence[Topic]) -> None:
        if self._sender is not None:
            self._sender.send_refresh(topics)

    def _on_refresh(self, topics: Iterable[Topic]) -> None:
        self.presence.refresh(topics)

    # --- other instances ------------------------------------------------------------------------

    def relay(self, instance: str, body: Mapping[str, Any]) -> bool:
        """Send a message, which may be lost, to one instance. Returns False if Redis is away."""
        return self._sender is not None and self._sender.relay(instance, body)

    def on_relayed(self, handler: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Set the function `handler(instance, body)` for messages that other instances relay."""
        self._relayed = handler

    def on_drain(self, callback: Callable[[], None]) -> None:
        """Call `callback` when a drain begins, for clients that are no connections of the hub."""
        self._drain_callbacks.append(callback)

    def _dispatch_relayed(self, instance: str, body: Mapping[str, Any]) -> None:
        if self._relayed is not None:
            self._relayed(instance, body)

    # --- background tasks -------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        # A server must not run on with a part missing: an end of this task is a programming error.
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(_report)
        self._tasks.append(task)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1)
            now, clock = time.monotonic(), time.time()
            for connection in list(self.hub.connections.values()):
                connection.tick(now, clock)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        failing = False
        while True:
            await asyncio.sleep(seconds * random.uniform(0.75, 1))  # noqa: S311
            try:
                await work()
                failing = False
            except Exception as error:
                if not failing:
                    logger.warning("The database is away; trying again", exc_info=has_trace(error))
                failing = True

    async def _revoke(self) -> None:
        connections = list(self.hub.connections.values())
        principals = {connection.principal for connection in connections}
        if not principals:
            return
        revoked = await in_thread(self.gate.revoked, principals)
        for connection in connections:
            if connection.principal in revoked:
                connection.close(Close.SIGNED_OUT)

    def _follow(self, topic: Topic) -> None:
        if self._receiver is not None:
            self._receiver.follow(topic)

    def _forget(self, topic: Topic) -> None:
        self._watcher.left(topic)
        if self._receiver is not None:
            self._receiver.forget(topic)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.critical("A part of the engine has stopped", exc_info=error)

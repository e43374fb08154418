"""Presence: the users who are subscribed to a topic, over all instances and all tabs of a user.

An instance counts its own subscribers. While it has at least one of a user, it writes that into
Redis under its own name; its heartbeat expires when it is killed. Other instances' entries are read
when they send a refresh hint, and every few seconds in case the hint was lost. Each instance sends
changes to its own subscribers, so that nobody receives one twice. While Redis is away, and in
embedded mode, a process knows only its own subscribers.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as LateError
from typing import Any, Protocol

import orjson

from realtime.cluster.redis_client import open_client
from realtime.cluster.redis_health import RedisHealth
from realtime.conf import conf
from realtime.protocol.messages import State, Topic

logger = logging.getLogger(__name__)

# A page that reloads or polls within this time does not appear to leave and come back.
LINGER_S = 1.0
# Heartbeats per lifetime of the key (`BELLWIRE_PRESENCE_S`): three may be lost, and a killed
# instance's users are gone after one and a half lifetimes.
HEARTBEATS = 4
SWEEPS = 2
# Arrivals within this time are written and read together.
GATHER_S = 0.05
# Timeout for reading other instances' users before a subscription; they are read again anyway.
READ_WAIT_S = 0.3
CALL_S = 2.0
RETRY_S = 1.0
# Topics per round trip.
CHUNK = 200
# Entries that killed instances left in topics that are not used again expire after this time.
FORGET_S = 7 * 24 * 3600
# Failed sweeps after which other instances' users count as offline.
MAX_FAILED_SWEEPS = 2


def key_of(prefix: str, topic: Topic) -> str:
    """Return the key of a topic's users, by which its shard is chosen."""
    return f"{prefix}:presence:{topic}"


# Returns the users of one topic, and removes the entries of dead instances.
_READ = """
local held, alive, users = redis.call('HKEYS', KEYS[1]), {}, {}
for _, field in ipairs(held) do
  local user, instance = string.match(field, '^(%d+)|(.+)$')
  if alive[instance] == nil then alive[instance] = redis.call('EXISTS', ARGV[1] .. instance) end
  if alive[instance] == 1 then users[#users + 1] = user
  else redis.call('HDEL', KEYS[1], field) end
end
return users
"""

SendStates = Callable[[Sequence[State], int | None], None]


class Shared(Protocol):
    """The store through which instances share presence."""

    async def write(self, changes: Mapping[tuple[Topic, int], bool]) -> None:
        """Write arrivals (True) and departures (False) of this instance's users."""
        ...

    async def read(self, topics: Sequence[Topic]) -> dict[Topic, set[int]]:
        """Return the users that living instances have written."""
        ...

    async def heartbeat(self) -> bool:
        """Renew this instance's key. Returns False if it did not exist: its entries may be lost
        too.
        """
        ...

    async def close(self) -> None:
        """Remove this instance's heartbeat."""
        ...


class RedisShared:
    """Stores presence in one Redis server: per topic a hash of `user|instance`."""

    def __init__(self, *, url: str, instance: str, health: RedisHealth, prefix: str) -> None:
        self._instance = instance
        self._health = health
        self._heartbeat = f"{prefix}:present:"
        self._lifetime_ms = round(conf().presence_s * 1_000)
        self._prefix = prefix
        self._client: Any = open_client(url, decode_responses=True)

    async def write(self, changes: Mapping[tuple[Topic, int], bool]) -> None:
        if not changes:
            return
        pipe = self._client.pipeline(transaction=False)
        for (topic, user_id), is_present in changes.items():
            key = key_of(self._prefix, topic)
            field = f"{user_id}|{self._instance}"
            if is_present:
                pipe.hset(key, field, 1)
                pipe.expire(key, FORGET_S)
            else:
                pipe.hdel(key, field)
        await self._ask(pipe.execute())

    async def read(self, topics: Sequence[Topic]) -> dict[Topic, set[int]]:
        found: dict[Topic, set[int]] = {}
        for start in range(0, len(topics), CHUNK):
            part = topics[start : start + CHUNK]
            pipe = self._client.pipeline(transaction=False)
            for topic in part:
                pipe.eval(_READ, 1, key_of(self._prefix, topic), self._heartbeat)
            answers = await self._ask(pipe.execute())
            for topic, users in zip(part, answers, strict=True):
                found[topic] = {int(user) for user in users}
        return found

    async def heartbeat(self) -> bool:
        name = self._heartbeat + self._instance
        before = await self._ask(self._client.set(name, "1", px=self._lifetime_ms, get=True))
        return before is not None

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CALL_S):
                await self._client.delete(self._heartbeat + self._instance)
                await self._client.aclose()
        except Exception as error:
            self._health.failed(error)

    async def _ask(self, call: Any) -> Any:
        try:
            async with asyncio.timeout(CALL_S):
                answer = await call
        except Exception as error:
            self._health.failed(error)
            raise
        self._health.succeeded()
        return answer


class Tracker(Protocol):
    """The presence of users, as far as this process knows it."""

    def arrive(self, topic: Topic, user_id: int) -> None:
        """Count one more local subscription of the user to the topic."""
        ...

    def depart(self, topic: Topic, user_id: int) -> None:
        """Count one less local subscription."""
        ...

    def refresh(self, topics: Iterable[Topic]) -> None:
        """Read these topics again: another instance has changed them."""
        ...

    async def get_users(self, topic: Topic) -> frozenset[int]:
        """Return the users present, after a short wait for other instances where necessary."""
        ...

    def get_users_from_thread(self, topic: Topic) -> frozenset[int]:
        """The same, for threads other than the event loop's."""
        ...

    async def run(self) -> None:
        """Write and read changes, until cancelled."""
        ...

    async def sweep(self) -> None:
        """Send heartbeats, and detect users of killed instances, until cancelled."""
        ...

    async def close(self) -> None:
        """End this instance's presence now, before its heartbeat expires."""
        ...


class Presence:
    """The presence of one process's subscribers and, through `shared`, of other instances'.

    `send_states` gets the states for this process's subscribers and the id of the user to leave
    out; `send_refresh` gets the topics that other instances should read again.
    """

    def __init__(
        self,
        *,
        send_states: SendStates,
        send_refresh: Callable[[Sequence[Topic]], None],
        shared: Shared | None,
        health: RedisHealth,
    ) -> None:
        self._send_states = send_states
        self._send_refresh = send_refresh
        self._shared = shared
        self._health = health
        self._loop = asyncio.get_running_loop()
        # Per topic: the users with local subscriptions, and how many.
        self._local: dict[Topic, dict[int, int]] = {}
        self._lingering: dict[tuple[Topic, int], asyncio.TimerHandle] = {}
        # The users that local subscribers know of. Replaced and never changed, as threads read it.
        self._known: dict[Topic, frozenset[int]] = {}
        self._read_once: dict[Topic, asyncio.Event] = {}
        self._changes: dict[tuple[Topic, int], bool] = {}
        self._stale: set[Topic] = set()
        self._wake = asyncio.Event()
        self._failed_sweeps = 0

    # --- local subscribers ------------------------------------------------------------------------

    def arrive(self, topic: Topic, user_id: int) -> None:
        """Count one more local subscription of the user to the topic."""
        users = self._local.get(topic)
        if users is None:
            users = self._local[topic] = {}
            self._known.setdefault(topic, frozenset())
            self._read_once[topic] = asyncio.Event()
            self._refresh([topic])
        users[user_id] = users.get(user_id, 0) + 1
        if users[user_id] > 1:
            return
        waiting = self._lingering.pop((topic, user_id), None)
        if waiting is not None:
            waiting.cancel()
            return
        self._change(topic, user_id, is_present=True)
        self._set_known(topic, {*self._known[topic], user_id})

    def depart(self, topic: Topic, user_id: int) -> None:
        """Count one less local subscription."""
        users = self._local[topic]
        users[user_id] -= 1
        if not users[user_id]:
            self._lingering[topic, user_id] = self._loop.call_later(
                LINGER_S, self._remove, topic, user_id
            )

    def refresh(self, topics: Iterable[Topic]) -> None:
        """Read these topics again: another instance has changed them."""
        self._refresh([topic for topic in topics if topic in self._local])

    async def get_users(self, topic: Topic) -> frozenset[int]:
        """Return the users present, also for topics without local subscribers."""
        if topic in self._local:
            read = self._read_once[topic]
            if not self._health.may_try():
                return self._known[topic]
            try:
                async with asyncio.timeout(READ_WAIT_S):
                    await read.wait()
            except TimeoutError:
                pass
            return self._known.get(topic, frozenset())
        if self._shared is None or not self._health.may_try():
            return frozenset()
        try:
            async with asyncio.timeout(READ_WAIT_S):
                return frozenset((await self._shared.read([topic]))[topic])
        except Exception:
            return frozenset()

    def get_users_from_thread(self, topic: Topic) -> frozenset[int]:
        """The same, for threads; at once for topics with local subscribers."""
        known = self._known.get(topic)
        if known is not None:
            return known
        if self._shared is None:
            return frozenset()
        try:
            return asyncio.run_coroutine_threadsafe(self.get_users(topic), self._loop).result(
                CALL_S
            )
        except (RuntimeError, LateError, CancelledError):
            return frozenset()  # the loop has stopped or is busy

    # --- background tasks -------------------------------------------------------------------------

    async def run(self) -> None:
        """Write and read changes, until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            if not await self._exchange():
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def close(self) -> None:
        """End this instance's presence now, before its heartbeat expires."""
        for waiting in self._lingering.values():
            waiting.cancel()
        if self._shared is not None:
            await self._shared.close()

    async def _exchange(self) -> bool:
        changes, self._changes = self._changes, {}
        stale, self._stale = self._stale, set()
        local = [topic for topic in stale if topic in self._local]
        if self._shared is None:
            self._set_all_known(local, {})
            return True
        try:
            await self._shared.write(changes)
            if changes:
                self._send_refresh(sorted({topic for topic, _ in changes}))
            self._set_all_known(local, await self._shared.read(local))
        except Exception as error:
            if not self._health.away:
                logger.warning("Presence was not exchanged: %s", type(error).__name__)
            self._changes = {**changes, **self._changes}
            self._stale |= stale
            if self._failed_sweeps >= MAX_FAILED_SWEEPS:
                self._set_all_known(local, {})
            for topic in local:
                self._read_once[topic].set()
            return False
        return True

    async def sweep(self) -> None:
        """Send heartbeats, and detect users of killed instances, until cancelled."""
        turns = HEARTBEATS // SWEEPS
        turn = 0
        while self._shared is not None:
            try:
                if not await self._shared.heartbeat():
                    # Redis has lost the key, and maybe other entries: those are read once they are
                    # rewritten.
                    self._write_anew()
                elif turn % turns == 0:
                    self._refresh(self._local)
                self._failed_sweeps = 0
            except Exception:
                self._failed_sweeps += 1
                if self._failed_sweeps == MAX_FAILED_SWEEPS:
                    self._set_all_known(list(self._local), {})
            turn += 1
            await asyncio.sleep(conf().presence_s / HEARTBEATS)

    def _write_anew(self) -> None:
        for topic, users in self._local.items():
            for user_id in users:
                self._changes.setdefault((topic, user_id), True)
        self._wake.set()

    def _refresh(self, topics: Iterable[Topic]) -> None:
        self._stale.update(topics)
        self._wake.set()

    def _change(self, topic: Topic, user_id: int, *, is_present: bool) -> None:
        self._changes[topic, user_id] = is_present
        self._wake.set()

    def _remove(self, topic: Topic, user_id: int) -> None:
        del self._lingering[topic, user_id]
        users = self._local[topic]
        del users[user_id]
        self._change(topic, user_id, is_present=False)
        if users:
            # The user may still be present on another instance: read that first.
            self._refresh([topic])
        else:
            del self._local[topic], self._known[topic], self._read_once[topic]

    # --- known users ------------------------------------------------------------------------------

    def _set_all_known(self, topics: Sequence[Topic], found: Mapping[Topic, set[int]]) -> None:
        for topic in topics:
            if topic in self._local:
                self._set_known(topic, {*found.get(topic, ()), *self._local[topic]})
                self._read_once[topic].set()

    def _set_known(self, topic: Topic, users: set[int]) -> None:
        before = self._known[topic]
        self._known[topic] = frozenset(users)
        for changed, status in ((users - before, "online"), (before - users, "offline")):
            for user_id in sorted(changed):
                data = orjson.dumps({"user_id": user_id, "status": status})
                # Users are not sent their own arrival.
                self._send_states([State(topic, "presence", data)], user_id)


_process: list[Tracker] = []


def use(presence: Tracker | None) -> None:
    """Let `online` use `presence`; None if the process has none."""
    _process[:] = [] if presence is None else [presence]


def online(topic: Topic) -> frozenset[int]:
    """Return the ids of the users present. Call it from threads, never on the event loop."""
    for presence in _process:
        return presence.get_users_from_thread(topic)
    return frozenset()

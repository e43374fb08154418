"""Who is looking at a topic: over all instances, and over all of a user's tabs.

An instance counts its own subscribers; while it has one of a user, that is written into Redis, in
the name of the instance, whose heartbeat runs out when it is killed. What the others have written
is read when they say so, and every few seconds in case they could not. Each instance tells its own
subscribers what has changed, so that nobody is told twice. While Redis is away, and embedded, a
process knows its own.
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
from realtime.limits import limits
from realtime.protocol.messages import State, Topic

logger = logging.getLogger(__name__)

# A page that reloads, or polls, does not leave and come back.
LINGER_S = 1.0
# To a beat's lifetime (`BELLWIRE_PRESENCE_S`): three beats may be lost, and a killed instance's
# users are gone after one and a half of it.
HEARTBEATS = 4
SWEEPS = 2
# Arrivals that come together are written and read together.
GATHER_S = 0.05
# A subscription waits this long for what other instances know; they are asked again anyway.
LOOK_S = 0.3
CALL_S = 2.0
RETRY_S = 1.0
# Topics per round trip.
CHUNK = 200
# What killed instances leave behind in topics to which nobody comes back goes after this long.
FORGET_S = 7 * 24 * 3600
# Sweeps that fail before what the others knew counts for nothing.
PATIENCE = 2


def key_of(prefix: str, topic: Topic) -> str:
    """The key of those who look at the topic, on the shard that it belongs to."""
    return f"{prefix}:presence:{topic}"


# The users of one topic; what dead instances have written is taken away.
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
    """What instances tell each other of who is looking."""

    async def write(self, changes: Mapping[tuple[Topic, int], bool]) -> None:
        """Note arrivals (True) and departures of this instance's users."""
        ...

    async def read(self, topics: Sequence[Topic]) -> dict[Topic, set[int]]:
        """Whom the living instances have noted."""
        ...

    async def heartbeat(self) -> bool:
        """Say that this instance lives. False: it had been forgotten, and what it noted may be."""
        ...

    async def close(self) -> None:
        """The instance is gone now."""
        ...


class RedisShared:
    """In one Redis: a hash for each topic, of `user|instance`."""

    def __init__(self, *, url: str, instance: str, health: RedisHealth, prefix: str) -> None:
        self._instance = instance
        self._health = health
        self._heartbeat = f"{prefix}:present:"
        self._lifetime_ms = round(limits().presence_s * 1_000)
        self._prefix = prefix
        self._client: Any = open_client(url, decode_responses=True)

    async def write(self, changes: Mapping[tuple[Topic, int], bool]) -> None:
        if not changes:
            return
        pipe = self._client.pipeline(transaction=False)
        for (topic, user_id), there in changes.items():
            key = key_of(self._prefix, topic)
            field = f"{user_id}|{self._instance}"
            if there:
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
    """Who is looking, as far as this process knows."""

    def arrive(self, topic: Topic, user_id: int) -> None:
        """One more subscription of the user to the topic, here."""
        ...

    def depart(self, topic: Topic, user_id: int) -> None:
        """One less."""
        ...

    def refresh(self, topics: Iterable[Topic]) -> None:
        """Another instance says that somebody came or went."""
        ...

    async def look(self, topic: Topic) -> frozenset[int]:
        """Who is looking; soon, or as far as it is known."""
        ...

    def look_from_thread(self, topic: Topic) -> frozenset[int]:
        """The same for a thread of the process."""
        ...

    async def run(self) -> None:
        """Write and read, for as long as the process lives."""
        ...

    async def sweep(self) -> None:
        """Beat, and look for those whose instance was killed, for as long as the process lives."""
        ...

    async def close(self) -> None:
        """The instance is gone now, not when its heartbeat runs out."""
        ...


class Presence:
    """`send_states` is given what this process's subscribers are to be told, and whom of it not;
    `send_refresh` the topics of which the other instances are to read anew.
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
        # Of each topic the users with subscriptions here, and how many.
        self._here: dict[Topic, dict[int, int]] = {}
        self._lingering: dict[tuple[Topic, int], asyncio.TimerHandle] = {}
        # What the subscribers here have been told. Replaced, never changed: threads read it.
        self._known: dict[Topic, frozenset[int]] = {}
        self._read_once: dict[Topic, asyncio.Event] = {}
        self._changes: dict[tuple[Topic, int], bool] = {}
        self._stale: set[Topic] = set()
        self._wake = asyncio.Event()
        self._failed_sweeps = 0

    # --- what happens here ----------------------------------------------------------------------

    def arrive(self, topic: Topic, user_id: int) -> None:
        """One more subscription of the user to the topic, here."""
        users = self._here.get(topic)
        if users is None:
            users = self._here[topic] = {}
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
        self._change(topic, user_id, there=True)
        self._learn(topic, {*self._known[topic], user_id})

    def depart(self, topic: Topic, user_id: int) -> None:
        """One less."""
        users = self._here[topic]
        users[user_id] -= 1
        if not users[user_id]:
            self._lingering[topic, user_id] = self._loop.call_later(
                LINGER_S, self._gone, topic, user_id
            )

    def refresh(self, topics: Iterable[Topic]) -> None:
        """Another instance says that somebody came or went."""
        self._refresh([topic for topic in topics if topic in self._here])

    async def look(self, topic: Topic) -> frozenset[int]:
        """Who is looking, also where nobody here is; soon, or as far as it is known."""
        if topic in self._here:
            read = self._read_once[topic]
            if not self._health.may_try():
                return self._known[topic]
            try:
                async with asyncio.timeout(LOOK_S):
                    await read.wait()
            except TimeoutError:
                pass
            return self._known.get(topic, frozenset())
        if self._shared is None or not self._health.may_try():
            return frozenset()
        try:
            async with asyncio.timeout(LOOK_S):
                return frozenset((await self._shared.read([topic]))[topic])
        except Exception:
            return frozenset()

    def look_from_thread(self, topic: Topic) -> frozenset[int]:
        """The same for a thread of the process; at once where somebody here is looking."""
        known = self._known.get(topic)
        if known is not None:
            return known
        if self._shared is None:
            return frozenset()
        try:
            return asyncio.run_coroutine_threadsafe(self.look(topic), self._loop).result(CALL_S)
        except (RuntimeError, LateError, CancelledError):
            return frozenset()  # the loop has ended, or is busy

    # --- what goes on by itself -----------------------------------------------------------------

    async def run(self) -> None:
        """Write and read, for as long as the process lives."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            if not await self._exchange():
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def close(self) -> None:
        """The instance is gone now, not when its heartbeat runs out."""
        for waiting in self._lingering.values():
            waiting.cancel()
        if self._shared is not None:
            await self._shared.close()

    async def _exchange(self) -> bool:
        changes, self._changes = self._changes, {}
        stale, self._stale = self._stale, set()
        there = [topic for topic in stale if topic in self._here]
        if self._shared is None:
            self._all_learn(there, {})
            return True
        try:
            await self._shared.write(changes)
            if changes:
                self._send_refresh(sorted({topic for topic, _ in changes}))
            self._all_learn(there, await self._shared.read(there))
        except Exception as error:
            if not self._health.away:
                logger.warning("Presence was not exchanged: %s", type(error).__name__)
            self._changes = {**changes, **self._changes}
            self._stale |= stale
            if self._failed_sweeps >= PATIENCE:
                self._all_learn(there, {})
            for topic in there:
                self._read_once[topic].set()
            return False
        return True

    async def sweep(self) -> None:
        """Beat, and look for those whose instance was killed, for as long as the process lives."""
        turns = HEARTBEATS // SWEEPS
        turn = 0
        while self._shared is not None:
            try:
                if not await self._shared.heartbeat():
                    # Forgotten: so may be the others, who are read again when they have written.
                    self._write_anew()
                elif turn % turns == 0:
                    self._refresh(self._here)
                self._failed_sweeps = 0
            except Exception:
                self._failed_sweeps += 1
                if self._failed_sweeps == PATIENCE:
                    self._all_learn(list(self._here), {})
            turn += 1
            await asyncio.sleep(limits().presence_s / HEARTBEATS)

    def _write_anew(self) -> None:
        for topic, users in self._here.items():
            for user_id in users:
                self._changes.setdefault((topic, user_id), True)
        self._wake.set()

    def _refresh(self, topics: Iterable[Topic]) -> None:
        self._stale.update(topics)
        self._wake.set()

    def _change(self, topic: Topic, user_id: int, *, there: bool) -> None:
        self._changes[topic, user_id] = there
        self._wake.set()

    def _gone(self, topic: Topic, user_id: int) -> None:
        del self._lingering[topic, user_id]
        users = self._here[topic]
        del users[user_id]
        self._change(topic, user_id, there=False)
        if users:
            # They may still be looking elsewhere: that is read first.
            self._refresh([topic])
        else:
            del self._here[topic], self._known[topic], self._read_once[topic]

    # --- what is known --------------------------------------------------------------------------

    def _all_learn(self, topics: Sequence[Topic], found: Mapping[Topic, set[int]]) -> None:
        for topic in topics:
            if topic in self._here:
                self._learn(topic, {*found.get(topic, ()), *self._here[topic]})
                self._read_once[topic].set()

    def _learn(self, topic: Topic, users: set[int]) -> None:
        before = self._known[topic]
        self._known[topic] = frozenset(users)
        for changed, status in ((users - before, "online"), (before - users, "offline")):
            for user_id in sorted(changed):
                data = orjson.dumps({"user_id": user_id, "status": status})
                # Nobody is told that they have come themselves.
                self._send_states([State(topic, "presence", data)], user_id)


_process: list[Tracker] = []


def use(presence: Tracker | None) -> None:
    """From now on `online` asks `presence`; None when the process has none (any more)."""
    _process[:] = [] if presence is None else [presence]


def online(topic: Topic) -> frozenset[int]:
    """The ids of those who are looking at the topic. For threads, never the loop's own."""
    for presence in _process:
        return presence.look_from_thread(topic)
    return frozenset()

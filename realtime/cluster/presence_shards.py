"""Presence over several Redis servers."""

import asyncio
from collections.abc import Iterable, Sequence

from realtime.cluster.presence import Presence, key_of
from realtime.cluster.shards import shard_of
from realtime.protocol.messages import Topic
from realtime.tasks import run_together


class ShardedPresence:
    """Presence over several Redis servers, each with its share of the topics."""

    def __init__(self, shards: Sequence[Presence], *, prefix: str) -> None:
        self._shards = shards
        self._prefix = prefix

    def _of(self, topic: Topic) -> Presence:
        return self._shards[shard_of(key_of(self._prefix, topic), len(self._shards))]

    def arrive(self, topic: Topic, user_id: int) -> None:
        self._of(topic).arrive(topic, user_id)

    def depart(self, topic: Topic, user_id: int) -> None:
        self._of(topic).depart(topic, user_id)

    def refresh(self, topics: Iterable[Topic]) -> None:
        for topic in topics:
            self._of(topic).refresh([topic])

    async def get_users(self, topic: Topic) -> frozenset[int]:
        return await self._of(topic).get_users(topic)

    def get_users_from_thread(self, topic: Topic) -> frozenset[int]:
        return self._of(topic).get_users_from_thread(topic)

    async def run(self) -> None:
        await run_together(shard.run() for shard in self._shards)

    async def sweep(self) -> None:
        await run_together(shard.sweep() for shard in self._shards)

    async def close(self) -> None:
        await asyncio.gather(*(shard.close() for shard in self._shards))

"""Sharding over several Redis servers: every key belongs to one of them.

Each user of Redis has its clients, queues, tasks and health once per shard, so that a hanging shard
does not delay the others. All instances of a deployment must list the same servers in the same
order.
"""

import zlib
from typing import Any, Final

from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

# Points on the ring; channels_redis has as many. Another number would move keys to other servers.
_RING: Final = 4096


def shard_of(key: str, shards: int) -> int:
    """Return the shard's number, from 0, for a key; the same as channels_redis computes.

    A point of the ring by the key's CRC-32, and the shard that has this part of the ring.
    """
    return int((zlib.crc32(key.encode()) % _RING) / (_RING / shards))


def group_channel(alias: str, group: str) -> str:
    """Return the Redis channel of a channel layer's group, as channels_redis names it."""
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    return f"{layers[alias]['CONFIG']['prefix']}__group__{group}"


def open_layers(alias: str) -> list[RedisPubSubChannelLayer]:
    """Return the channel layer `alias` as one layer per host.

    channels_redis's own layer with several hosts receives on one channel, on one of the hosts:
    without that host it receives nothing.
    """
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    config: dict[str, Any] = layers[alias]["CONFIG"]
    return [RedisPubSubChannelLayer(**{**config, "hosts": [host]}) for host in config["hosts"]]

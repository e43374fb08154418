"""Sharding over several Redis servers: every key belongs to one of them.

Each user of Redis has its clients, queues, tasks and health once per shard, so that a hanging shard
does not delay the others. All instances of a deployment must list the same servers in the same
order.
"""

from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_redis.utils import _consistent_hash
from django.conf import settings


def shard_of(key: str, shards: int) -> int:
    """Return the shard's number, from 0, for a key; the same as channels_redis computes."""
    number: int = _consistent_hash(key, shards)
    return number


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
